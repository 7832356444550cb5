/// Many messages in parts: a change holds up mail that is to be committed with it, so what need not be one change is made in
/// several.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "archive/mailbox/change.hpp"

namespace understudy::archive::access {

constexpr std::uint64_t changed_at_once = 2000;   ///< messages of one commit, for which all others wait
constexpr std::uint64_t marked_at_once = 10'000;  ///< the same where only flags change: a record for 64 of them

inline std::vector<mailbox::Uids> in_batches(const mailbox::Uids& uids, std::uint64_t most = changed_at_once) {
  std::vector<mailbox::Uids> batches;
  std::uint64_t room = 0;
  for (const auto& range : uids.ranges()) {
    for (std::uint64_t first = range.first; first <= range.last;) {
      if (room == 0) {
        batches.emplace_back();
        room = most;
      }
      const auto last = std::min<std::uint64_t>(range.last, first + room - 1);
      batches.back().add(static_cast<mailbox::Uid>(first), static_cast<mailbox::Uid>(last));
      room -= last - first + 1;
      first = last + 1;
    }
  }
  return batches;
}

}  // namespace understudy::archive::access
