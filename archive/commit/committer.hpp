/// The committer: gathers what many sessions want to change, makes it durable with one sync, and only then answers them. While
/// one group is being synced the next one gathers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "archive/commit/owners.hpp"
#include "archive/commit/stage.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::commit {

/// One wish. `stage` runs once, or once more where its group became too large; an error takes back all that it staged.
struct Task {
  std::move_only_function<base::Result<>(Stage&, Owners&)> stage;
  /// Once, on the committer's thread, when the change is durable (or, for Sync::later, ordered) or has failed. Must not block.
  std::move_only_function<void(base::Result<>)> done;
  store::Sync sync = store::Sync::now;
};

/// Told what a durable group did. On the committer's thread; must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void outbox_changed(outbox::Changes changes) = 0;
};

/// What an answer waits for beyond the local sync: nothing, or the other machine's receipt.
class Gate {
 public:
  virtual ~Gate() = default;
  /// Runs `release` when everything up to and including `upto` is as safe as was asked for; at once where it is already.
  virtual void hold(Position upto, std::move_only_function<void()> release) = 0;
};

struct Totals {
  std::uint64_t tasks = 0;
  std::uint64_t groups = 0;  ///< commits
  std::uint64_t syncs = 0;   ///< of these, those that waited for the medium
};

class Committer {
 public:
  static constexpr std::size_t max_tasks = 512;         ///< in one group
  static constexpr std::size_t max_octets = 16u << 20;  ///< staged in one group, about

  Committer(store::Store& store, Owners& owners) : store_(store), owners_(owners) {}

  /// Before tasks come. nullptr: nobody listens; answers wait for the local sync only.
  void set_observer(Observer* observer) { observer_ = observer; }
  void set_gate(Gate* gate) { gate_ = gate; }
  /// Where no thread of its own runs it: called after each submission, by who submits, to have run_once() called soon.
  void set_waker(std::function<void()> waker) { waker_ = std::move(waker); }

  void submit(Task task);  // any thread; fails the task with errc::shutting_down after close()
  /// Stages and commits one group of what is queued. false: nothing was. One thread.
  bool run_once();
  /// Runs until close() and nothing is queued. For a thread of its own.
  void run();
  void close();
  Totals totals() const;

 private:
  std::vector<Task> take_group();
  /// Stages what fits into one commit and gives those members; fails those that cannot be staged, each alone.
  std::vector<Task> stage_group(Stage& stage, std::vector<Task> group);
  void finish_group(std::vector<Task>& group, const base::Result<>& committed);

  store::Store& store_;
  Owners& owners_;
  Observer* observer_ = nullptr;
  Gate* gate_ = nullptr;
  std::function<void()> waker_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> queue_;
  std::vector<Task> backlog_;  ///< taken from the queue, over the group's limit; the committing thread's own
  bool closed_ = false;
  Totals totals_;
};

}  // namespace understudy::archive::commit
