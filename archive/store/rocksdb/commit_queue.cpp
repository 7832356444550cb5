#include "archive/store/rocksdb/commit_queue.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::size_t max_group = 256;
constexpr std::size_t max_batches = 4096;  // each may carry a chunk: memory of one write stays bounded

}  // namespace

CommitQueue::CommitQueue(Write write) : write_(std::move(write)) {
  group_.reserve(max_group);
}

void CommitQueue::take_group() {
  group_.clear();
  std::size_t batches = 0;
  for (CommitRequest* request : waiting_) {
    batches += request->batches.size();
    if (!group_.empty() && (group_.size() == max_group || batches > max_batches)) break;
    group_.push_back(request);
  }
}

/// Nothing may leave it: the others of the group would wait for ever, and be remembered when their threads are gone.
void CommitQueue::write_group() {
  try {
    write_(group_);
  } catch (...) {
    for (CommitRequest* request : group_) request->result = base::fail("commit", base::errc::io);  // short: takes no memory
  }
}

base::Result<> CommitQueue::run(CommitRequest& request) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  turn_.wait(lock, [&] { return request.done || (!writing_ && waiting_.front() == &request); });
  if (request.done) return std::move(request.result);
  writing_ = true;
  take_group();
  lock.unlock();
  write_group();
  lock.lock();
  for (CommitRequest* written : group_) written->done = true;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(group_.size()));
  writing_ = false;
  turn_.notify_all();
  return std::move(request.result);
}

}  // namespace understudy::archive::store
