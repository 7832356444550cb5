#include "archive/audit/wish_check.hpp"

#include <algorithm>

namespace understudy::archive::audit {

base::Result<std::string> problem_of_case(const Wish& wish, const Cells& cells, base::WallTime now,
                                          std::optional<Case>& terms) {
  const auto found = find_case(cells, wish.in_case);
  if (!found) return std::unexpected(found.error());
  const std::string name = "case " + wish.in_case;
  if (!*found) return "there is no " + name;
  const auto& kept = **found;
  if (kept.terms.holder != wish.actor.name) return name + " is not yours, but of " + kept.terms.holder;
  if (kept.closed) return name + " was closed";
  if (!kept.open_at(now)) return name + " is over: its time has run out";
  if (wish.reach == Reach::none) return wish.action + " cannot be confined to a case";
  if (wish.reach == Reach::accounts && wish.accounts.empty()) return wish.action + " names no account, and " + name + " does";
  for (const auto& account : wish.accounts)
    if (std::ranges::find(kept.terms.accounts, account) == kept.terms.accounts.end())
      return "account " + account + " is not part of " + name;
  terms = kept.terms;
  return std::string();
}

namespace {

base::Result<std::string> problem_of_new_case(const Case& opened, const Policy& policy, const Cells& cells,
                                              base::WallTime now) {
  const auto there = find_case(cells, opened.name);
  if (!there) return std::unexpected(there.error());
  if (*there) return "there is, or was, a case " + opened.name + ": take another name";
  if (opened.until <= now) return "the case would be over before it begins (--until, --for)";
  if (opened.from && opened.up_to && *opened.from >= *opened.up_to) return "--from must be before --to";
  if (policy.operators.empty()) return std::string();
  const auto holder = std::ranges::find(policy.operators, opened.holder, &Operator::name);
  if (holder == policy.operators.end()) return "there is no operator " + opened.holder + " ([[operator]] in the configuration)";
  if (!holder->roles.contains(Role::auditor)) return "operator " + opened.holder + " is no auditor";
  return std::string();
}

}  // namespace

base::Result<std::string> problem_of_opening(const Wish& wish, const Policy& policy, const Cells& cells, base::WallTime now) {
  if (wish.opens) return problem_of_new_case(*wish.opens, policy, cells, now);
  if (wish.closes.empty()) return std::string();
  const auto found = find_case(cells, wish.closes);
  if (!found) return std::unexpected(found.error());
  if (!*found) return "there is no case " + wish.closes;
  if ((*found)->closed) return "case " + wish.closes + " was closed before";
  return std::string();
}

base::Result<std::string> problem_of_decision(const Wish& wish, const Cells& cells, base::WallTime now) {
  const auto found = find<Request>(cells, request_key(wish.decides->request));
  if (!found) return std::unexpected(found.error());
  const std::string name = "request " + std::to_string(wish.decides->request);
  if (!*found) return "there is no " + name + ": see `approval list`";
  const auto& request = **found;
  if (request.state != Request::State::waiting) return name + " was answered before: " + std::string(name_of(request.state));
  if (now >= request.asked + Door::request_lives) return name + " is too old: it has to be made again";
  const bool withdraws = wish.decides->answer == Decision::Answer::refused;
  const bool same = request.actor.uid == wish.actor.uid || request.actor.name == wish.actor.name;
  if (same && !withdraws) return name + " is your own: a second person has to answer it";
  return std::string();
}

}  // namespace understudy::archive::audit
