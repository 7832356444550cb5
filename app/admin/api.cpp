#include "app/admin/api.hpp"

#include <unistd.h>

#include "app/admin/declared.hpp"
#include "app/admin/handlers.hpp"
#include "app/admin/inquiry.hpp"
#include "app/admin/operators.hpp"
#include "app/admin/verify_job.hpp"
#include "app/admin/visit.hpp"
#include "archive/await.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace audit = archive::audit;

/// Of a verb whose end is told even where it went well.
bool tells_its_end(audit::Kind kind) {
  return kind == audit::Kind::give || kind == audit::Kind::change || kind == audit::Kind::configure || kind == audit::Kind::end;
}

std::string text_at(const boost::json::value& value, std::string_view name) {
  const auto* object = value.if_object();
  const auto* text = object ? object->if_contains(name) : nullptr;
  return text && text->is_string() ? std::string(text->get_string()) : std::string();
}

/// In words, for the audit journal.
std::string outcome_of(const AdminAnswer& answer) {
  if (answer.status != AdminAnswer::Status::done) return "failed: " + text_at(answer.value, "error");
  if (answer.octets) return "gives " + std::to_string(answer.octets->size) + " octets";
  if (answer.value.is_array() && !answer.value.get_array().empty() && answer.value.get_array().front().is_string()) {
    std::string lines;  // of a reload: what changed
    for (const auto& line : answer.value.get_array())
      if (line.is_string()) lines += (lines.empty() ? "done: " : "; ") + std::string(line.get_string());
    return lines;
  }
  return "done";
}

AdminAnswer no_operator() {
  return refused("you are no operator any more ([[operator]] in the configuration)");
}

/// The account that the arguments name, if they do, as it is kept.
std::vector<std::string> accounts_in(const archive::Archive& archive, const boost::json::object& arguments) {
  const auto* account = arguments.if_contains("account");
  if (!account || !account->is_string()) return {};
  const std::string_view address = account->get_string();
  if (const auto record = find_account(archive, address)) return {record->name};
  const auto name = account_name(archive, address);
  return {name ? *name : base::escape(address)};
}

}  // namespace

AdminApi::AdminApi(const archive::Archive& archive, audit::Door& door, AdminParts parts)
    : archive_(archive), door_(door), parts_(std::move(parts)) {
  if (!parts_.verify_job) parts_.verify_job = std::make_shared<VerifyJob>(archive_.store(), parts_.clock);
}

AdminApi::~AdminApi() = default;

Admission AdminApi::admits(std::uint32_t uid, std::uint32_t server_uid) const {
  const auto admission = admit(*door_.policy(), uid, server_uid);
  if (admission == Admission::refused) door_.count_stranger();
  return admission;
}

net::Task<AdminAnswer> AdminApi::handle(AdminRequest request) {
  const auto found = declared().find(request.verb);
  if (found == declared().end()) co_return wrong_usage("no such verb: " + base::escape(request.verb));
  if (admit(*door_.policy(), request.peer.uid, ::geteuid()) == Admission::refused) co_return no_operator();
  auto asked = read_inquiry(request.verb, std::move(request.arguments));
  if (!asked) co_return wrong_usage("audit: must be an object of texts, \"reason\" and \"case\"");
  if (auto answer = co_await go_on(found->second, request, *asked)) co_return std::move(*answer);
  co_return co_await handle_first(found->second, std::move(request), std::move(*asked));
}

/// Under the permit of what the connection is at, which is judged again each time; nullopt: it needs one of its own.
net::Task<std::optional<AdminAnswer>> AdminApi::go_on(const Declared& verb, const AdminRequest& request, const Inquiry& asked) {
  auto* visit = request.visit;
  if (!visit) co_return std::nullopt;
  const auto permit = visit->going_on(request.verb, asked);
  if (!permit) {
    co_await leave(*visit);
    co_return std::nullopt;
  }
  if (const auto why = why_over(*permit, request); !why.empty()) {
    if (const auto ended = visit->end_export())
      co_await finish(*ended, "gave " + std::to_string(visit->given()) + " entries, and was ended: " + why);
    visit->end();
    co_return refused("this does not go on: " + why);
  }
  AdminAnswer answer = co_await verb.run(parts_, *permit, Arguments(visit->bounded(request.verb, asked.arguments)));
  if (!visit->exporting()) {
    visit->goes_on(answer.next);
  } else if (answer.status == AdminAnswer::Status::done) {
    visit->gave(request.verb, asked);
  }
  co_return answer;
}

/// Empty: it goes on.
std::string AdminApi::why_over(const audit::Permit& permit, const AdminRequest& request) const {
  if (request.visit->too_long(parts_.clock.now()))
    return "it has taken longer than a day: begin another one where this one ends";
  const auto person = person_of(*door_.policy(), request.peer);
  const auto why = door_.why_over(permit, person.actor, person.roles);
  return why ? *why : why.error().text();
}

/// Who asks too fast waits. An answer: he does not go on.
net::Task<std::optional<AdminAnswer>> AdminApi::wait_for_turn(const audit::Wish& wish) {
  const auto wait = door_.turn_of(wish);
  if (!wait)
    co_return refused("too many of your requests wait already: each is recorded, and so many a second are; try again later");
  if (wait->count() == 0) co_return std::nullopt;
  const bool goes_on = co_await parts_.pause(*wait);
  if (!goes_on) co_return failed("the server stops");
  co_return std::nullopt;
}

net::Task<AdminAnswer> AdminApi::handle_first(const Declared& verb, AdminRequest request, Inquiry asked) {
  auto person = person_of(*door_.policy(), request.peer);
  audit::Wish wish;
  wish.actor = std::move(person.actor);
  wish.roles = std::move(person.roles);
  wish.kind = verb.kind;
  wish.reach = verb.reach;
  wish.action = request.verb;
  wish.object = asked.object;
  wish.text = asked.text;
  wish.accounts = accounts_in(archive_, asked.arguments);
  wish.reason = asked.reason;
  wish.in_case = asked.in_case;
  if (verb.prepare)
    if (auto prepared = verb.prepare(archive_, parts_.clock.now(), Arguments(asked.arguments), wish); !prepared)
      co_return wrong_usage(prepared.error().context);
  if (auto turned = co_await wait_for_turn(wish)) co_return std::move(*turned);
  // While he waited the operators may have become others.
  const auto policy = door_.policy();
  if (admit(*policy, request.peer.uid, ::geteuid()) == Admission::refused) co_return no_operator();
  person = person_of(*policy, request.peer);
  wish.actor = std::move(person.actor);
  wish.roles = std::move(person.roles);
  auto start = [this, wish = std::move(wish)](archive::Done<audit::Door::Answer> done) mutable {
    door_.open(std::move(wish), std::move(done));
  };
  auto answered = co_await archive::wait_for<audit::Door::Answer>(std::move(start));
  if (!answered) co_return failed(answered.error());
  if (const auto* refusal = std::get_if<audit::Refusal>(&*answered)) co_return refused(refusal->why);
  const auto permit = std::make_shared<const audit::Permit>(std::get<audit::Permit>(std::move(*answered)));
  if (request.visit) request.visit->begin(permit, request.verb, asked, parts_.clock.now());
  AdminAnswer answer = co_await verb.run(parts_, *permit, Arguments(std::move(asked.arguments)));
  const bool done = answer.status == AdminAnswer::Status::done;
  if (request.visit && !done) request.visit->end();  // nothing goes on that did not begin
  const bool goes_on = request.visit && request.visit->exporting();
  if (request.visit) request.visit->goes_on(answer.next);
  if (!done || (tells_its_end(verb.kind) && !goes_on)) co_await finish(*permit, outcome_of(answer));
  co_return answer;
}

net::Task<> AdminApi::finish(const audit::Permit& permit, std::string outcome) {
  auto start = [this, &permit, outcome = std::move(outcome)](archive::Done<> done) mutable {
    door_.finish(permit, std::move(outcome), std::move(done));
  };
  const auto told = co_await archive::wait_for<void>(std::move(start));
  if (!told) base::log::error("audit.outcome_lost", {{"entry", permit.entry().value_or(0)}, {"reason", told.error().text()}});
}

net::Task<> AdminApi::leave(AdminVisit& visit) {
  const auto permit = visit.end_export();
  if (!permit) co_return;
  co_await finish(*permit, "gave " + std::to_string(visit.given()) + " entries");
}

}  // namespace understudy::app
