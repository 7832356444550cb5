/// The verbs about cases and about requests for a second person. What changes is brought about by the audit entry itself: the
/// `prepare_` functions say what that is, and the handlers answer when it is durable.
#include <algorithm>

#include <boost/json/parse.hpp>

#include "app/admin/declared.hpp"
#include "app/admin/times.hpp"
#include "archive/audit/askings.hpp"
#include "archive/audit/reader.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace audit = archive::audit;

constexpr std::uint64_t longest_case = 10ull * 366 * 24 * 3600;  ///< seconds
constexpr std::uint64_t last_number = 0xffffffffffffffff;
constexpr std::size_t row_octets = 1000;  ///< about

boost::json::value time_or_null(const std::optional<base::WallTime>& time) {
  return time ? boost::json::value(json_time(*time)) : nullptr;
}

boost::json::object row_of(const audit::KeptCase& kept, base::WallTime now) {
  boost::json::object row;
  row["case"] = json_text(kept.terms.name);
  row["state"] = kept.closed ? "closed" : kept.open_at(now) ? "open" : "over";
  row["operator"] = json_text(kept.terms.holder);
  row["reason"] = json_text(kept.terms.reason);
  boost::json::array accounts;
  for (const auto& account : kept.terms.accounts) accounts.emplace_back(json_text(account));
  row["accounts"] = std::move(accounts);
  row["until"] = json_time(kept.terms.until);
  row["from"] = time_or_null(kept.terms.from);
  row["to"] = time_or_null(kept.terms.up_to);
  row["opened"] = json_time(kept.opened);
  row["opened_by"] = json_text(kept.opened_by);
  row["closed"] = time_or_null(kept.closed);
  row["entry"] = kept.index;
  return row;
}

boost::json::object row_of(const audit::Request& request, base::WallTime now) {
  boost::json::object row;
  row["number"] = request.index;
  const bool waits = request.state == audit::Request::State::waiting;
  row["state"] = waits && now >= request.asked + audit::Door::request_lives ? "lapsed" : audit::name_of(request.state);
  row["asked"] = json_time(request.asked);
  row["operator"] = json_text(request.actor.name);
  row["kind"] = audit::name_of(request.kind);
  row["action"] = json_text(request.action);
  boost::json::object object;
  for (const auto& field : request.object) object[json_text(field.name)] = json_text(field.value);
  row["object"] = std::move(object);
  row["reason"] = json_text(request.reason);
  row["case"] = json_text(request.in_case);
  row["decided_by"] = waits ? boost::json::value(nullptr) : boost::json::value(json_text(request.decided_by.name));
  row["decided"] = waits ? boost::json::value(nullptr) : boost::json::value(json_time(request.decided));
  return row;
}

base::Result<std::optional<base::WallTime>> moment_of(Arguments& arguments, std::string_view name) {
  const auto text = arguments.text_or(name, "");
  if (text.empty()) return std::optional<base::WallTime>();
  const auto parsed = parse_moment(text);
  if (!parsed)
    return base::fail(std::string(name) + ": must be as \"2026-03-01\" or \"2026-03-01T12:00:00Z\" (UTC)",
                      base::errc::malformed);
  return parsed;
}

base::Result<std::vector<std::string>> accounts_of(const archive::Archive& archive, const std::vector<std::string>& given) {
  std::vector<std::string> accounts;
  for (const auto& address : given) {
    const auto record = find_account(archive, address);
    const auto name = record ? base::Result<routing::AccountName>(record->name) : account_name(archive, address);
    if (!name) return base::fail("accounts: " + name.error().text(), name.error().code);
    if (std::ranges::find(accounts, *name) == accounts.end()) accounts.push_back(*name);
  }
  if (accounts.empty()) return base::fail("accounts: a case is about some; name them with --account", base::errc::malformed);
  if (accounts.size() > audit::Case::max_accounts)
    return base::fail("accounts: at most " + std::to_string(audit::Case::max_accounts) + " in one case", base::errc::too_long);
  return accounts;
}

base::Result<std::string> name_of_case(Arguments& arguments) {
  auto name = arguments.text("case");
  const bool fits = !name.empty() && name.size() <= audit::Case::max_name && base::is_utf8(name) &&
                    std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (!fits)
    return base::fail("case: must be a name of 1 to " + std::to_string(audit::Case::max_name) + " octets, on one line",
                      base::errc::malformed);
  return name;
}

}  // namespace

base::Result<> prepare_case_open(const archive::Archive& archive, base::WallTime now, Arguments arguments, audit::Wish& wish) {
  audit::Case opened;
  auto name = name_of_case(arguments);
  if (!name) return std::unexpected(name.error());
  opened.name = std::move(*name);
  opened.holder = arguments.text("operator");
  opened.reason = wish.reason;
  const auto until = moment_of(arguments, "until");
  const auto from = moment_of(arguments, "from");
  const auto up_to = moment_of(arguments, "to");
  for (const auto* moment : {&until, &from, &up_to})
    if (!*moment) return std::unexpected(moment->error());
  opened.from = *from;
  opened.up_to = *up_to;
  const auto seconds = arguments.number_or("seconds", longest_case, 0);
  auto accounts = accounts_of(archive, arguments.texts("accounts"));
  if (auto problem = arguments.problem()) return base::fail(*problem, base::errc::malformed);
  if (!accounts) return std::unexpected(accounts.error());
  opened.accounts = std::move(*accounts);
  if (until->has_value() == (seconds > 0))
    return base::fail("a case has an end: give --until TIME or --for DURATION", base::errc::malformed);
  if (opened.reason.empty()) return base::fail("a case has a reason: give --reason TEXT", base::errc::malformed);
  if (opened.holder.empty()) return base::fail("a case is for somebody: give --operator NAME", base::errc::malformed);
  opened.until = *until ? **until : now + std::chrono::seconds(seconds);
  wish.opens = std::move(opened);
  return {};
}

base::Result<> prepare_case_close(const archive::Archive&, base::WallTime, Arguments arguments, audit::Wish& wish) {
  auto name = name_of_case(arguments);
  if (!name) return std::unexpected(name.error());
  wish.closes = std::move(*name);
  return {};
}

base::Result<> prepare_approval(const archive::Archive&, base::WallTime, Arguments arguments, audit::Wish& wish) {
  using Answer = audit::Decision::Answer;
  const auto answer = wish.action == "approval/give" ? Answer::given : Answer::refused;
  wish.decides = audit::Decision{arguments.number("number", last_number), answer};
  if (auto problem = arguments.problem()) return base::fail(*problem, base::errc::malformed);
  return {};
}

net::Task<AdminAnswer> case_open(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto kept = audit::find_case(permit.archive().store(), arguments.text("case"));
  if (!kept) co_return failed(kept.error());
  if (!*kept) co_return failed("the case is not there");
  co_return done(row_of(**kept, parts.clock.now()));
}

net::Task<AdminAnswer> case_close(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  co_return co_await case_open(parts, permit, std::move(arguments));
}

net::Task<AdminAnswer> case_show(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto name = arguments.text("case");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto kept = audit::find_case(permit.archive().store(), name);
  if (!kept) co_return failed(kept.error());
  if (!*kept) co_return not_found("there is no case " + base::escape(name));
  co_return done(row_of(**kept, parts.clock.now()));
}

net::Task<AdminAnswer> case_list(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto after = base::to_number(arguments.text_or("after", "0"));
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!after) co_return wrong_usage("after: was not given by this server");
  Page page(AdminApi::page_rows);
  std::string next;
  const auto take = [&](const audit::KeptCase& kept) {
    if (page.full()) {
      next = std::to_string(kept.index);
      return false;
    }
    page.add(row_of(kept, parts.clock.now()), row_octets);
    return true;
  };
  if (auto read = audit::each_case(permit.archive().store(), *after, take); !read) co_return failed(read.error());
  co_return page.take(std::move(next));
}

net::Task<AdminAnswer> approval_list(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto after = base::to_number(arguments.text_or("after", "0"));
  const auto all = arguments.number_or("all", 1, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!after) co_return wrong_usage("after: was not given by this server");
  const auto now = parts.clock.now();
  Page page(AdminApi::page_rows);
  std::string next;
  const auto take = [&](const audit::Request& request) {
    if (page.full()) {
      next = std::to_string(request.index);
      return false;
    }
    const bool waits = request.state == audit::Request::State::waiting && now < request.asked + audit::Door::request_lives;
    if (request.index >= *after && (all == 1 || waits)) page.add(row_of(request, now), row_octets);
    return true;
  };
  const auto& store = permit.archive().store();
  const auto read = all == 1 ? audit::each_request(store, *after, take) : audit::each_open_request(store, take);
  if (!read) co_return failed(read.error());
  co_return page.take(std::move(next));
}

/// All that was asked for, as it will be done if it is approved.
net::Task<AdminAnswer> approval_show(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto number = arguments.number("number", last_number);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto& store = permit.archive().store();
  const auto request = audit::find_request(store, number);
  if (!request) co_return failed(request.error());
  if (!*request) co_return not_found("there is no request " + std::to_string(number) + ": see `approval list`");
  const auto text = audit::asked_text(store, **request);
  if (!text) co_return failed(text.error());
  auto row = row_of(**request, parts.clock.now());
  row["digest"] = json_digest((*request)->digest);
  row["asks"] = nullptr;
  if (*text) {
    boost::system::error_code unfit;
    row["asks"] = boost::json::parse(**text, unfit);
    if (unfit) co_return failed("what request " + std::to_string(number) + " asks for cannot be read");
  }
  co_return done(std::move(row));
}

net::Task<AdminAnswer> approval_decide(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto number = arguments.number("number", last_number);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  boost::json::object decided;
  decided["number"] = number;
  decided["entry"] = permit.entry() ? boost::json::value(*permit.entry()) : nullptr;
  co_return done(std::move(decided));
}

}  // namespace understudy::app
