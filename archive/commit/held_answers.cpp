#include "archive/commit/held_answers.hpp"

#include <utility>

#include "archive/commit/guard.hpp"

namespace understudy::archive::commit {

void answer(Task& task, base::Result<Safety> result) noexcept {
  static_cast<void>(guarded("commit.answer_threw", [&] { task.done(std::move(result)); }));
}

HeldAnswers::Key HeldAnswers::keep(Tasks& tasks) {
  const std::lock_guard lock(mutex_);
  auto& kept = kept_[next_];
  kept.splice(kept.end(), tasks);
  return next_++;
}

void HeldAnswers::answer_all(Tasks tasks, Safety safety) noexcept {
  for (auto& task : tasks) answer(task, safety);
  tasks.clear();  // what the answers keep goes before they count as given
  const std::lock_guard lock(mutex_);
  answering_ -= 1;
  idle_.notify_all();
}

void HeldAnswers::release(Key key, Safety safety) noexcept {
  Tasks tasks;
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(key);
    if (found == kept_.end()) return;
    tasks = std::move(found->second);
    kept_.erase(found);
    answering_ += 1;
  }
  answer_all(std::move(tasks), safety);
}

void HeldAnswers::release_all() noexcept {
  std::unique_lock lock(mutex_);
  while (!kept_.empty()) {
    const auto first = kept_.begin()->first;
    lock.unlock();
    release(first, Safety::gave_up);
    lock.lock();
  }
  idle_.wait(lock, [this] { return answering_ == 0; });
}

}  // namespace understudy::archive::commit
