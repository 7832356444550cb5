/// The opening of a store that is encrypted, or is to be from now on: what it was encrypted with is read, the ring of keys
/// compared, and this opening given a salt of its own. Only the RocksDB engine includes it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "archive/store/rocksdb/rocks_core.hpp"
#include "base/random.hpp"

namespace understudy::archive::store {

/// Keys and values of the engine's own.
using OwnRecords = std::vector<std::pair<std::string, std::string>>;

/// Gives core.vault, where there is anything to encrypt or to open, and what has to be durable before it is used. core.start is
/// this opening. errc::no_key: something is encrypted, and no ring is given or another one; the context says which key.
base::Result<OwnRecords> open_vault(RocksCore& core, base::Random& random);

}  // namespace understudy::archive::store
