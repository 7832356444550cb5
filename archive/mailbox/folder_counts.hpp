/// What is counted of folders, so that nobody walks over messages for STATUS or a quota (RFC 9208): the sum of an account, and
/// what it may hold.
#pragma once

#include <cstdint>
#include <map>

#include "archive/mailbox/account_state.hpp"

namespace understudy::archive::mailbox {

/// Each copy in a live folder counts, though the store has its octets once.
struct Usage {
  std::uint64_t messages = 0;
  std::uint64_t octets = 0;
  bool operator==(const Usage&) const = default;
};
Usage usage_of(const std::map<FolderNumber, Folder>& folders);

/// What an account may hold; 0: no limit.
struct Quota {
  std::uint64_t octets = 0;
  std::uint64_t messages = 0;

  bool limits() const { return octets > 0 || messages > 0; }
  /// Whether a user may bring his account from one to the other. What only goes, or changes place, he always may.
  bool allows(const Usage& before, const Usage& after) const;
};

}  // namespace understudy::archive::mailbox
