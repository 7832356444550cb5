/// What is owed, and in whose hands it is. Overdue is what is in nobody's: its outbox entry is gone, and no receipt came. Found
/// by the sender alone; whether the other machine has it after all is to be asked before it is handed over again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/commit/owners.hpp"
#include "archive/custody/owed.hpp"
#include "archive/store/store.hpp"
#include "base/clock.hpp"

namespace understudy::archive::custody {

/// Numbers that one call looks at, at most: a few reads for each.
inline constexpr std::size_t most_looked_at = 5000;

/// What the sender's book says of one of its numbers.
enum class Standing : std::uint8_t {
  unknown = 0,     ///< it was never given, or its record is gone
  waits = 1,       ///< in the outbox, whatever its state there
  handed = 2,      ///< out of our hands for less than the wait, and no receipt yet
  missing = 3,     ///< out of our hands for longer
  receipt = 4,     ///< final, and all of it by receipts
  no_receipt = 5,  ///< final: a next hop took it, or some of it, that gives none
  given_up = 6,    ///< final: some of it was given up
  ended = 7,       ///< retention has ended it, here or there: it is not to be sent again
};
/// "no receipt": for logs, listings and reports.
std::string_view word(Standing standing);
/// Where nothing of the number is owed any more.
Standing final_standing(const Owed& owed);

/// `before`: entries that are older are out of our hands for longer than the wait. errc::damaged.
base::Result<Standing> standing_of(const store::Reader& reader, const Number& number, base::WallTime before);
base::Result<Standing> standing_of(const store::Reader& reader, const Owed& owed, base::WallTime before);

struct Overdue {
  std::vector<Number> numbers;
  std::string next;  ///< where to go on; empty: all were looked at
};
/// Numbers of every life of the store that are missing, from the key `from` on (empty: the first that is open), at most `most`.
/// One whose record cannot be read is logged and passed over.
base::Result<Overdue> find_overdue(const store::Reader& reader, std::uint16_t partition, const InstanceId& instance,
                                   std::string_view from, base::WallTime before, std::size_t most);

/// What is final is owed again to all of its recipients: those who have it file it once. What is open stays as it is. false:
/// the number is not in the book.
base::Result<bool> reopen_final(commit::Stage& stage, commit::Owners& owners, const Number& number);

/// Stages the outbox entries of the number anew, for the recipients who are owed still; under the same number, so that who has
/// it already files it once. Its time of expiry begins anew. false: nothing was staged, since it is final, waits in the outbox,
/// or retention has ended its entry.
base::Result<bool> hand_over_again(commit::Stage& stage, commit::Owners& owners, const store::Reader& reader,
                                   const Number& number, base::WallTime now);

}  // namespace understudy::archive::custody
