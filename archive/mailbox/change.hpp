/// The change log of an account: everything that was ever done to its mailboxes, each under its MODSEQ (RFC 7162 §3.1). One of
/// the two truths; the folders and messages as they are now are its projection. Never does I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "archive/position.hpp"
#include "archive/store/body.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::mailbox {

using FolderNumber = std::uint32_t;  ///< of the folder itself; a rename keeps it
using Uid = std::uint32_t;
using ModSeq = std::uint64_t;

/// System flags as bits (RFC 9051 §2.3.2), keywords beside them.
struct Flags {
  static constexpr std::uint8_t seen = 1, answered = 2, flagged = 4, deleted = 8, draft = 16;
  std::uint8_t system = 0;
  std::vector<std::string> keywords;  ///< sorted, each once
  bool operator==(const Flags&) const = default;
};
std::string to_text(const Flags& flags);  ///< "\Seen \Flagged $Junk"

/// How a message came into the account.
enum class Source : std::uint8_t { arrival = 1, append = 2, copy = 3 };

/// A message in a folder. The octets are the body's; nothing here comes from anywhere else.
struct Message {
  Flags flags;
  base::WallTime internal_date{};  ///< when this server first stored it
  store::BodyRef body;
  base::Digest name{};  ///< its name on both machines
  Position position;    ///< the journal entry it came with (Source::arrival)
  Source source = Source::arrival;
  std::string from;      ///< for listings: of the header, cut
  std::string subject;   ///< for listings: as in the header, cut
  ModSeq modseq = 0;     ///< of its last change
  std::string original;  ///< the account it is for, where this one only keeps it (create_limit); else empty

  void encode(base::Writer& out) const;
  static Message decode(base::Reader& in);
  bool operator==(const Message&) const = default;
};

struct Folder {
  std::string name;         ///< UTF-8, levels separated by '/'
  std::string special_use;  ///< "\Sent" (RFC 6154); empty: none
  std::uint32_t uid_validity = 0;
  Uid uid_next = 1;
  std::uint32_t messages = 0;
  std::uint64_t octets = 0;
  ModSeq highest_modseq = 0;

  void encode(base::Writer& out) const;
  static Folder decode(base::Reader& in);
  bool operator==(const Folder&) const = default;
};

struct FolderMade {
  FolderNumber folder = 0;
  std::string name, special_use;
  std::uint32_t uid_validity = 0;
};
struct FolderRenamed {
  FolderNumber folder = 0;
  std::string name;
  std::uint32_t uid_validity = 0;  ///< the same as before, or a new one
};
struct FolderRemoved {
  FolderNumber folder = 0;
};
struct Filed {
  FolderNumber folder = 0;
  Uid uid = 0;
  Message message;  ///< its modseq is the change's own
};
struct FlagsSet {
  FolderNumber folder = 0;
  Uid uid = 0;
  Flags flags;
};
struct Moved {
  FolderNumber from = 0;
  Uid from_uid = 0;
  FolderNumber to = 0;
  Uid to_uid = 0;
};
struct Expunged {
  FolderNumber folder = 0;
  Uid uid = 0;
};

using Change = std::variant<FolderMade, FolderRenamed, FolderRemoved, Filed, FlagsSet, Moved, Expunged>;

std::string encode(const Change& change);
/// errc::damaged; errc::unsupported for a kind of a later version.
base::Result<Change> decode_change(std::string_view record);

}  // namespace understudy::archive::mailbox
