/// The record of an account, and how it is stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/mailbox/account_state.hpp"
#include "archive/position.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "routing/directory.hpp"

namespace understudy::archive::directory {

enum class MadeBy : std::uint8_t {
  configuration = 1,  ///< [[account]], at first sight
  command = 2,        ///< understudy account add
  mail = 3,           ///< create_mailbox or undelivered = "store"
};

struct AccountRecord {
  mailbox::AccountNumber number = 0;
  routing::AccountName name;         ///< "alice@example.org"
  std::vector<std::string> aliases;  ///< canonical addresses that lead here as well
  std::string verifier;              ///< "{SCRAM-SHA-256}…"; empty: no login
  bool login = false;                ///< false: nobody may log in, whatever the verifier
  std::string template_name;         ///< it was made from; empty: none
  std::uint64_t quota = 0;           ///< octets; 0: no limit
  std::uint64_t quota_messages = 0;  ///< 0: no limit
  MadeBy made_by = MadeBy::configuration;
  base::WallTime made{};
  /// The first journal entry that may concern it. One before was for an earlier account of this name, now removed.
  Position since;

  std::string encode() const;
  static base::Result<AccountRecord> decode(std::string_view value);
};

}  // namespace understudy::archive::directory
