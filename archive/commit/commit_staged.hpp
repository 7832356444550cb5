/// Commits outside the committer: what start-up and `rebuild` stage while nobody else writes.
#pragma once

#include "archive/commit/owners.hpp"
#include "archive/commit/stage.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::commit {

/// Makes everything in `stage` durable and leaves it empty; nothing is written where nothing is staged. Errors of
/// Store::commit.
base::Result<> commit_staged(store::Store& store, Stage& stage);
/// The same, and tells the owners of directory and outbox. Those of the journal are not told: nothing is appended to it here,
/// and whether all of it is projected is known to the caller only.
base::Result<> commit_staged(store::Store& store, Stage& stage, Owners& owners);

}  // namespace understudy::archive::commit
