#include "base/net/workers.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace understudy::net {

struct WorkerThreads::State {
  explicit State(std::size_t most) : most_waiting(most) {}

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stopping || !jobs.empty(); });
      if (jobs.empty()) return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      job = nullptr;  // what it holds goes here, not under the lock
      lock.lock();
    }
  }

  const std::size_t most_waiting;
  std::mutex mutex;  // guards the rest
  std::condition_variable wake;
  std::deque<Job> jobs;
  bool stopping = false;
  std::vector<std::thread> threads;
};

WorkerThreads::WorkerThreads(std::size_t threads, std::size_t waiting) : state_(std::make_unique<State>(waiting)) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i)
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
}

WorkerThreads::~WorkerThreads() {
  stop();
}

Workers::Submitted WorkerThreads::submit(Job job) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping || state_->jobs.size() >= state_->most_waiting) return Submitted::full;
    state_->jobs.push_back(std::move(job));
  }
  state_->wake.notify_one();
  return Submitted::taken;
}

void WorkerThreads::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  for (auto& thread : state_->threads)
    if (thread.joinable()) thread.join();
}

}  // namespace understudy::net
