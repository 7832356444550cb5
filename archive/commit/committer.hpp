/// The committer: gathers what many sessions want to change, makes it durable with one sync, and only then answers them. While
/// one group is being synced the next one gathers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "archive/commit/durations.hpp"
#include "archive/commit/gate.hpp"
#include "archive/commit/held_answers.hpp"
#include "archive/commit/owners.hpp"
#include "archive/commit/stage.hpp"
#include "archive/commit/task.hpp"
#include "archive/store/store.hpp"
#include "base/clock.hpp"

namespace understudy::archive::commit {

/// Told what a durable group did. On the committer's thread; must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void outbox_changed(outbox::Changes changes) = 0;
};

struct Totals {
  std::uint64_t tasks = 0;
  std::uint64_t groups = 0;  ///< commits
  std::uint64_t syncs = 0;   ///< of these, those that waited for the medium
  Durations durable_after;   ///< of those that waited and did not fail: from the queue to the medium
};

class Committer {
 public:
  static constexpr std::size_t max_tasks = 512;  ///< in one group
  /// Staged in one group, with what bodies bring, about: what is written and synced while the others of the group wait.
  static constexpr std::size_t max_octets = 4u << 20;

  Committer(store::Store& store, Owners& owners, const base::Clock& clock) : store_(store), owners_(owners), clock_(clock) {}

  /// Before tasks come. nullptr: nobody listens; answers wait for the local sync only. A gate outlives close().
  void set_observer(Observer* observer) { observer_ = observer; }
  void set_gate(Gate* gate) { gate_ = gate; }
  /// Where no thread of its own runs it: called after each submission, by who submits, to have run_once() called soon.
  void set_waker(std::function<void()> waker) { waker_ = std::move(waker); }

  void submit(Task task);  // any thread; fails the task with errc::shutting_down after close()
  /// Stages and commits one group of what is queued. false: nothing was. One thread. What a member throws fails that member
  /// (errc::busy), what is thrown before the commit fails the group (errc::busy). Where the store refuses a group for what is
  /// in it (errc::no_key, errc::too_long), it is cut down until the member at fault is alone. After an exception that leaves it
  /// open what is stored, or what the owners know of it, nothing is committed until restart (errc::stopped).
  bool run_once();
  /// Runs until close() and nothing is queued. For a thread of its own.
  void run();
  void close();
  /// After close(), when nothing is queued: answers what the gate holds, with Safety::gave_up. Any thread.
  void release_held() { held_->release_all(); }
  Totals totals() const;
  /// Nothing is committed any more, until a restart: see run_once(). What is submitted fails with errc::stopped. Any thread.
  bool stopped() const { return stopped_; }

 private:
  Tasks take_group();
  /// Gives what was staged back to the backlog: the next group has no more than `most` of it.
  void take_apart(Tasks group, std::size_t most);
  /// Stages what fits into one commit and gives those members; fails those that cannot be staged, each alone.
  Tasks stage_group(Stage& stage, Tasks group);
  base::Result<> commit(Stage& stage, store::Sync sync, std::vector<Logged>& upto);
  void finish_group(Tasks group, const base::Result<>& committed, std::vector<Logged> upto);
  void answer_group(Tasks group, std::vector<Logged> upto);
  void hold(Tasks gated, std::vector<Logged> upto);
  void forget_owners();
  void stop(std::string_view why);

  store::Store& store_;
  Owners& owners_;
  const base::Clock& clock_;
  Observer* observer_ = nullptr;
  Gate* gate_ = nullptr;
  std::function<void()> waker_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Tasks queue_;
  Tasks backlog_;  ///< taken from the queue, over the group's limit; the committing thread's own
  /// Members of the next group. Small after a group that failed for the sake of one, until groups go well again: so who is at
  /// fault is found, and no member is staged more than a few times. The committing thread's own.
  std::size_t most_ = max_tasks;
  std::shared_ptr<HeldAnswers> held_ = std::make_shared<HeldAnswers>();
  bool closed_ = false;
  std::atomic<bool> stopped_ = false;  ///< memory and store may differ
  Totals totals_;
};

}  // namespace understudy::archive::commit
