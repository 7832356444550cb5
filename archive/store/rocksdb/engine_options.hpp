/// What only tests hand to the RocksDB engine. Nothing outside this folder and the tests includes it: it names RocksDB.
#pragma once

#include <cstdint>
#include <memory>

#include <rocksdb/file_system.h>

namespace understudy::archive::store {

struct EngineOptions {
  std::shared_ptr<rocksdb::FileSystem> files = rocksdb::FileSystem::Default();  ///< all data goes through it, the lock does not
  std::uint64_t memtable_octets = 0;  ///< of bodies, one memtable; 0: from Options::memory
  std::uint64_t blob_file_octets = 64ull << 20;
};

}  // namespace understudy::archive::store
