/// Brings a store of format 1, which kept bodies as chunks in a column family of RocksDB's, to today's. Only the RocksDB engine
/// includes it.
#pragma once

#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

inline constexpr std::string_view old_chunks_family = "chunks";

/// Takes bodies over, some in a commit, and the old ones away with it; so what was cut goes on at the next opening. The family
/// goes when it is empty: a body whose chunks are damaged keeps it, is told, and reads as not there. Nobody else uses the store
/// meanwhile.
base::Result<> take_over_chunks(const std::shared_ptr<RocksCore>& core, rocksdb::ColumnFamilyHandle& chunks);

}  // namespace understudy::archive::store
