/// What only tests hand to the RocksDB engine. Nothing outside this folder and the tests includes it: it names RocksDB.
#pragma once

#include <cstdint>
#include <memory>

#include <rocksdb/file_system.h>

#include "archive/store/content/splitter.hpp"

namespace understudy::archive::store {

enum class Background : std::uint8_t { runs, only_when_told };  ///< told: RocksStore::maintain()

struct EngineOptions {
  std::shared_ptr<rocksdb::FileSystem> files = rocksdb::FileSystem::Default();  ///< all data goes through it, the lock does not
  std::uint64_t memtable_octets = 0;                                            ///< of one memtable; 0: from Options::memory
  std::uint64_t segment_octets = 64ull << 20;
  std::uint64_t inline_octets = 64 * 1024;    ///< of a body's blocks, stored: up to that they go into the log with the commit
  std::uint64_t replay_octets = 64ull << 20;  ///< of commits that a start may have to read again
  std::uint64_t replay_log_octets = 512ull << 20;  ///< the same of commits and blocks together: a second of reading and hashing
  std::uint64_t commit_octets = 1ull << 30;        ///< of one frame of the log: what a start takes memory for
  std::uint64_t take_over_octets = 8u << 20;       ///< of bodies of format 1 that go over in one commit
  std::uint32_t idle_rounds =
      120;  ///< of maintenance, two a second, without a new body: then less must be dead to be collected
  std::uint64_t first_dictionary_texts = 2000;  ///< bodies that are stored before a dictionary is trained
  content::SplitLimits split;
  Background background = Background::runs;
};

}  // namespace understudy::archive::store
