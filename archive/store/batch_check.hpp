/// What every engine refuses before it writes anything: keys and values over their limits, tables of another kind of shard.
#pragma once

#include <span>

#include "archive/store/batch.hpp"
#include "base/result.hpp"

namespace understudy::archive::store {

/// errc::too_long: a key or value over its limit; errc::malformed: a table that does not belong to the batch's shard.
base::Result<> check(std::span<const Batch> batches);

}  // namespace understudy::archive::store
