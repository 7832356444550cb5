/// What the owner's changes of many messages have in common.
#pragma once

#include <vector>

#include "archive/mailbox/staged_messages.hpp"

namespace understudy::archive::mailbox {

/// One record of the log has so many ranges at most: a value of the store has 64 KiB.
constexpr std::size_t most_ranges = 5000;
std::vector<Uids> in_parts(const Uids& uids);

/// The UID that a folder gives next. Where the record that it belongs to is damaged, the first one behind that: mail is filed,
/// and what is damaged stays for a check and a rebuild.
Uid next_uid(const commit::Stage& stage, AccountNumber account, FolderNumber folder, Uid next);

/// Calls `each(uid, message)` for those that are there.
template <class Each>
base::Result<> messages_of(const commit::Stage& stage, AccountNumber account, const AccountState& state, FolderNumber folder,
                           const Uids& uids, Each each) {
  const auto found = state.folders.find(folder);
  if (found == state.folders.end()) return base::fail("the folder", base::errc::not_found);
  StagedMessages messages(stage, account);
  for (const auto& range : uids.ranges()) {
    const Uid end = std::min(range.last, found->second.uid_next - 1);
    for (std::uint64_t uid = range.first; uid <= end; ++uid) {
      const auto message = messages.find(folder, static_cast<Uid>(uid));
      if (message) {
        each(static_cast<Uid>(uid), **message);
      } else if (message.error().code != base::errc::not_found) {
        return std::unexpected(message.error());
      }
    }
  }
  return {};
}

}  // namespace understudy::archive::mailbox
