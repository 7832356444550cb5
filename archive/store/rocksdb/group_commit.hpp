/// Makes a group durable, in the order that a power cut at any instant demands: octets, log, then what is read. Only the
/// RocksDB engine includes it.
#pragma once

#include <cstdint>

#include "archive/store/rocksdb/group_writer.hpp"

namespace understudy::archive::store {

/// `writer` is finished with this number. Under the commit turn. After an error nobody knows what is on the medium: the store
/// is to be stopped.
base::Result<> commit_group(RocksCore& core, GroupWriter& writer, std::uint64_t number, Sync sync);

}  // namespace understudy::archive::store
