/// What RocksDB has to say of warnings and errors, as lines of our own log instead of files in the data directory.
#pragma once

#include <memory>

#include <rocksdb/env.h>

namespace understudy::archive::store {

std::shared_ptr<rocksdb::Logger> make_log_bridge();

}  // namespace understudy::archive::store
