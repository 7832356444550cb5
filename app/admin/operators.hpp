/// Who is let in by the admin socket, under which name, and in which roles.
#pragma once

#include "app/admin/request.hpp"
#include "archive/audit/options.hpp"
#include "archive/audit/record.hpp"
#include "conf/config.hpp"

namespace understudy::app {

/// Looks up the UNIX accounts of the operators: one that is not there is let in by nobody, and logged.
archive::audit::Policy audit_policy(const conf::Config& config);

/// The number of a UNIX account; by its name, or itself a number. nullopt: there is none.
std::optional<std::uint32_t> uid_of(const std::string& user);
std::optional<std::uint32_t> gid_of(const std::string& group);
/// The name of a UNIX account; empty: there is none of this number.
std::string account_of(std::uint32_t uid);

enum class Admission : std::uint8_t { refused, let_in };
/// The server's own user and root always are, others as operators.
Admission admit(const archive::audit::Policy& policy, std::uint32_t uid, std::uint32_t server_uid);

struct Person {
  archive::audit::Actor actor;
  archive::audit::Roles roles;
};
Person person_of(const archive::audit::Policy& policy, const AdminPeer& peer);

}  // namespace understudy::app
