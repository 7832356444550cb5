/// The verbs about the audit journal itself: its entries, and what proves them to others.
#include <limits>

#include "app/admin/handlers.hpp"
#include "app/admin/journal_proof.hpp"
#include "app/admin/signed_heads.hpp"
#include "app/admin/times.hpp"
#include "archive/audit/reader.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/prove.hpp"
#include "archive/journal/reader.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace audit = archive::audit;
namespace journal = archive::journal;

constexpr std::size_t most_looked_at = 10000;  ///< entries, for one page
constexpr std::size_t entry_octets = 1000;     ///< of a row, about
constexpr std::size_t proof_octets = 5000;     ///< of a row with its proof
constexpr auto last_index = std::numeric_limits<std::uint64_t>::max();

boost::json::value number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? boost::json::value(*number) : nullptr;
}

boost::json::object row_of(std::uint64_t index, const audit::Record& record) {
  boost::json::object row;
  row["entry"] = index;
  row["time"] = json_time(record.time);
  row["operator"] = json_text(record.actor.name);
  row["uid"] = record.actor.uid;
  row["from"] = json_text(record.actor.from);
  row["role"] = audit::name_of(record.role);
  row["event"] = audit::name_of(record.event);
  row["kind"] = audit::name_of(record.kind);
  row["action"] = json_text(record.action);
  boost::json::object object;
  for (const auto& field : record.object) object[json_text(field.name)] = json_text(field.value);
  row["object"] = std::move(object);
  row["reason"] = json_text(record.reason);
  row["case"] = json_text(record.in_case);
  row["outcome"] = json_text(record.outcome);
  row["of"] = number_or_null(record.of);
  row["approved_by"] = record.approval ? boost::json::value(json_text(record.approval->by)) : nullptr;
  row["request"] = record.approval  ? boost::json::value(record.approval->request)
                   : record.decides ? boost::json::value(record.decides->request)
                                    : nullptr;
  return row;
}

/// Which entries are wanted; of one that ended, by what began it.
struct Filter {
  std::optional<base::WallTime> since, until;
  std::string who, action;

  /// Where to look next, where this one and those that follow it are of another time; else itself.
  base::Result<std::uint64_t> beyond(const archive::store::Reader& reader, std::uint64_t index, std::uint64_t end,
                                     const audit::Record& record) const {
    if (since && record.time < *since) return audit::seek(reader, index, end, *since);
    if (until && record.time >= *until) return audit::next_step_back(reader, index, end);
    return index;
  }
  bool takes(const audit::Record& record) const {
    if (since && record.time < *since) return false;
    if (until && record.time >= *until) return false;
    if (!who.empty() && record.actor.name != who) return false;
    return action.empty() || record.action == action || record.action.starts_with(action + "/") ||
           audit::name_of(record.kind) == action;
  }
};

/// nullopt: it is not there, or is no moment, which `problem` then says.
std::optional<base::WallTime> moment(Arguments& arguments, std::string_view name, std::string& problem) {
  const auto text = arguments.text_or(name, "");
  if (text.empty()) return std::nullopt;
  const auto parsed = parse_moment(text);
  if (!parsed) problem = std::string(name) + ": must be as \"2026-03-01\" or \"2026-03-01T12:00:00Z\" (UTC)";
  return parsed;
}

net::Task<base::Result<journal::SignedHead>> head_over(const AdminParts& parts, const Permit& permit, std::uint64_t index) {
  const auto vouched = parts.audit_witness.cosigned();
  if (!vouched) co_return std::unexpected(vouched.error());
  if (*vouched && (*vouched)->head.head.head.size > index) co_return (*vouched)->head;
  const auto last = journal::last_head(permit.archive().store(), journal::audit_log);
  if (!last) co_return std::unexpected(last.error());
  if (*last && (*last)->head.head.size > index) co_return **last;
  auto head = co_await parts.acts.sign_head(permit, journal::Book::audit);
  if (head && head->head.head.size <= index)
    co_return base::fail("audit entry " + std::to_string(index), base::errc::not_found);
  co_return head;
}

/// The newest head: signed now for the first page, the last one for those that follow.
net::Task<base::Result<journal::SignedHead>> head_of_page(const AdminParts& parts, const Permit& permit, std::uint64_t after) {
  const auto last = journal::last_head(permit.archive().store(), journal::audit_log);
  if (!last) co_return std::unexpected(last.error());
  if (after > 0 && *last) co_return **last;
  co_return co_await parts.acts.sign_head(permit, journal::Book::audit);
}

base::Result<> add_proof(boost::json::object& row, const AdminParts& parts, const Permit& permit, std::uint64_t index,
                         const journal::SignedHead& head) {
  const auto proof = journal::prove_whole(permit.archive().store(), journal::audit_log, index, head);
  if (!proof) return std::unexpected(proof.error());
  const auto cosigned = parts.audit_witness.cosigned(head);
  if (!cosigned) return std::unexpected(cosigned.error());
  row["proof"] = proof_json(*proof, *cosigned, std::nullopt);
  return {};
}

}  // namespace

net::Task<AdminAnswer> audit_list(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  Filter filter;
  std::string wrong;
  filter.since = moment(arguments, "since", wrong);
  filter.until = moment(arguments, "until", wrong);
  filter.who = arguments.text_or("operator", "");
  filter.action = arguments.text_or("action", "");
  const auto after = base::to_number(arguments.text_or("after", "0"));
  const auto last = arguments.number_or("last", last_index, 0);
  const auto proofs = arguments.number_or("proofs", 1, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!wrong.empty()) co_return wrong_usage(wrong);
  if (!after) co_return wrong_usage("after: was not given by this server");
  const auto& store = permit.archive().store();
  auto end = audit::size(store);
  if (!end) co_return failed(end.error());
  std::optional<journal::SignedHead> head;
  if (proofs == 1) {  // of what is signed now, all under one head
    const auto over = co_await head_of_page(parts, permit, *after);
    if (!over) co_return failed(over.error());
    head = *over;
    end = std::min(*end, head->head.head.size);
  }
  auto index = *after;
  if (last > 0 && index == 0 && last < *end) index = *end - last;
  Page page(AdminApi::page_rows);
  for (std::size_t looked = 0; index < *end && !page.full() && looked < most_looked_at; ++index, ++looked) {
    const auto record = audit::read(store, index);
    if (!record) co_return failed(record.error());
    if (const auto far = filter.beyond(store, index, *end, *record); !far) {
      co_return failed(far.error());
    } else if (*far > index) {
      index = *far - 1;
      continue;
    }
    if (!filter.takes(*record)) continue;
    auto row = row_of(index, *record);
    if (head)
      if (auto proven = add_proof(row, parts, permit, index, *head); !proven) co_return failed(proven.error());
    page.add(std::move(row), head ? proof_octets : entry_octets);
  }
  co_return page.take(index < *end ? std::to_string(index) : std::string());
}

net::Task<AdminAnswer> audit_show(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto index = arguments.number("entry", last_index);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto& store = permit.archive().store();
  const auto record = audit::read(store, index);
  if (!record) co_return failed(record.error());
  const auto leaf = journal::read_leaf(store, journal::audit_log, index);
  if (!leaf) co_return failed(leaf.error());
  auto row = row_of(index, *record);
  row["leaf"] = json_digest(*leaf);
  co_return done(std::move(row));
}

net::Task<AdminAnswer> audit_prove(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto index = arguments.number("entry", last_index);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto head = co_await head_over(parts, permit, index);
  if (!head) co_return failed(head.error());
  const auto proof = journal::prove_whole(permit.archive().store(), journal::audit_log, index, *head);
  if (!proof) co_return failed(proof.error());
  const auto cosigned = parts.audit_witness.cosigned(*head);
  if (!cosigned) co_return failed(cosigned.error());
  co_return done(proof_json(*proof, *cosigned, std::nullopt));
}

net::Task<AdminAnswer> audit_heads(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto after = arguments.text_or("after", "0");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  co_return list_heads(permit.archive().store(), journal::audit_log, after);
}

net::Task<AdminAnswer> audit_sign(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto head = co_await parts.acts.sign_head(permit, journal::Book::audit);
  if (!head) co_return failed(head.error());
  co_return signed_head(*head);
}

net::Task<AdminAnswer> audit_consistency(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto from = arguments.number("from", journal::proof::max_size);
  const auto to = arguments.number_or("to", journal::proof::max_size, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  co_return consistency_of(permit.archive().store(), journal::audit_log, from, to);
}

}  // namespace understudy::app
