#include "relay/peer/one_at_a_time.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace understudy::relay::peer {

struct OneAtATime::State {
  enum class Turn : std::uint8_t {
    none,
    asked_for,  ///< whether the workers take it is not known yet: nobody may rely on it
    taken,
  };

  explicit State(net::Workers& all) : workers(all) {}

  net::Workers& workers;
  std::mutex mutex;
  std::condition_variable known;  ///< a turn that was asked for was given or refused
  // guarded by mutex
  std::deque<Job> waiting;
  Turn turn = Turn::none;
  std::uint64_t asked = 0;  ///< how often a turn was asked for

  std::optional<Job> next() {
    const std::lock_guard lock(mutex);
    turn = waiting.empty() ? Turn::none : Turn::taken;
    known.notify_all();
    if (waiting.empty()) return std::nullopt;
    auto job = std::move(waiting.front());
    waiting.pop_front();
    return job;
  }

  /// Without a place among the workers it keeps the one that it has: what was taken is run.
  static void run(const std::shared_ptr<State>& state) {
    for (;;) {
      auto job = state->next();
      if (!job) return;
      (*job)();
      if (state->workers.submit([state] { run(state); }) == Submitted::taken) return;
    }
  }
};

OneAtATime::OneAtATime(net::Workers& workers) : state_(std::make_shared<State>(workers)) {}

net::Workers::Submitted OneAtATime::submit(Job job) {
  auto& state = *state_;
  std::uint64_t own = 0;
  {
    std::unique_lock lock(state.mutex);
    // As short as the workers take to answer whoever asked: what he is told says nothing of this job.
    state.known.wait(lock, [&] { return state.turn != State::Turn::asked_for; });
    if (state.waiting.size() == most_waiting) return Submitted::full;
    state.waiting.push_back(std::move(job));
    if (state.turn == State::Turn::taken) return Submitted::taken;
    state.turn = State::Turn::asked_for;
    own = ++state.asked;
  }
  const auto submitted = state.workers.submit([held = state_] { State::run(held); });
  const std::lock_guard lock(state.mutex);
  const bool is_own = state.turn == State::Turn::asked_for && state.asked == own;  // it may be over, and another one begun
  if (submitted == Submitted::taken) {
    if (is_own) state.turn = State::Turn::taken;
  } else {
    state.waiting.clear();  // the one job: nobody else was let in meanwhile
    state.turn = State::Turn::none;
  }
  state.known.notify_all();
  return submitted;
}

}  // namespace understudy::relay::peer
