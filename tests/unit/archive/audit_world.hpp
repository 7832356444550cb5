/// An archive with a door, asked by hand, and the people who ask.
#pragma once

#include "archive/audit/askings.hpp"
#include "archive/audit/door.hpp"
#include "archive/audit/reader.hpp"
#include "archive/audit/verify.hpp"
#include "tests/support/archive_world.hpp"

namespace understudy::test {

namespace audit = archive::audit;

inline const audit::Roles administrator{audit::Role::administrator}, auditor{audit::Role::auditor};

/// Two operators with a role each, and a third who is an administrator, too.
inline audit::Policy policy_with_operators() {
  audit::Policy policy;
  policy.operators = {
      {"adam", "adam", 1000, administrator}, {"vera", "vera", 1001, auditor}, {"otto", "otto", 1002, administrator}};
  return policy;
}

struct AuditWorld : ArchiveWorld {
  explicit AuditWorld(audit::Policy policy = policy_with_operators(), audit::Pace::Limit pace = audit::Door::usual_pace) {
    BOOST_REQUIRE(open());
    door = std::make_unique<audit::Door>(archive(), clock, std::move(policy), pace);
  }
  audit::Wish wish(const std::string& who, audit::Kind kind, std::string action = "message/show",
                   std::string account = "a@example.org") {
    audit::Wish made;
    const auto policy = door->policy();
    for (const auto& each : policy->operators)
      if (each.name == who) {
        made.actor = {who, each.uid, "test"};
        made.roles = each.roles;
      }
    made.kind = kind;
    made.action = std::move(action);
    made.object = {{"account", account}};
    made.text = made.action + " " + account;
    made.accounts = {account};
    made.reach = audit::Reach::accounts;
    return made;
  }
  /// The permit; or why there is none, which `why` then has.
  std::optional<audit::Permit> ask(audit::Wish wish) {
    std::optional<audit::Permit> given;
    why = "never answered";
    door->open(std::move(wish), [&](base::Result<audit::Door::Answer> answer) {
      why.clear();
      if (!answer) {
        why = "error: " + answer.error().text();
      } else if (auto* permit = std::get_if<audit::Permit>(&*answer)) {
        given.emplace(std::move(*permit));
      } else {
        why = std::get<audit::Refusal>(*answer).why;
      }
    });
    pump();
    return given;
  }
  std::uint64_t entries() { return *audit::size(store()); }
  audit::Record last() { return *audit::read(store(), entries() - 1); }
  audit::Wish answer(const std::string& who, std::uint64_t request, audit::Decision::Answer answer) {
    auto made = wish(who, audit::Kind::approve, "approval/give");
    made.decides = audit::Decision{request, answer};
    return made;
  }
  audit::Wish case_for(const std::string& who, std::chrono::seconds lasting, std::vector<std::string> accounts) {
    auto made = wish("adam", audit::Kind::configure, "case/open");
    audit::Case opened;
    opened.name = "17";
    opened.reason = "suspicion";
    opened.holder = who;
    opened.accounts = std::move(accounts);
    opened.until = clock.now() + lasting;
    made.opens = opened;
    return made;
  }
  std::vector<std::string> found() {  // by `audit verify`
    const auto verdict = audit::verify(store(), store().bodies(), {});
    if (!verdict) return {verdict.error().text()};
    return verdict->faults;
  }

  std::unique_ptr<audit::Door> door;
  std::string why;
};

}  // namespace understudy::test
