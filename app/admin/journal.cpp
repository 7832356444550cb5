#include "app/admin/handlers.hpp"
#include "archive/journal/reader.hpp"
#include "base/text.hpp"
#include "routing/describe.hpp"

namespace understudy::app {
namespace {

namespace journal = archive::journal;

constexpr std::size_t entry_octets = 1000;  ///< of a row, about, beside its recipients
constexpr std::size_t recipient_octets = 400;
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

boost::json::object row_of(const journal::Entry& entry) {
  boost::json::object row;
  row["position"] = entry.position.text();
  row["time"] = json_time(entry.time);
  row["reverse_path"] = json_path(entry.envelope.reverse_path);
  boost::json::array recipients;
  for (const auto& recipient : entry.envelope.recipients) recipients.emplace_back(json_text(recipient.forward_path.text()));
  row["recipients"] = std::move(recipients);
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
}

}  // namespace

std::optional<archive::Position> position_of(std::string_view text) {
  if (const auto index = base::to_number(text)) return archive::Position{0, *index};
  return archive::Position::parse(text);
}

net::Task<AdminAnswer> journal_list(const AdminParts& parts, Arguments arguments) {
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
  const auto& store = parts.archive.store();
  auto end = journal::end_of_log(store, position.partition);
  if (!end) co_return failed(end.error());
  Page page(std::min<std::uint64_t>(limit, AdminApi::page_rows));
  for (; position.index < *end && !page.full(); ++position.index) {
    auto entry = journal::read(store, position);
    if (!entry && entry.error().code == base::errc::not_found) continue;  // retention has ended it
    if (!entry) co_return failed(entry.error());
    page.add(row_of(*entry), entry_octets + recipient_octets * entry->envelope.recipients.size());
  }
  co_return page.take(position.index < *end ? position.text() : std::string());
}

net::Task<AdminAnswer> journal_show(const AdminParts& parts, Arguments arguments) {
  const auto text = arguments.text("position");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto position = position_of(text);
  if (!position) co_return wrong_usage("position: must be as \"0.17\"");
  auto entry = journal::read(parts.archive.store(), *position);
  if (!entry) co_return failed(entry.error());
  auto leaf = journal::read_leaf(parts.archive.store(), *position);
  if (!leaf) co_return failed(leaf.error());
  auto row = row_of(*entry);
  add_details(row, *entry);
  row["leaf"] = json_digest(*leaf);
  co_return done(std::move(row));
}

net::Task<AdminAnswer> journal_partitions(const AdminParts& parts, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto partitions = journal::partitions(parts.archive.store());
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
