/// Ends journal entries, or parts of them, with everything that is remembered of them, in one commit: either all of it is
/// forgotten or nothing. Copies in mailboxes are not the journal's: they stay as long as their owners keep them, and so do the
/// octets that they hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archive/commit/owners.hpp"
#include "archive/endings/hold.hpp"
#include "archive/endings/order.hpp"
#include "base/random.hpp"

namespace understudy::archive::endings {

/// Of one entry.
struct Wish {
  Position position;
  std::vector<std::uint32_t> recipients;  ///< by their number in the envelope, from 0; empty: the whole entry
};

/// Whose wish it is. What the other machine ordered is not ordered from it.
struct OrderedBy {
  custody::Life who;
  std::uint64_t index = 0;  ///< of the order there
};

/// Whether what the other machine was to have, and never gave a receipt for, may end. What it orders itself, it had.
enum class Receipts : std::uint8_t { demanded, waived };

struct Ending {
  static constexpr std::size_t max_wishes = 1000;
  std::vector<Wish> wishes;
  std::string reason;  ///< is_reason()
  std::optional<OrderedBy> ordered = {};
  Receipts receipts = Receipts::demanded;
};

/// What came of it.
struct Ended {
  std::size_t entries = 0;                   ///< of which a part ended now
  std::size_t parts = 0;                     ///< that ended now; 0: all had ended before
  std::vector<Position> told;                ///< the entries that tell of it
  std::vector<Order> orders;                 ///< what the other machine has to be told, each by the index of one of these
  std::optional<std::uint64_t> told_before;  ///< where all had ended before: the entry that told of that
};

/// Of the committer's thread: stages all of `ending`, but the orders. With the last recipient's part an entry ends whole, since
/// nobody is left for whom it is kept. errc::queued, errc::owed, errc::no_receipt, errc::held, errc::tells: may_end() says
/// no;
/// base::errc::not_found: no such entry or recipient; base::errc::refused: the entry was added by a group that is not durable
/// yet; base::errc::too_long: more wishes than max_wishes; base::errc::malformed: no reason.
base::Result<Ended> stage_ending(commit::Stage& stage, commit::Owners& owners, const Ending& ending, const Holds& holds,
                                 base::Random& random, base::WallTime now);

}  // namespace understudy::archive::endings
