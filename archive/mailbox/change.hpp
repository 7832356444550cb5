/// The change log of an account: everything that was ever done to its mailboxes, each under its MODSEQ (RFC 7162 §3.1). One of
/// the two truths; the folders and messages as they are now are its projection. Never does I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "archive/position.hpp"
#include "archive/store/body.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"
#include "mail/imap/ranges.hpp"

namespace understudy::archive::mailbox {

using FolderNumber = std::uint32_t;  ///< of the folder itself; a rename keeps it
using Uid = std::uint32_t;
using Uids = mail::imap::Ranges;
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
  static constexpr std::uint8_t version_now = 2;

  Flags flags;
  base::WallTime internal_date{};  ///< RFC 9051 §2.3.3: when it arrived, or what APPEND said
  base::WallTime stored{};         ///< when this server first stored it, whatever the header or APPEND says; copies keep it
  base::WallTime saved{};          ///< when it came into this folder (RFC 8514)
  store::BodyRef body;
  base::Digest name{};  ///< its name on both machines
  Position position;    ///< the journal entry it came with (Source::arrival)
  Source source = Source::arrival;
  std::string from;       ///< in records of version 1 alone: later ones leave it to the summary, which goes with the message
  std::string subject;    ///< as `from`
  ModSeq modseq = 0;      ///< of its last change
  bool put_back = false;  ///< it was in the bin once: rules count its age from when it was saved
  std::string original;   ///< the account it is for, where this one only keeps it (create_limit); else empty
  std::uint8_t version = version_now;  ///< of the record that it came from; what was version 1 stays so

  /// Without the version, which is the first octet of the record around it.
  void encode(base::Writer& out) const;
  static Message decode(base::Reader& in, std::uint8_t version);
  bool operator==(const Message&) const = default;
};

struct Restored;

/// What a folder is for, from its making to its end.
enum class FolderKind : std::uint8_t {
  live = 0,
  cold = 1,  ///< what was taken out of live folders by its age: nobody changes what is in it
  bin = 2,   ///< what was deleted, for as long as it can be put back
};

struct Folder {
  static constexpr std::uint8_t version_now = 3;

  std::string name;         ///< UTF-8, levels separated by '/'
  std::string special_use;  ///< "\Sent" (RFC 6154); empty: none
  std::uint32_t uid_validity = 0;
  Uid uid_next = 1;
  std::uint32_t messages = 0;
  std::uint64_t octets = 0;
  ModSeq highest_modseq = 0;
  bool counted = true;  ///< false: what follows is not known; in no record
  std::uint32_t unseen = 0;
  std::uint32_t deleted = 0;  ///< with \Deleted
  std::uint64_t deleted_octets = 0;
  FolderKind kind = FolderKind::live;

  /// Counts a message that came or went; what changes its flags takes it out and puts it in. The caller gives UIDs.
  void count_in(const Message& message);
  void count_out(const Message& message);
  bool can_pass(Uid uids) const;  ///< has it so many UIDs left, and some to give?
  void go_on(const Restored& change);

  /// The record as table `folders` keeps it, with its version. errc::damaged; errc::unsupported: of an earlier version, whose
  /// messages are elsewhere.
  std::string encode() const;
  static base::Result<Folder> decode(std::string_view record);
  bool operator==(const Folder&) const = default;
};

struct FolderMade {
  FolderNumber folder = 0;
  std::string name, special_use;
  std::uint32_t uid_validity = 0;
  FolderKind kind = FolderKind::live;
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
/// Of one message, as FlagsChanged, MovedAll and ExpungedAll, in logs of earlier versions.
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
/// Many messages change under one MODSEQ (RFC 7162 §3.1). All that `uids` names are there.
struct FlagsChanged {
  enum class How : std::uint8_t { replace = 0, add = 1, remove = 2 };
  FolderNumber folder = 0;
  Uids uids;
  How how = How::replace;
  Flags flags;
};
/// In the order of their UIDs they get `first`, `first` + 1 and so on.
struct Copied {
  FolderNumber from = 0;
  Uids uids;
  FolderNumber to = 0;
  Uid first = 0;
  base::WallTime saved{};
};
struct MovedAll {
  FolderNumber from = 0;
  Uids uids;
  FolderNumber to = 0;
  Uid first = 0;
  base::WallTime saved{};
};
struct ExpungedAll {
  FolderNumber folder = 0;
  Uids uids;
};
/// As MovedAll, into the bin of the account.
struct Binned {
  enum class By : std::uint8_t { rule = 1, user = 2, administrator = 3 };
  FolderNumber from = 0;
  Uids uids;
  FolderNumber to = 0;
  Uid first = 0;
  base::WallTime saved{};
  By by = By::rule;
  std::string who;  ///< the name of the rule, or of the person
};
/// A name that LSUB gives; there need not be a folder of it (RFC 9051 §6.3.7).
struct Subscribed {
  std::string name;
  enum class To : std::uint8_t { no = 0, yes = 1 } to = To::yes;
};

/// What a user notes beside a mailbox, or beside all of them (RFC 5464).
struct Annotated {
  static constexpr FolderNumber of_account = 0;  ///< no folder has that number
  FolderNumber folder = of_account;
  std::string entry;                 ///< "/private/comment", lower case
  std::optional<std::string> value;  ///< any octets; nothing: it goes
};

/// What an identifier may do with a folder (RFC 4314), from now on.
struct Shared {
  FolderNumber folder = 0;
  std::string identifier;     ///< as Grant::identifier
  std::uint64_t account = 0;  ///< as Grant::account
  std::string rights;         ///< as Rights::text(); empty: the identifier goes
};

/// The store was put back from an older copy. What was given out since that copy is not known here, so everything goes on far
/// enough beyond it that no MODSEQ, UID or folder number is given twice.
struct Restored {
  static constexpr ModSeq mod_sequences_passed = ModSeq{1} << 32;
  static constexpr Uid uids_passed = Uid{1} << 20;
  static constexpr FolderNumber folders_passed = FolderNumber{1} << 16;

  std::string incarnation;  ///< of the store from here on
  ModSeq next = 0;          ///< of the change behind this one
  Uid uids = 0;             ///< that each folder passes over, where it has so many
  FolderNumber folders = 0;
};

using Change = std::variant<FolderMade, FolderRenamed, FolderRemoved, Filed, FlagsSet, Moved, Expunged, FlagsChanged, Copied,
                            MovedAll, ExpungedAll, Subscribed, Annotated, Shared, Restored, Binned>;

/// The UIDs that left the folder by the change; none where the folder itself went.
Uids left_by(const Change& change, FolderNumber folder);

/// What `flags` are after the change.
Flags changed(const Flags& flags, FlagsChanged::How how, const Flags& by);

/// The same for many messages, one after another: those that had the same flags as the one before cost next to nothing.
/// `by` outlives it.
class FlagChange {
 public:
  FlagChange(FlagsChanged::How how, const Flags& by) : how_(how), by_(by) {}
  /// Until the next call.
  const Flags& of(const Flags& flags);

 private:
  FlagsChanged::How how_;
  const Flags& by_;
  std::optional<std::pair<Flags, Flags>> last_;  ///< before and after
};

std::string encode(const Change& change);
/// errc::damaged; errc::unsupported for a kind of a later version.
base::Result<Change> decode_change(std::string_view record);

}  // namespace understudy::archive::mailbox
