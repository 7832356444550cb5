/// Staging of an arrival: which of its places are still empty, its journal entry, and what follows from it.
#pragma once

#include "archive/archive.hpp"

namespace understudy::archive {

/// Leaves out of the plan what an earlier arrival of the same message has done (the law "exactly one copy"). Committer's
/// thread.
struct Deduplicated {
  routing::Plan plan;
  std::vector<base::Digest> places;     ///< those that this arrival fills and is known by within `resend_window`
  std::optional<Position> earlier;      ///< the entry that filled what was left out
  std::optional<custody::Known> known;  ///< all that came under its custody number before
  /// Places that are filled for that number from now on: by this arrival, or by an earlier one of the same octets, which will
  /// not be known by those when `resend_window` is over.
  custody::Names filled;
};
/// A place is filled where the custody number has filled it, ever, or an earlier arrival of the same octets within
/// `resend_window`.
base::Result<Deduplicated> leave_out_filled(const commit::Stage& stage, commit::Owners& owners, const Arrival& arrival,
                                            base::WallTime now);

/// errc::malformed: the plan has not one part for each recipient of the envelope. custody::errc::replayed: see
/// Archive::accept().
base::Result<Accepted> stage_arrival(commit::Stage& stage, commit::Owners& owners, const directory::Live& live,
                                     const Arrival& arrival, base::WallTime now);

}  // namespace understudy::archive
