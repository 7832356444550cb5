/// What is owed and in nobody's hands: its outbox entry is gone, and no receipt came. Found by the sender alone; whether the
/// other machine has it after all is to be asked before it is handed over again.
#pragma once

#include <cstdint>
#include <vector>

#include "archive/commit/owners.hpp"
#include "archive/custody/owed.hpp"
#include "archive/store/store.hpp"
#include "base/clock.hpp"

namespace understudy::archive::custody {

/// Numbers that one call looks at, at most.
inline constexpr std::size_t most_looked_at = 500;

struct Overdue {
  std::vector<Number> numbers;
  std::uint64_t next = 0;  ///< where to go on; 0: all were looked at
};
/// Numbers of this life of the store, from `from` on (0: the lowest that may be open), at most `most`, for entries older than
/// `before`. One whose entry cannot be read is logged and passed over.
base::Result<Overdue> find_overdue(const store::Reader& reader, std::uint16_t partition, const Life& life, std::uint64_t from,
                                   base::WallTime before, std::size_t most);

/// Stages the outbox entries of the number anew, for the recipients who are owed still; under the same number, so that who has it
/// already files it once. Its time of expiry begins anew. false: nothing was staged, since it is final, waits in the outbox, or
/// retention has ended its entry.
base::Result<bool> hand_over_again(commit::Stage& stage, commit::Owners& owners, const store::Reader& reader,
                                   const Number& number, base::WallTime now);

}  // namespace understudy::archive::custody
