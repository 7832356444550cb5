/// When RocksDB may rewrite blob files to get the room of freed bodies back. Left on, its collection copies the oldest files in
/// every compaction, garbage or not: a stream of new mail was then written four times over.
#pragma once

#include <cstdint>
#include <vector>

#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

struct BlobFileUse {
  std::uint64_t number = 0;  ///< files with lower numbers are older
  std::uint64_t octets = 0;
  std::uint64_t garbage = 0;
};

/// The share of the files, oldest first, that is worth rewriting: the longest run in which at least half is garbage. 0: none.
double share_to_collect(std::vector<BlobFileUse> files);

/// Looks at the blob files and switches collection on for that share, or off. Any thread; takes milliseconds.
void adjust_collection(RocksCore& core);

}  // namespace understudy::archive::store
