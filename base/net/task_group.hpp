/// Spawned coroutines that are told to stop together and waited for together: nothing runs on after its owner.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/net/timers.hpp"

namespace understudy::net {

/// Between a task and its group: while it is up, dismiss() leaves word and lets the task end what it is at.
/// On the task's executor alone.
class Shield {
 public:
  void raise() { up_ = true; }
  void lower() { up_ = false; }  ///< then the task looks at dismissed() and leaves
  bool dismissed() const { return dismissed_; }

  /// While it is exposed the task waits for its peer, and make_room() reaches it behind a raised shield, too.
  void expose() { exposed_ = true; }
  void cover() { exposed_ = false; }
  /// As TaskGroup::dismiss(), for this task alone. Once it has been spawned.
  void make_room();

 private:
  friend class TaskGroup;
  std::function<void()> stop_;
  bool up_ = false;
  bool exposed_ = false;
  bool dismissed_ = false;
};

/// A task's exception is logged under its name and ends that task alone. In a task of a group nothing throws because of
/// cancel(): waits end with errc::cancelled or Waited::cancelled, and so does each later one, except a write.
class TaskGroup {
 public:
  /// `home`: where wait() is called.
  TaskGroup(boost::asio::any_io_executor home, Timers& timers);
  ~TaskGroup();  ///< cancel(); what still runs is let go and must not refer to anything that ends with the group

  enum class Spawned { started, stopping };
  /// Starts `task` on `where`, soon. Its coroutine takes its parameters by value. After dismiss() or cancel() nothing starts.
  /// `shield`: the task's own, where it has one. Any thread.
  Spawned spawn(boost::asio::any_io_executor where, std::string name, boost::asio::awaitable<void> task,
                std::shared_ptr<Shield> shield = nullptr);

  void dismiss();  ///< as cancel() for tasks without a shield or with a lowered one; the others hear of it. Any thread
  void cancel();   ///< all of them; any thread, any number of times
  std::size_t size() const;  ///< tasks not yet ended; any thread
  /// Until all have ended, or so long. How many are left.
  boost::asio::awaitable<std::size_t> wait(std::chrono::milliseconds timeout);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace understudy::net
