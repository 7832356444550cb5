/// Makes the octets of a body that was just written out of what was written, to see that they are the ones that came: before
/// anybody is told that they are safe. Only the RocksDB engine includes it.
#pragma once

#include <cstdint>

#include "archive/store/rocksdb/body_writer.hpp"
#include "base/digest.hpp"

namespace understudy::archive::store {

/// SHA-256 of what readers will get, `octets` of them. errc::damaged; errc::not_found: a part that was there is gone.
base::Result<base::Digest> digest_as_written(const RocksCore& core, const RocksPending& body, std::uint64_t octets);

}  // namespace understudy::archive::store
