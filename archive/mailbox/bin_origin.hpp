/// Where messages in the bin came from: one record of table `bin` for each change that put some there, by the first of the UIDs
/// that it gave them. There as long as one of them is in the bin. Never does I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/mailbox/change.hpp"

namespace understudy::archive::mailbox {

struct BinOrigin {
  FolderNumber folder = 0;
  std::string name;  ///< of the folder, when they left it
  std::uint32_t uid_validity = 0;
  Uids uids;  ///< there; in the bin the first has the UID `first`, the next one more
  base::WallTime binned{};
  Binned::By by = Binned::By::rule;
  std::string who;

  /// `from`: the folder, as it is before.
  static BinOrigin of(const Binned& change, const Folder& from);
  /// Of the message that has `uid` in the bin, and is of this record.
  Uid uid_before(Uid first, Uid uid) const;

  std::string encode() const;
  static base::Result<BinOrigin> decode(std::string_view record);  ///< errc::damaged
  bool operator==(const BinOrigin&) const = default;
};
std::string_view name_of(Binned::By by);  ///< "rule", "user", "administrator"

}  // namespace understudy::archive::mailbox
