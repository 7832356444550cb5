/// What the owner of an account keeps of it in memory: its folders and the numbers it gives out next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "archive/commit/stage.hpp"
#include "archive/mailbox/change.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::mailbox {

using AccountNumber = std::uint64_t;

inline store::Shard shard_of(AccountNumber account) {
  return {store::ShardKind::account, account};
}

/// What is known of the time before the store was put back from an older copy, which may have been more than once.
struct Life {
  std::string incarnation;  ///< of the store that the account goes on in; empty: it was never put back
  /// MODSEQs from the first up to, not including, the second were given out by lives that are over, and mean nothing here.
  ModSeq unknown_from = 0, unknown_to = 0;

  std::string encode() const;
  static base::Result<Life> decode(std::string_view value);
  bool operator==(const Life&) const = default;
};

struct AccountState {
  ModSeq last_modseq = 0;
  FolderNumber next_folder = 1;
  std::uint32_t last_uid_validity = 0;
  /// The highest UIDVALIDITY of a name that was given up, by removal or by renaming; nullopt: not known, of a record of an
  /// earlier version.
  std::optional<std::uint32_t> freed_uid_validity = 0;
  std::map<FolderNumber, Folder> folders;
  std::map<std::uint16_t, std::uint64_t> applied;  ///< partition -> first journal index not applied yet
  Life life;

  std::optional<FolderNumber> find(std::string_view name) const;         ///< INBOX in any case
  std::optional<FolderNumber> find_special(std::string_view use) const;  ///< "\Sent"
  std::optional<FolderNumber> bin() const;
  bool is_bin(FolderNumber folder) const {
    const auto found = folders.find(folder);
    return found != folders.end() && found->second.kind == FolderKind::bin;
  }

  std::string encode_numbers() const;
  base::Result<> decode_numbers(std::string_view value);
  /// A folder of this UIDVALIDITY gives up its name.
  void free_name(std::uint32_t uid_validity) {
    if (freed_uid_validity) freed_uid_validity = std::max(*freed_uid_validity, uid_validity);
  }
  void go_on(ModSeq modseq, const Restored& change);  ///< with its folders; `modseq`: of the change
  bool operator==(const AccountState&) const = default;
};

/// Keys of the account's tables.
namespace keys {
inline constexpr std::string_view numbers = "n";
inline constexpr std::string_view life = "l";        ///< there once the store was put back from an older copy
inline constexpr std::string_view rebuilding = "r";  ///< there: the projection is being made again
inline constexpr std::string_view renewing = "u";    ///< and a folder: its messages are being brought into today's form
std::string applied(std::uint16_t partition);
std::string folder(FolderNumber folder);
std::string message_chunk(FolderNumber folder, std::uint32_t number);
std::string copy(const store::BodyRef& body, FolderNumber folder, Uid uid);
std::string copies_of(const store::BodyRef& body);
std::string summary(const store::BodyRef& body);
std::string annotation(FolderNumber folder, std::string_view entry);
std::string right(FolderNumber folder, std::string_view identifier);
std::string bin_origin(FolderNumber bin, Uid first);
}  // namespace keys

/// Reads the state of an account as it is stored. An account that was never touched has no folders. errc::busy: a rebuild was
/// or a renewal was cut, and what is there is a part only. errc::unsupported: of an earlier version, and the start could not
/// make it anew.
base::Result<AccountState> load_state(const store::Reader& reader, AccountNumber account);
/// The same with what is staged.
base::Result<AccountState> load_state(const store::Reader& reader, const commit::Stage& stage, AccountNumber account);

/// "inbox" and "INBOX" are one name (RFC 9051 §5.1).
bool same_name(std::string_view a, std::string_view b);

}  // namespace understudy::archive::mailbox
