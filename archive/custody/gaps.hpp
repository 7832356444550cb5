/// The receiver's own view of what never reached it: numbers that the other machine has given out, by the marks that it
/// announces, and that did not come here. Each is kept until it comes, with what the sender says of it, so that a look costs
/// what is new and what is missing, whatever has come before. Never asks anybody: relay/peer does, between two calls.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "archive/custody/marks.hpp"
#include "archive/custody/overdue.hpp"

namespace understudy::archive::custody {

/// A number that is not here.
struct Gap {
  Number number;
  base::WallTime since{};                 ///< when that was seen
  Standing standing = Standing::unknown;  ///< as the sender said last
  bool told = false;                      ///< the postmaster was
  bool operator==(const Gap&) const = default;

  /// Is it nobody's business any more but the administrator's? What waits comes, what is missing is handed over again.
  bool lasts() const;
  std::string encode() const;  ///< without the number, which is the key
  static base::Result<Gap> decode(const Number& number, std::string_view value);
};

/// Of one life of a sender, as they were heard last.
struct Heard {
  LifeMarks marks;
  base::WallTime time{};      ///< when they changed last, by our clock
  std::uint64_t checked = 1;  ///< every lower number has come, or is a gap
  bool operator==(const Heard&) const = default;
};

// In `custody_state`. errc::damaged.
base::Result<std::vector<Heard>> read_heard(const store::Reader& reader);
struct GapPage {
  std::vector<Gap> gaps;
  std::string next;  ///< where to go on; empty: nowhere
};
base::Result<GapPage> read_gaps(const store::Reader& reader, std::string_view from, std::size_t most);

/// Keeps the marks of lives that are not in the book with these. Whose `next` fell is told as the sender tells it: `checked`
/// stays. Of lives that are new no more are kept than Announcement::max_lives in all; gives how many were not.
base::Result<std::size_t> note_marks(commit::Stage& stage, const Announcement& announced, base::WallTime now);

/// What one look finds; nothing is changed by it.
struct GapLook {
  static constexpr std::size_t most_new = 100;       ///< gaps that one look adds
  static constexpr std::size_t most_again = 100;     ///< gaps that one look looks at again
  static constexpr std::size_t most_numbers = 5000;  ///< that one look goes through
  static constexpr std::size_t most_waiting = 1000;  ///< no further gaps are added while so many only wait
  static constexpr std::size_t most_kept = 100'000;  ///< nor while so many are kept, whatever is said of them

  std::vector<Number> found;   ///< not here, and no gap yet
  std::vector<Gap> still;      ///< gaps that are so still
  std::vector<Number> came;    ///< gaps that have come
  std::vector<Heard> checked;  ///< whose `checked` moves on
  std::string next;            ///< of the gaps: where the next look goes on
  bool whole = true;           ///< all announced numbers were gone through
};
/// Of each life and partition the first number that is too young to be missed; those that are not in it are passed over.
using Upto = std::map<std::pair<Life, std::uint16_t>, std::uint64_t>;
/// How many gaps there are, as known.
struct GapCounts {
  std::size_t waiting = 0;  ///< of these, that only wait
  std::size_t all = 0;
};
/// `from`: as GapLook::next.
base::Result<GapLook> look_for_gaps(const store::Reader& reader, const Upto& upto, std::string_view from,
                                    const GapCounts& counts);

/// Writes what came of a look: gaps as they are now (none for those that have come meanwhile), those that closed, and how far
/// was looked.
base::Result<> note_look(commit::Stage& stage, const std::vector<Gap>& gaps, const std::vector<Number>& closed,
                         const std::vector<Heard>& checked);
/// Is the number here?
base::Result<bool> has_come(const store::Reader& reader, const Number& number);

}  // namespace understudy::archive::custody
