#include "app/admin/ended_entry.hpp"
#include "app/admin/handlers.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/sealed_parts.hpp"
#include "base/text.hpp"
#include "routing/describe.hpp"

namespace understudy::app {
namespace {

namespace journal = archive::journal;

constexpr std::size_t entry_octets = 1000;  ///< of a row, about, beside its recipients
constexpr std::size_t recipient_octets = 400;
constexpr std::size_t most_looked_at = 10000;  ///< for one page
constexpr std::uint64_t max_limit = 0xffffffff;

std::string_view name_of(routing::Via via) {
  switch (via) {
    case routing::Via::network:
      return "network";
    case routing::Via::submission:
      return "submission";
    case routing::Via::here:
      return "here";
    case routing::Via::import:
      return "import";
  }
  return "unknown";
}

boost::json::object client_of(const routing::Origin& origin) {
  boost::json::object client;
  client["via"] = name_of(origin.via);
  client["address"] = json_text(origin.address);
  client["helo"] = json_text(origin.helo);
  client["name"] = json_text(origin.client);
  client["tls"] = json_text(origin.tls);
  return client;
}

boost::json::array plan_of(const routing::Plan& plan) {
  boost::json::array lines;
  for (const auto& recipient : plan.recipients) lines.emplace_back(json_text(routing::describe(recipient)));
  if (plan.sent) {
    routing::Plan only;
    only.sent = plan.sent;
    lines.emplace_back(json_text(routing::describe(only)));
  }
  return lines;
}

/// Of a recipient whose part is gone, or cannot be read, in his place why.
boost::json::array recipients_of(const journal::Entry& entry, const journal::Sealed& sealed) {
  boost::json::array recipients;
  for (std::size_t i = 0; i < entry.envelope.recipients.size(); ++i) {
    const auto& part = sealed.parts[i];
    const auto why = journal::is_ended(part) ? "ended" : journal::why_unreadable(part);
    recipients.emplace_back(why.empty() ? json_text(entry.envelope.recipients[i].forward_path.text())
                                        : json_text("(" + std::string(why) + ")"));
  }
  return recipients;
}

/// Of an entry of which nothing is left but hashes.
boost::json::object row_without_words(archive::Position position, std::string_view why) {
  boost::json::object row;
  row["position"] = position.text();
  row["recipients"] = boost::json::array();
  row["plan"] = boost::json::array();
  row["marks"] = boost::json::array{"unreadable: " + std::string(why)};
  row["unreadable"] = why;
  return row;
}

boost::json::object row_of(const journal::Entry& entry, const journal::Sealed& sealed) {
  boost::json::object row;
  row["position"] = entry.position.text();
  row["time"] = json_time(entry.time);
  row["reverse_path"] = json_path(entry.envelope.reverse_path);
  row["recipients"] = recipients_of(entry, sealed);
  row["received"] = json_digest(entry.facts.received);
  row["handed"] = json_digest(entry.facts.handed);
  row["size"] = entry.body.size;
  row["plan"] = plan_of(entry.plan);
  boost::json::array marks;
  for (const auto& mark : entry.plan.marks) marks.emplace_back(json_text(mark));
  row["marks"] = std::move(marks);
  row["client"] = client_of(entry.origin);
  row["user"] = json_text(entry.origin.user);
  return row;
}

/// What an entry says beside the row of a list.
void add_details(boost::json::object& row, const journal::Entry& entry) {
  row["message_id"] = json_text(entry.facts.message_id);
  row["subject"] = json_text(entry.facts.subject);
  row["envid"] = json_text(entry.envelope.envid);
  row["smtputf8"] = entry.envelope.smtputf8;
  row["odd_octets"] = entry.facts.odd_octets;
  row["made_here"] = !entry.made.empty();
  row["custody"] = entry.custody ? entry.custody->text() : "";
  row["owed"] = entry.owed ? entry.owed->text() : "";
  boost::json::array settled;
  for (const auto& settlement : entry.settlements) settled.emplace_back(settlement.id.text());
  row["settles"] = std::move(settled);
  if (!entry.destruction) return;
  row["destroyed_key_of"] = json_text(entry.destruction->name);
  row["reason"] = json_text(entry.destruction->reason);
}

/// Of an entry that tells of endings.
boost::json::value ended_by_it(const journal::Entry& entry) {
  if (entry.endings.empty()) return nullptr;
  boost::json::object ends;
  ends["reason"] = json_text(entry.endings.reason);
  boost::json::array parts;
  for (const auto& part : entry.endings.parts) {
    boost::json::object one;
    one["position"] = part.position.text();
    one["recipient"] = part.recipient ? boost::json::value(*part.recipient) : boost::json::value("common");
    parts.emplace_back(std::move(one));
  }
  ends["parts"] = std::move(parts);
  return ends;
}

}  // namespace

std::optional<archive::Position> position_of(std::string_view text) {
  if (const auto index = base::to_number(text)) return archive::Position{0, *index};
  return archive::Position::parse(text);
}

net::Task<AdminAnswer> journal_list(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto partition = arguments.number_or("partition", 0xffff, 0);
  auto from = arguments.text_or("from", "");
  const auto after = arguments.text_or("after", "");
  const auto limit = arguments.number_or("limit", max_limit, AdminApi::page_rows);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  archive::Position position{static_cast<std::uint16_t>(partition), 0};
  if (const auto& start = after.empty() ? from : after; !start.empty()) {
    const auto parsed = position_of(start);
    if (!parsed) co_return wrong_usage("from: must be a position, as \"0.17\"");
    position = *parsed;
  }
  const auto& store = permit.archive().store();
  auto end = journal::end_of_log(store, position.partition);
  if (!end) co_return failed(end.error());
  Page page(std::min<std::uint64_t>(limit, AdminApi::page_rows));
  // Under a case most entries may have to be passed over.
  for (std::size_t looked = 0; position.index < *end && !page.full() && looked < most_looked_at; ++position.index, ++looked) {
    const auto sealed = journal::read_sealed(store, position);
    if (!sealed) co_return failed(sealed.error());
    auto entry = journal::open(*sealed);
    if (!entry && entry.error().code == base::errc::not_found) {
      if (!permit.confined()) page.add(ended_row(store, *sealed));
      continue;
    }
    if (!entry && entry.error().code == base::errc::no_key) {
      if (!permit.confined()) page.add(row_without_words(position, journal::why_unreadable(sealed->common)));
      continue;
    }
    if (!entry) co_return failed(entry.error());
    if (!permit.covers(*entry)) continue;
    page.add(row_of(*entry, *sealed), entry_octets + recipient_octets * entry->envelope.recipients.size());
  }
  co_return page.take(position.index < *end ? position.text() : std::string());
}

net::Task<AdminAnswer> journal_show(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto text = arguments.text("position");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto position = position_of(text);
  if (!position) co_return wrong_usage("position: must be as \"0.17\"");
  const auto sealed = journal::read_sealed(permit.archive().store(), *position);
  if (!sealed) co_return failed(sealed.error());
  if (journal::is_ended(sealed->common)) {
    if (permit.confined()) co_return not_found(outside_the_case);
    co_return done(ended_row(permit.archive().store(), *sealed));
  }
  auto entry = journal::open(*sealed);
  if (!entry) co_return failed(entry.error());
  if (!permit.covers(*entry)) co_return not_found(outside_the_case);
  auto leaf = journal::read_leaf(permit.archive().store(), *position);
  if (!leaf) co_return failed(leaf.error());
  auto row = row_of(*entry, *sealed);
  add_details(row, *entry);
  row["leaf"] = json_digest(*leaf);
  row["ended"] = endings_of(permit.archive().store(), *sealed);
  row["ends"] = ended_by_it(*entry);
  co_return done(std::move(row));
}

net::Task<AdminAnswer> journal_partitions(const AdminParts&, const Permit& permit, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto partitions = journal::partitions(permit.archive().store());
  if (!partitions) co_return failed(partitions.error());
  boost::json::array list;
  for (const auto partition : *partitions) {
    boost::json::object row;
    row["partition"] = partition;
    list.emplace_back(std::move(row));
  }
  co_return done(std::move(list));
}

}  // namespace understudy::app
