#include "archive/commit/committer.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "archive/commit/guard.hpp"
#include "base/log.hpp"

namespace understudy::archive::commit {
namespace {

/// What whoever follows must have got before an answer to this group is as safe there as here: of each log the last record.
std::vector<Logged> bounds(const std::vector<store::Batch>& batches, const Stage& stage) {
  auto upto = stage.depended_on();
  for (const auto& batch : batches) {
    if (!batch.logged()) continue;
    const auto found = std::ranges::find(upto, batch.shard(), &Logged::shard);
    if (found == upto.end()) {
      upto.push_back({batch.shard(), *batch.logged()});
    } else {
      found->sequence = std::max(found->sequence, *batch.logged());
    }
  }
  std::ranges::sort(upto);
  return upto;
}

/// Was a group refused whole, with nothing of it written, for what one of its members may have brought?
bool is_one_members_fault(const base::Error& error) {
  return error.code == base::errc::no_key || error.code == base::errc::too_long;
}

}  // namespace

void Committer::submit(Task task) {
  Tasks one;
  one.push_back(std::move(task));
  {
    std::unique_lock lock(mutex_);
    if (!closed_) {
      queue_.splice(queue_.end(), one);
      lock.unlock();
      wake_.notify_one();
      if (waker_) waker_();
      return;
    }
  }
  answer(one.front(), base::fail("commit", base::errc::shutting_down));
}

Tasks Committer::take_group() {
  Tasks group;
  group.swap(backlog_);
  {
    std::lock_guard lock(mutex_);
    group.splice(group.end(), queue_);
  }
  if (group.size() > most_)
    backlog_.splice(backlog_.begin(), group, std::next(group.begin(), static_cast<std::ptrdiff_t>(most_)), group.end());
  return group;
}

void Committer::take_apart(Tasks group, std::size_t most) {
  most_ = std::max<std::size_t>(1, most);
  backlog_.splice(backlog_.begin(), group);
}

Tasks Committer::stage_group(Stage& stage, Tasks group) {
  Tasks staged;
  while (!group.empty()) {
    if (stage.octets() > max_octets) {  // the rest goes first in the next group
      backlog_.splice(backlog_.begin(), group);
      break;
    }
    Tasks one;
    one.splice(one.begin(), group, group.begin());
    base::Result<> fits;
    const bool ran = guarded("commit.exception", [&] {
      stage.savepoint();
      owners_.savepoint();
      fits = one.front().stage(stage, owners_);
      if (fits) fits = stage.fits();
      if (fits) return;
      stage.roll_back();
      owners_.roll_back();
    });
    if (!ran) {  // what it left half done cannot be taken back: those before it are staged once more, and go first
      stage.drop();
      forget_owners();
      backlog_.splice(backlog_.begin(), group);
      const auto before = staged.size();
      take_apart(std::move(staged), before);
      answer(one.front(), base::fail("commit", base::errc::busy));
      return {};
    }
    if (fits) {
      staged.splice(staged.end(), one);
    } else {
      answer(one.front(), std::unexpected(std::move(fits.error())));
    }
  }
  return staged;
}

base::Result<> Committer::commit(Stage& stage, store::Sync sync, std::vector<Logged>& upto) {
  // What was staged by a commit that failed can still be read: a resend would be told that it is safe.
  if (stopped_ || store_.stopped()) return base::fail("commit", base::errc::stopped);
  std::vector<store::Batch> batches;
  const bool ready = guarded("commit.exception", [&] {
    owners_.journal.finish(stage);
    owners_.audit.finish(stage);
    batches = stage.take();
    upto = bounds(batches, stage);
  });
  if (!ready) return base::fail("commit", base::errc::busy);
  if (batches.empty()) return {};
  base::Result<> committed;
  if (guarded("commit.exception", [&] { committed = store_.commit(batches, sync); })) return committed;
  stop("it may be stored or not, and the next group must not be written over it");
  return base::fail("commit", base::errc::stopped);
}

void Committer::forget_owners() {
  if (!guarded("commit.exception", [this] { owners_.forget(); }))
    stop("what a failed group left in memory could not be taken back");
}

/// Before the answers of the group that is the reason: who hears errc::stopped finds it so.
void Committer::stop(std::string_view why) {
  stopped_ = true;
  static_cast<void>(guarded("commit.stopped", [&] { base::log::error("commit.stopped", {{"why", why}}); }));
}

void Committer::finish_group(Tasks group, const base::Result<>& committed, std::vector<Logged> upto) {
  if (!committed) {
    static_cast<void>(guarded("commit.failed", [&] {
      base::log::error("commit.failed", {{"reason", committed.error().text()}, {"tasks", group.size()}});
    }));
    forget_owners();
    for (auto& task : group) answer(task, base::fail("commit", committed.error().code));
    return;
  }
  outbox::Changes changes;
  const bool taken = guarded("commit.exception", [&] {
    owners_.journal.committed();
    owners_.audit.committed();
    owners_.directory.committed();
    owners_.mailbox.committed();
    changes = owners_.outbox.committed();
  });
  if (!taken) stop("the group is durable, but the next one would be staged on what is not so");
  // Before the answers: a worker that is told that his entry is settled must find it so in the schedule, too. An observer that
  // threw may not know of an entry; it finds it at its next start.
  if (observer_) static_cast<void>(guarded("commit.observer_threw", [&] { observer_->outbox_changed(std::move(changes)); }));
  answer_group(std::move(group), std::move(upto));
}

/// Those that wait for nothing more first.
void Committer::answer_group(Tasks group, std::vector<Logged> upto) {
  Tasks gated;
  if (gate_ && !upto.empty()) {
    for (auto at = group.begin(); at != group.end();) {
      const auto task = at++;
      if (task->answer == Answer::gated) gated.splice(gated.end(), group, task);
    }
  }
  for (auto& task : group) answer(task, Safety::here);
  if (!gated.empty()) hold(std::move(gated), std::move(upto));
}

void Committer::hold(Tasks gated, std::vector<Logged> upto) {
  std::optional<HeldAnswers::Key> key;
  const bool holds = guarded("commit.gate_threw", [&] {
    key = held_->keep(gated);
    gate_->hold(std::move(upto), [held = held_, key = *key](Safety safety) { held->release(key, safety); });
  });
  if (holds) return;
  if (key) held_->release(*key, Safety::gave_up);
  for (auto& task : gated) answer(task, Safety::gave_up);  // those that could not even be kept
}

bool Committer::run_once() {
  Tasks group = take_group();
  if (group.empty()) return false;
  const auto taken = clock_.stopwatch();
  owners_.mailbox.trim();
  Stage stage(store_);
  group = stage_group(stage, std::move(group));
  const bool sync = std::ranges::any_of(group, [](const Task& task) { return task.sync == store::Sync::now; });
  std::vector<Logged> upto;
  const auto committed = commit(stage, sync ? store::Sync::now : store::Sync::later, upto);
  const auto took = clock_.stopwatch() - taken;
  if (!committed && group.size() > 1 && is_one_members_fault(committed.error())) {
    const auto half = group.size() / 2;
    forget_owners();
    take_apart(std::move(group), half);
    return true;
  }
  if (committed && !group.empty()) most_ = std::min(max_tasks, 2 * most_);
  {
    std::lock_guard lock(mutex_);
    totals_.tasks += group.size();
    totals_.groups += 1;
    totals_.syncs += sync ? 1 : 0;
    if (sync && committed) totals_.durable_after.add(took);
  }
  finish_group(std::move(group), committed, std::move(upto));
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
