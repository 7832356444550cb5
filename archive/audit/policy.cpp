#include "archive/audit/policy.hpp"

namespace understudy::archive::audit {
namespace {

using Word = Verdict::Word;
using Bound = Verdict::Bound;

bool reads_mail(Kind kind) {
  return kind == Kind::search || kind == Kind::read || kind == Kind::give;
}

bool changes(Kind kind) {
  return kind == Kind::change || kind == Kind::configure || kind == Kind::end;
}

Verdict refused(std::string why) {
  return {Word::refused, Role::none, Bound::free, std::move(why)};
}

Verdict allowed(Role role, Named named) {
  return {Word::allowed, role, named == Named::a_case ? Bound::to_case : Bound::free, {}};
}

Verdict as_auditor(const Policy& policy, Kind kind, Named named) {
  if (changes(kind))
    return refused("an auditor may read and search, and neither change nor end anything: only an administrator may");
  const bool needs_case = policy.auditors_cases == Policy::Cases::needed;
  if (needs_case && kind == Kind::inspect)
    return refused(
        "an auditor sees what belongs to an open case of his (audit.auditors_need_case), and the queue belongs to none");
  if (needs_case && reads_mail(kind) && named == Named::no_case)
    return refused("an auditor reads within an open case of his (audit.auditors_need_case): name it with --case");
  return allowed(Role::auditor, named);
}

Verdict as_administrator(const Policy& policy, Kind kind, Named named) {
  auto verdict = allowed(Role::administrator, named);
  if (!reads_mail(kind)) return verdict;
  if (policy.administrators_read == Policy::Reading::never)
    return refused("administrators do not read mail here (audit.administrators_read): only an auditor may");
  const bool shows = kind == Kind::read || kind == Kind::give;
  if (shows && policy.administrators_read == Policy::Reading::second_person) verdict.word = Word::wants_approval;
  return verdict;
}

}  // namespace

bool may_need_second_person(Kind kind) {
  return kind != Kind::plain && kind != Kind::review && kind != Kind::approve;
}

Verdict judge(const Policy& policy, const Roles& roles, Kind kind, Named named) {
  if (kind == Kind::plain) return allowed(roles.empty() ? Role::none : *roles.begin(), Named::no_case);
  if (roles.empty())
    return refused(
        "this needs the role of an administrator or an auditor, and you are no operator ([[operator]] in the configuration)");
  auto verdict = refused("");
  // Who is both reads as an auditor: what he may do as that asks for no more than it has to.
  if (roles.contains(Role::auditor)) verdict = as_auditor(policy, kind, named);
  if (verdict.word == Word::refused && roles.contains(Role::administrator)) verdict = as_administrator(policy, kind, named);
  if (verdict.word == Word::allowed && policy.second_person.contains(kind) && may_need_second_person(kind))
    verdict.word = Word::wants_approval;
  return verdict;
}

}  // namespace understudy::archive::audit
