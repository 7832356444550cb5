#include "archive/store/rocksdb/commit_queue.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::size_t max_group = 256;
constexpr std::size_t max_batches = 4096;  // each may carry a chunk: memory of one write stays bounded

}  // namespace

std::vector<CommitRequest*> CommitQueue::next_group() const {
  std::vector<CommitRequest*> group;
  std::size_t batches = 0;
  for (CommitRequest* request : waiting_) {
    batches += request->batches.size();
    if (!group.empty() && (group.size() == max_group || batches > max_batches)) break;
    group.push_back(request);
  }
  return group;
}

base::Result<> CommitQueue::run(CommitRequest& request) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  turn_.wait(lock, [&] { return request.done || (!writing_ && waiting_.front() == &request); });
  if (request.done) return request.result;
  writing_ = true;
  const std::vector<CommitRequest*> group = next_group();
  lock.unlock();
  write_(group);
  lock.lock();
  for (CommitRequest* written : group) written->done = true;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(group.size()));
  writing_ = false;
  turn_.notify_all();
  return request.result;
}

}  // namespace understudy::archive::store
