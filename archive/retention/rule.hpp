/// A prune rule: which messages of live folders may go into the bin (docs/retention.md). Of one message it says whether the
/// rule takes it, when it will at the earliest, or which column is in the way; the runner does what it says, and `prune
/// explain` prints it. Pure: asks no clock, reads no store.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/mailbox/change.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace understudy::archive::retention {

/// A column that a message can have either way.
enum class Is : std::uint8_t { either, yes, no };

/// All columns must match; of several rules it is enough that one takes a message.
struct Rule {
  std::string name;
  std::string folder = "INBOX";  ///< its name; "*": every live folder
  bool below = false;            ///< and all folders below it
  std::uint32_t age = 0;         ///< days of 86,400 seconds since it was first stored here: more than so many
  std::uint64_t size = 0;        ///< octets, at least
  Is read = Is::either;
  Is flagged = Is::either;
  bool deleted = false;  ///< those marked with \Deleted alone
  bool spam = false;     ///< those marked with $Junk alone
  /// For how long a message must have matched by its folder and its flags, where the rule asks for these.
  std::chrono::seconds grace = std::chrono::days(1);
  bool operator==(const Rule&) const = default;
};

inline constexpr std::uint32_t oldest_age = 36'500;  ///< days
inline constexpr std::chrono::seconds longest_grace = std::chrono::days(365);
inline constexpr std::string_view spam_mark = "$Junk";

/// What is wrong with a rule by itself, as a sentence for who wrote it, with the column in front: a "*" beside other
/// characters, an age or a grace beyond what there is. errc::malformed.
base::Result<> check(const Rule& rule);

/// What the MODSEQ of an account was at a moment. One a day is kept: what has a higher MODSEQ was changed after it.
struct Sample {
  base::WallTime at{};
  mailbox::ModSeq modseq = 0;
};

struct Verdict {
  enum class Word : std::uint8_t {
    takes,  ///< now
    waits,  ///< all but its age or its grace fits; `at` is the earliest moment as far as that can be told
    never,  ///< as it is, not by this rule: `column` is in the way
  } word = Word::never;
  std::string_view column = {};  ///< "folder", "age", "size", "read", "flagged", "deleted", "spam", "grace", "kind"
  base::WallTime at{};
};

/// `samples` of the account, oldest first. A message in a folder that is not live is never taken.
Verdict judge(const Rule& rule, const mailbox::Folder& folder, const mailbox::Message& message,
              const std::vector<Sample>& samples, base::WallTime now);

}  // namespace understudy::archive::retention
