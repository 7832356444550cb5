/// What a power cut may leave of writes that were not synced on an engine that commits shard by shard, each on its own.
#pragma once

#include <cstdint>
#include <vector>

#include "archive/store/memory/medium.hpp"

namespace understudy::archive::store {

/// Draws some of `writes` as Store::commit allows them to be there: of each shard a prefix, nothing behind a lost batch of a
/// leading shard; a body that a batch holds with all of its chunks; releases when everything else is done.
std::vector<MediumWrite> subset_of(const std::vector<MediumWrite>& writes, std::uint64_t seed);

}  // namespace understudy::archive::store
