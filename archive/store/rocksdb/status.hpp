/// RocksDB's statuses as errors of ours. Only the RocksDB engine includes it.
#pragma once

#include <string_view>

#include <rocksdb/status.h>

#include "base/result.hpp"

namespace understudy::archive::store {

/// errc::damaged, errc::not_found, errc::busy (the medium is full), errc::io, errc::stopped (shutdown); the context carries
/// RocksDB's own words.
std::unexpected<base::Error> fail(std::string_view where, const rocksdb::Status& status);

}  // namespace understudy::archive::store
