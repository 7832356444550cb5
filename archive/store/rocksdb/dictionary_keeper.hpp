/// The archive's dictionaries on the medium, each in two places (a record and a file), and the making of new ones from what is
/// stored. Never takes one away, never changes one, and never gives a number twice. Only the RocksDB engine includes it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "archive/store/rocksdb/commit_queue.hpp"
#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// zstd's, for what is coded with a dictionary: there level 3 costs what level 1 costs without, and takes a third less room.
constexpr int dictionary_level(const Options& options) {
  return std::max(options.compression_level, options.compression_level == 0 ? 0 : 3);
}

/// Gives core.dictionaries what is stored: of each the record, or where that is gone, damaged or unreadable its file. A file
/// that is not whole is written again here, a record by the keeper. Fills core.dictionary_book. errc::damaged: a dictionary is
/// known to be there, and neither place is whole. One of which nothing is left is missed by the blocks that need it.
base::Result<> load_dictionaries(RocksCore& core);

/// One thread.
class DictionaryKeeper {
 public:
  DictionaryKeeper(RocksCore& core, CommitQueue& queue);
  /// Writes the records that are missing; trains a dictionary where there is enough to learn from, and keeps it where it is
  /// worth it. errc::busy: the medium is full.
  base::Result<> run_once();

 private:
  base::Result<> record_again();
  bool is_due() const;
  /// nullopt: there is too little in the sample, or what was learnt is not worth it.
  base::Result<std::optional<std::string>> learn(std::uint64_t texts);
  base::Result<> keep(std::string octets, std::uint64_t texts);

  RocksCore& core_;
  CommitQueue& queue_;
  std::uint64_t texts_to_learn_from_;  // since the opening, or since the last trial: what a sample has to be of
  std::uint64_t next_at_;              // texts seen
};

}  // namespace understudy::archive::store
