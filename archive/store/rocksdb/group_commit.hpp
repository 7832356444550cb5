/// Makes a group durable, in the order that a power cut at any instant demands: octets, log, then what is read. Only the
/// RocksDB engine includes it.
#pragma once

#include <cstdint>

#include "archive/store/rocksdb/group_writer.hpp"

namespace understudy::archive::store {

/// `writer` is finished with this number. Under the commit turn. errc::busy: the medium is full, and nothing of the group
/// counts. After any other error nobody knows what is on the medium: the store has been stopped.
base::Result<> commit_group(RocksCore& core, GroupWriter& writer, std::uint64_t number, Sync sync);

}  // namespace understudy::archive::store
