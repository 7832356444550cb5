/// Answers that the gate holds. They are kept here and not with the gate, so that the archive can give every one of them at its
/// end, whatever became of the gate.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>

#include "archive/commit/task.hpp"

namespace understudy::archive::commit {

/// Any thread.
class HeldAnswers {
 public:
  using Key = std::uint64_t;

  /// Takes all of `tasks`; where it throws, none.
  Key keep(Tasks& tasks);
  /// Answers what was kept under `key`; nothing where that was done before.
  void release(Key key, Safety safety) noexcept;
  /// Answers everything with Safety::gave_up. When it returns every answer was given, those under way on other threads too.
  void release_all() noexcept;

 private:
  void answer_all(Tasks tasks, Safety safety) noexcept;

  std::mutex mutex_;
  std::condition_variable idle_;
  std::map<Key, Tasks> kept_;
  Key next_ = 0;
  std::size_t answering_ = 0;  ///< calls under way
};

}  // namespace understudy::archive::commit
