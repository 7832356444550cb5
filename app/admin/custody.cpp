/// `journal custody`: what is owed to the other machine and what came of it, what it has numbered and is not here, who handed
/// over what, and the report of a period. Reads on the workers.
#include <algorithm>

#include "app/admin/handlers.hpp"
#include "archive/custody/gaps.hpp"
#include "archive/custody/overdue.hpp"
#include "archive/custody/report.hpp"
#include "base/codec.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace custody = archive::custody;
using archive::store::Reader;
using archive::store::Table;

constexpr std::uint16_t partition = 0;
constexpr std::uint64_t most_time = std::uint64_t{1} << 62;  ///< milliseconds

/// On the workers, where there are any.
template <class Work>
net::Task<std::invoke_result_t<Work&>> by_worker(const AdminParts& parts, Work work) {
  if (!parts.workers) co_return work();
  auto result = co_await net::run_by(*parts.workers, std::move(work));
  if (!result) co_return base::fail("the server has too much to do; try again", base::errc::busy);
  co_return std::move(*result);
}

boost::json::array settled_of(std::uint8_t bits) {
  boost::json::array how;
  const auto add = [&](custody::Settled one, std::string_view word) {
    if (bits & static_cast<std::uint8_t>(one)) how.emplace_back(word);
  };
  add(custody::Settled::receipt, "receipt");
  add(custody::Settled::no_receipt, "no receipt given");
  add(custody::Settled::given_up, "given up");
  add(custody::Settled::ended, "ended there");
  return how;
}

std::string hex(const custody::InstanceId& id) {
  return base::to_hex(mail::smtp::view(id));
}

/// `before`: what is older and out of our hands is missing. A queue that is damaged there hides no number from the list.
boost::json::object row_of(const Reader& reader, const custody::Number& number, const custody::Owed& owed,
                           base::WallTime before) {
  const auto standing = custody::standing_of(reader, owed, before);
  boost::json::object row;
  row["number"] = number.number;
  row["incarnation"] = hex(number.incarnation);
  row["state"] = owed.final() ? "final" : "open";
  row["standing"] = standing ? custody::word(*standing) : std::string_view("cannot be read");
  row["position"] = owed.position.text();
  const bool ended = owed.state == custody::Owed::State::ended;
  if (ended) row["state"] = "ended";
  row["digest"] = ended ? boost::json::value(nullptr) : boost::json::value(json_digest(owed.digest));
  row["recipients"] = owed.recipients.size();
  row["open"] = owed.open.size();
  row["settled"] = settled_of(owed.settled);
  row["batch"] = owed.batches.empty() ? nullptr : boost::json::value(owed.batches.back().number);
  return row;
}

struct Rows {
  std::vector<boost::json::object> rows;
  std::string next;  ///< a key; empty: these are the last
};

/// Of those alone that are open, by their index.
base::Result<Rows> open_rows(const Reader& reader, const custody::InstanceId& instance, const std::string& from,
                             base::WallTime before) {
  auto open = custody::read_open(reader, partition, instance, from, AdminApi::page_rows);
  if (!open) return std::unexpected(open.error());
  Rows page{{}, std::move(open->next)};
  for (const auto& number : open->numbers) {
    auto owed = custody::find_owed(reader, number);
    if (!owed) return std::unexpected(owed.error());
    if (*owed) page.rows.push_back(row_of(reader, number, **owed, before));
  }
  return page;
}

base::Result<Rows> all_rows(const Reader& reader, const custody::InstanceId& instance, const std::string& from,
                            base::WallTime before) {
  Rows page;
  auto cursor = reader.scan(custody::shard_of(partition), Table::owed, from);
  for (; cursor->valid(); cursor->next()) {
    if (page.rows.size() == AdminApi::page_rows) {
      page.next = cursor->key();
      break;
    }
    base::Reader key(cursor->key());
    const auto incarnation = mail::smtp::instance_id_from(key.raw(sizeof(custody::InstanceId)));
    auto owed = custody::Owed::decode(cursor->value());
    if (!owed) return std::unexpected(owed.error());
    page.rows.push_back(row_of(reader, {instance, incarnation, partition, key.u64()}, *owed, before));
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return page;
}

base::Result<Rows> gap_rows(const Reader& reader, const std::string& from) {
  auto gaps = custody::read_gaps(reader, from, AdminApi::page_rows);
  if (!gaps) return std::unexpected(gaps.error());
  Rows page{{}, std::move(gaps->next)};
  for (const auto& gap : gaps->gaps) {
    boost::json::object row;
    row["number"] = gap.number.number;
    row["instance"] = hex(gap.number.instance);
    row["incarnation"] = hex(gap.number.incarnation);
    row["standing"] = custody::word(gap.standing);
    row["since"] = json_time(gap.since);
    page.rows.push_back(std::move(row));
  }
  return page;
}

/// What the counts of one client leave open.
std::string_view what_it_shows(const custody::FromClient& from) {
  if (from.numbered == from.messages) return "each number is accounted for";
  if (from.numbered == 0) return "what came; not that nothing was left out";
  return "what came; of the rest, that nothing was left out of the numbered";
}

Rows client_rows(const custody::Arrived& arrived) {
  Rows page;
  for (const auto& from : arrived.clients) {
    boost::json::object row;
    row["client"] = json_text(from.client);
    row["messages"] = from.messages;
    row["recipients"] = from.recipients;
    row["octets"] = from.octets;
    row["numbered"] = from.numbered;
    row["first"] = json_time(from.first);
    row["last"] = json_time(from.last);
    row["shows"] = what_it_shows(from);
    page.rows.push_back(std::move(row));
  }
  return page;
}

AdminAnswer answer_of(base::Result<Rows> page) {
  if (!page) return failed(page.error());
  boost::json::array rows;
  for (auto& row : page->rows) rows.emplace_back(std::move(row));
  AdminAnswer answer = done(std::move(rows));
  answer.next = base::to_hex(page->next);
  return answer;
}

/// The key that an earlier page ended with; nullopt: it is none.
std::optional<std::string> key_of(const std::string& after) {
  return after.empty() ? std::optional(std::string()) : base::from_hex(after);
}

struct Times {
  base::WallTime since, until;
};
/// "since" and "until", milliseconds since 1970; the last day where they are not given.
Times times_of(Arguments& arguments, base::WallTime now) {
  const auto as_number = [](base::WallTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); };
  const auto as_time = [](std::uint64_t number) { return base::WallTime(std::chrono::milliseconds(number)); };
  const auto until = as_time(arguments.number_or("until", most_time, as_number(now)));
  const auto day_before = std::max(until - std::chrono::hours(24), base::WallTime());
  return {as_time(arguments.number_or("since", most_time, as_number(day_before))), until};
}

base::Result<custody::InstanceId> instance_of(const archive::store::Store& store) {
  auto life = custody::Life::parse(store.identity().instance, store.identity().incarnation);
  if (!life) return std::unexpected(life.error());
  return life->instance;
}

}  // namespace

net::Task<AdminAnswer> journal_custody(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto from = key_of(arguments.text_or("after", ""));
  const auto all = arguments.number_or("all", 1, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!from) co_return wrong_usage("after: was not given by this server");
  const auto& store = permit.archive().store();
  const auto instance = instance_of(store);
  if (!instance) co_return failed(instance.error());
  auto work = [&store, &instance, &from, all, before = parts.clock.now() - parts.receipt_wait] {
    return all == 1 ? all_rows(store, *instance, *from, before) : open_rows(store, *instance, *from, before);
  };
  auto page = co_await by_worker(parts, std::move(work));
  co_return answer_of(std::move(page));
}

net::Task<AdminAnswer> journal_missing(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto from = key_of(arguments.text_or("after", ""));
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!from) co_return wrong_usage("after: was not given by this server");
  const auto& store = permit.archive().store();
  auto work = [&store, &from] { return gap_rows(store, *from); };
  auto page = co_await by_worker(parts, std::move(work));
  co_return answer_of(std::move(page));
}

net::Task<AdminAnswer> journal_received(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto times = times_of(arguments, parts.clock.now());
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto& store = permit.archive().store();
  auto work = [&store, times]() -> base::Result<Rows> {
    auto arrived = custody::arrived_in(store, partition, times.since, times.until);
    if (!arrived) return std::unexpected(arrived.error());
    return client_rows(*arrived);
  };
  auto page = co_await by_worker(parts, std::move(work));
  co_return answer_of(std::move(page));
}

net::Task<AdminAnswer> journal_report(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto times = times_of(arguments, parts.clock.now());
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (times.since >= times.until) co_return wrong_usage("since: lies behind until");
  auto report = co_await parts.acts.report_custody(permit, times.since, times.until);
  if (!report) co_return failed(report.error());
  co_return done(std::move(*report));
}

net::Task<AdminAnswer> journal_again(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto wanted = arguments.number("number", ~std::uint64_t{0});
  const auto incarnation = arguments.text_or("incarnation", "");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto& identity = permit.archive().store().identity();
  const auto life = custody::Life::parse(identity.instance, incarnation.empty() ? identity.incarnation : incarnation);
  if (!life) co_return wrong_usage("incarnation: 32 hexadecimal digits");
  const auto number = custody::number_of(*life, partition, wanted);
  const auto& store = permit.archive().store();
  auto known = std::make_shared<bool>(false), staged = std::make_shared<bool>(false);
  auto stage = [&store, known, staged, number, now = parts.clock.now()](archive::commit::Stage& stage,
                                                                        archive::commit::Owners& owners) -> base::Result<> {
    auto open = custody::reopen_final(stage, owners, number);
    if (!open) return std::unexpected(open.error());
    *known = *open;
    if (!*open) return {};
    auto again = custody::hand_over_again(stage, owners, store, number, now);
    if (!again) return std::unexpected(again.error());
    *staged = *again;
    return {};
  };
  const auto changed = co_await change(permit, std::move(stage));
  if (!changed) co_return failed(changed.error());
  if (!*known) co_return not_found("no such number, or retention has ended it");
  boost::json::object told;
  told["queued"] = *staged;
  co_return done(std::move(told));
}

}  // namespace understudy::app
