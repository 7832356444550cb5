/// The archive's dictionaries on the medium, each in two places, and the making of new ones from what is stored. Only the
/// RocksDB engine includes it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "archive/store/rocksdb/commit_queue.hpp"
#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// zstd's, for what is coded with a dictionary: there level 3 costs what level 1 costs without, and takes a third less room.
constexpr int dictionary_level(const Options& options) {
  return std::max(options.compression_level, options.compression_level == 0 ? 0 : 3);
}

/// Gives core.dictionaries what is stored. One whose record is gone or damaged is taken from its file, and the other way round.
/// errc::damaged: one of which neither place is whole.
base::Result<> load_dictionaries(RocksCore& core);

/// One thread.
class DictionaryKeeper {
 public:
  DictionaryKeeper(RocksCore& core, CommitQueue& queue) : core_(core), queue_(queue) {}
  /// Trains one where there is enough to learn from, and keeps it where it is worth it.
  base::Result<> run_once();

 private:
  base::Result<> keep(std::uint32_t number, std::string octets, std::uint64_t texts);

  RocksCore& core_;
  CommitQueue& queue_;
  std::uint64_t next_at_ = 0;  // texts seen; 0: not known yet
};

}  // namespace understudy::archive::store
