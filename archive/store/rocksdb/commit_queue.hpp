/// Lets commits from many threads share one write and one sync: who comes while another writes waits, and the first of those
/// who waited writes for all of them. Order of arrival is order of commit. Only the RocksDB engine includes it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "archive/store/store.hpp"

namespace understudy::archive::store {

class GroupWriter;

/// One call of commit(), on the stack of its thread.
struct CommitRequest {
  std::span<const Batch> batches;
  Sync sync = Sync::now;
  /// What the engine itself adds, under the same turn. May be called again where the group had to be taken apart.
  std::function<base::Result<>(GroupWriter&)> own{};
  base::Result<> result{};
  bool done = false;
};

/// Any thread.
class CommitQueue {
 public:
  /// Sets every request's result. What it throws is everybody's error, and the next group is written.
  using Write = std::function<void(std::span<CommitRequest* const>)>;
  explicit CommitQueue(Write write);
  /// As `write` says; errc::io where it threw.
  base::Result<> run(CommitRequest& request);

 private:
  void take_group();
  void write_group();

  Write write_;
  std::mutex mutex_;
  std::condition_variable turn_;
  std::deque<CommitRequest*> waiting_;
  std::vector<CommitRequest*> group_;  // being written; its room was taken at the beginning
  bool writing_ = false;
};

}  // namespace understudy::archive::store
