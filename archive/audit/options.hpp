/// What the configuration says of audit: who the operators are, in which roles, and what asks for a second person. Holds no
/// functions, so that whoever reads files needs no more of the archive than this.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace understudy::archive::audit {

/// What an action does with what the archive keeps.
enum class Kind : std::uint8_t {
  plain = 1,  ///< says nothing of mail: not recorded
  inspect,    ///< shows what waits and moves: envelopes of the queue
  search,     ///< finds messages: senders, recipients, subjects
  read,       ///< shows one message or one entry
  give,       ///< hands out octets and proofs
  change,     ///< changes mailboxes or the queue
  configure,  ///< changes accounts, keys, settings, cases
  end,        ///< ends what the archive keeps
  review,     ///< reads the audit journal
  approve,    ///< answers the request of another operator
};
constexpr Kind last_kind = Kind::approve;

enum class Role : std::uint8_t { none = 0, administrator = 1, auditor = 2, machine = 3 };
using Roles = std::set<Role>;

struct Operator {
  std::string name;
  std::string user;  ///< UNIX account, as the configuration names it
  std::uint32_t uid = 0;
  Roles roles;
  /// Of the password for mail access, where `user` is the login name; empty: no login.
  std::string verifier = {};
  bool operator==(const Operator&) const = default;
};

struct Policy {
  /// None: the server's own user and root are let in, and each is administrator and auditor in one.
  std::vector<Operator> operators;
  enum class Reading : std::uint8_t { never, audited, second_person } administrators_read = Reading::audited;
  std::set<Kind> second_person;  ///< kinds that need an approval, whoever asks
  enum class Cases : std::uint8_t { optional, needed } auditors_cases = Cases::optional;
  std::chrono::milliseconds approval_valid = std::chrono::hours(1);

  bool operator==(const Policy&) const = default;
};

}  // namespace understudy::archive::audit
