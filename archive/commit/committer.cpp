#include "archive/commit/committer.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>

#include "base/log.hpp"

namespace understudy::archive::commit {

void Committer::submit(Task task) {
  {
    std::unique_lock lock(mutex_);
    if (!closed_) {
      queue_.push_back(std::move(task));
      lock.unlock();
      wake_.notify_one();
      if (waker_) waker_();
      return;
    }
  }
  task.done(base::fail("commit", base::errc::shutting_down));
}

std::vector<Task> Committer::take_group() {
  std::vector<Task> group = std::move(backlog_);
  backlog_.clear();
  {
    std::lock_guard lock(mutex_);
    std::ranges::move(queue_, std::back_inserter(group));
    queue_.clear();
  }
  if (group.size() > max_tasks) {
    backlog_.assign(std::make_move_iterator(group.begin() + max_tasks), std::make_move_iterator(group.end()));
    group.erase(group.begin() + max_tasks, group.end());
  }
  return group;
}

std::vector<Task> Committer::stage_group(Stage& stage, std::vector<Task> group) {
  std::vector<Task> staged;
  staged.reserve(group.size());
  for (auto task = group.begin(); task != group.end(); ++task) {
    if (stage.octets() > max_octets) {  // the rest goes first in the next group
      backlog_.insert(backlog_.begin(), std::make_move_iterator(task), std::make_move_iterator(group.end()));
      break;
    }
    stage.savepoint();
    owners_.savepoint();
    base::Result<> fits;
    try {
      fits = task->stage(stage, owners_);
    } catch (const std::exception& thrown) {  // what it left half done cannot be taken back: all others are staged once more
      base::log::error("commit.exception", {{"what", thrown.what()}});
      static_cast<void>(stage.take());
      owners_.forget();
      backlog_.insert(backlog_.begin(), std::make_move_iterator(task + 1), std::make_move_iterator(group.end()));
      backlog_.insert(backlog_.begin(), std::make_move_iterator(staged.begin()), std::make_move_iterator(staged.end()));
      task->done(base::fail("commit", base::errc::busy));
      return {};
    }
    if (fits) fits = stage.fits();
    if (fits) {
      staged.push_back(std::move(*task));
      continue;
    }
    stage.roll_back();
    owners_.roll_back();
    task->done(std::move(fits));
  }
  return staged;
}

void Committer::finish_group(std::vector<Task>& group, const base::Result<>& committed) {
  if (!committed) {
    base::log::error("commit.failed", {{"reason", committed.error().text()}, {"tasks", group.size()}});
    owners_.forget();
    for (auto& task : group) task.done(committed);
    return;
  }
  owners_.journal.committed();
  owners_.directory.committed();
  auto changes = owners_.outbox.committed();
  if (observer_) observer_->outbox_changed(std::move(changes));
  const auto next = owners_.journal.next();
  if (!gate_ || next.index == 0) {
    for (auto& task : group) task.done({});
    return;
  }
  auto waiting = std::make_shared<std::vector<Task>>(std::move(group));
  gate_->hold({next.partition, next.index - 1}, [waiting] {
    for (auto& task : *waiting) task.done({});
  });
}

bool Committer::run_once() {
  auto group = take_group();
  if (group.empty()) return false;
  if (owners_.mailbox.kept() > 4096) owners_.mailbox.forget();
  Stage stage(store_);
  group = stage_group(stage, std::move(group));
  owners_.journal.finish(stage);
  const bool sync = std::ranges::any_of(group, [](const Task& task) { return task.sync == store::Sync::now; });
  base::Result<> committed;
  // What was staged by a commit that failed can still be read: a resend would be told that it is safe.
  if (store_.stopped()) committed = base::fail("commit", base::errc::stopped);
  if (committed && !stage.empty()) {
    const auto batches = stage.take();
    committed = store_.commit(batches, sync ? store::Sync::now : store::Sync::later);
  }
  {
    std::lock_guard lock(mutex_);
    totals_.tasks += group.size();
    totals_.groups += 1;
    totals_.syncs += sync ? 1 : 0;
  }
  finish_group(group, committed);
  return true;
}

void Committer::run() {
  for (;;) {
    if (run_once()) continue;
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (closed_ && queue_.empty() && backlog_.empty()) return;
  }
}

void Committer::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
}

Totals Committer::totals() const {
  std::lock_guard lock(mutex_);
  return totals_;
}

}  // namespace understudy::archive::commit
