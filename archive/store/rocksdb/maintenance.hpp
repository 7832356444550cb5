/// What the engine does by itself, behind everybody's back and at the lowest priority: flushes before a start would have too
/// much to read again, gives back the room of what was freed, trains dictionaries. Only the RocksDB engine includes it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "archive/store/rocksdb/collector.hpp"
#include "archive/store/rocksdb/commit_queue.hpp"
#include "archive/store/rocksdb/dictionary_keeper.hpp"
#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// Ended with the store, before everything that it works on.
class Maintenance {
 public:
  Maintenance(RocksCore& core, CommitQueue& queue);
  ~Maintenance();
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

  void start();  ///< nothing where the engine was opened with Background::only_when_told
  /// One round. One thread at a time.
  base::Result<> run_once();

 private:
  void run();
  bool wait(std::chrono::milliseconds time);  ///< false: the store is being closed
  base::Result<> flush_if_due();
  bool is_quiet();

  RocksCore& core_;
  Collector collector_;
  DictionaryKeeper dictionaries_;
  std::uint64_t texts_before_ = 0;  // stored at the last round
  std::uint32_t rounds_not_quiet_ = 0;
  std::uint64_t flushed_octets_ = 0;  // of commits, at the last flush
  segments::Place flushed_;           // the files of the database know the log up to here
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace understudy::archive::store
