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
#include "archive/store/rocksdb/throttle.hpp"

namespace understudy::archive::store {

/// Ended with the store, before everything that it works on.
class Maintenance {
 public:
  Maintenance(RocksCore& core, CommitQueue& queue);
  ~Maintenance();
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

  void start();  ///< nothing where the engine was opened with Background::only_when_told
  /// One round. What is thrown in it (no memory) is an error like others: the next round may go better. One thread at a time.
  base::Result<> run_once();
  /// Frees the parts that were pinned when their last body went, and that nobody took after all. Any thread.
  base::Result<std::uint64_t> sweep();

 private:
  void run();
  bool wait(std::chrono::microseconds time);  ///< false: the store is being closed
  base::Result<> round();
  base::Result<> flush_if_due();
  base::Result<> sweep_if_due();
  bool is_quiet();

  RocksCore& core_;
  CommitQueue& queue_;
  Throttle throttle_;
  Collector collector_;
  DictionaryKeeper dictionaries_;
  std::uint64_t bodies_before_ = 0;  // begun at the last round
  std::uint32_t rounds_not_quiet_ = 0;
  std::uint32_t rounds_quiet_ = 0;
  std::uint32_t rounds_since_sweep_ = 0;
  std::uint64_t flushed_commits_ = 0;  // octets, at the last flush
  std::uint64_t flushed_log_ = 0;      // octets, at the last flush
  segments::Place flushed_;            // the files of the database know the log up to here
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace understudy::archive::store
