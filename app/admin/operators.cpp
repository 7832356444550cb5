#include "app/admin/operators.hpp"

#include <algorithm>
#include <array>

#include <grp.h>
#include <pwd.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::app {

namespace audit = archive::audit;

namespace {

constexpr std::uint32_t nobody = 0xffffffff;  ///< (uid_t)-1, which no account has

/// What the system's table of accounts says, by the look-up that is given.
template <class Look>
std::optional<passwd> look_up(std::array<char, 16384>& room, Look look) {
  passwd entry{};
  passwd* found = nullptr;
  if (look(&entry, room.data(), room.size(), &found) != 0 || !found) return std::nullopt;
  return entry;
}

}  // namespace

std::optional<std::uint32_t> uid_of(const std::string& user) {
  std::array<char, 16384> room;
  const auto found = look_up(room, [&](auto... rest) { return ::getpwnam_r(user.c_str(), rest...); });
  if (found) return found->pw_uid;
  const auto number = base::to_number(user);
  if (!number || *number > 0xfffffffe) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::optional<std::uint32_t> gid_of(const std::string& name) {
  std::array<char, 65536> room;
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found) != 0 || !found) return std::nullopt;
  return entry.gr_gid;
}

std::string account_of(std::uint32_t uid) {
  std::array<char, 16384> room;
  const auto found = look_up(room, [&](auto... rest) { return ::getpwuid_r(uid, rest...); });
  return found ? found->pw_name : std::string();
}

audit::Policy audit_policy(const conf::Config& config) {
  auto policy = config.audit;
  for (auto& each : policy.operators) {
    const auto uid = uid_of(each.user);
    each.uid = uid.value_or(nobody);  // who is not there stays named: without him the others would have all roles
    if (!uid) base::log::error("admin.operator_unknown", {{"operator", each.name}, {"user", each.user}});
  }
  return policy;
}

Admission admit(const audit::Policy& policy, std::uint32_t uid, std::uint32_t server_uid) {
  const bool is_operator = std::ranges::find(policy.operators, uid, &audit::Operator::uid) != policy.operators.end();
  return uid == 0 || uid == server_uid || is_operator ? Admission::let_in : Admission::refused;
}

Person person_of(const audit::Policy& policy, const AdminPeer& peer) {
  const auto number = std::to_string(peer.uid);
  Person person{{peer.account.empty() ? "user " + number : peer.account, peer.uid,
                 "admin socket, process " + std::to_string(peer.process)},
                {}};
  if (policy.operators.empty()) person.roles = {audit::Role::administrator, audit::Role::auditor};
  const auto found = std::ranges::find(policy.operators, peer.uid, &audit::Operator::uid);
  if (found == policy.operators.end()) return person;
  person.actor.name = found->name;
  person.roles = found->roles;
  return person;
}

}  // namespace understudy::app
