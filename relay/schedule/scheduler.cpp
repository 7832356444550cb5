#include "relay/schedule/scheduler.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/log.hpp"

namespace understudy::relay {
namespace {
constexpr std::size_t loaded_at_once = 500;
constexpr int gaps_at_once = 8;
constexpr std::size_t most_overdue_tasks = 4;  ///< so that they share commits; the others wait
constexpr std::chrono::milliseconds longest_pause = std::chrono::minutes(1);
}  // namespace

Scheduler::Scheduler(Parts parts)
    : parts_(std::move(parts)),
      window_(parts_.max_indexed),
      pause_(parts_.timers.make(parts_.home)),
      tasks_(parts_.home, parts_.timers) {}

Scheduler::~Scheduler() = default;

base::Result<> Scheduler::start() {
  auto shards = parts_.archive.outbox_shards();
  if (!shards) return base::fail("outbox", shards.error());
  {
    std::lock_guard lock(mutex_);
    for (const auto& shard : *shards) window_.open(shard.id);
  }
  for (bool more = true; more;) {
    auto read = read_on();
    if (!read) return base::fail("outbox", read.error());
    more = *read;
  }
  tasks_.spawn(parts_.home, "schedule", loop());
  return {};
}

net::Task<std::size_t> Scheduler::stop(std::chrono::milliseconds timeout) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    agenda_.call_all_back();
  }
  poke();
  auto left = co_await tasks_.wait(timeout);
  tasks_.cancel();
  if (left > 0) left = co_await tasks_.wait(std::chrono::seconds(5));
  co_return left;
}

void Scheduler::index(const Entry& entry) {
  if (waits_for_administrator(entry)) return drop(entry.id);
  const auto settings = parts_.settings.get();
  const auto is_relay = [](const auto& target) { return target.kind == routing::EntryKind::relay; };
  const bool is_notice = !entry.envelope.reverse_path && std::ranges::all_of(entry.targets, is_relay);
  const auto hop = current_hop(entry).text;
  agenda_.put(entry.id, {hop, entry.next_attempt, next_deadline(entry, settings->options.queue),
                         is_notice ? Agenda::Place::Load::notice : Agenda::Place::Load::mail});
  agenda_.call_back(hop, parts_.clock.now());
}

void Scheduler::drop(const Id& id) {
  agenda_.remove(id);
  window_.freed(id.shard);
}

void Scheduler::outbox_changed(archive::outbox::Changes changes) {
  if (changes.added.empty() && changes.changed.empty() && changes.ended.empty()) return;
  {
    std::lock_guard lock(mutex_);
    // First: what follows may run out of memory, and must leave nothing here that is not so any more.
    for (const auto& entry : changes.changed) fresh_.forget(entry.id);
    for (const auto& id : changes.ended) fresh_.forget(id);
    for (auto& entry : changes.added) {
      if (!window_.admit(entry.id, load_of(entry.id.shard))) continue;
      index(entry);
      fresh_.keep(std::move(entry));
    }
    for (const auto& entry : changes.changed)
      if (window_.changed(entry.id)) index(entry);
    for (const auto& id : changes.ended) drop(id);
  }
  poke_if_due();
}

base::Result<bool> Scheduler::read_on() {
  for (int gaps = 0; gaps < gaps_at_once; ++gaps) {
    std::optional<Window::Gap> gap;
    std::size_t room = 0;
    {
      std::lock_guard lock(mutex_);
      while (room == 0) {
        gap = window_.next_gap();
        if (!gap) return false;
        room = std::min(window_.room(load_of(gap->shard)), loaded_at_once);
      }
    }
    if (auto read = read_gap(*gap, room); !read) return std::unexpected(read.error());
  }
  return true;
}

base::Result<> Scheduler::read_gap(const Window::Gap& gap, std::size_t limit) {
  const Id begin{{}, 0, gap.shard};
  auto entries = parts_.archive.outbox_after(begin.where(), gap.after, limit);
  if (!entries) return std::unexpected(entries.error());
  std::lock_guard lock(mutex_);
  if (window_.stale(gap)) {
    window_.read(gap, gap.after, Window::Found::more);
    return {};
  }
  for (const auto& entry : *entries) index(entry);
  const bool at_end = entries->size() < limit;
  window_.read(gap, entries->empty() ? gap.after : entries->back().id.key(), at_end ? Window::Found::end : Window::Found::more);
  return {};
}

void Scheduler::poke() {
  {
    std::lock_guard lock(mutex_);
    if (poked_) return;
    poked_ = true;
  }
  boost::asio::post(parts_.home, [this] { pause_->cancel(); });
}

/// Most of what changes while mail flows is no news to the loop: the workers that there are take the next entry by themselves.
void Scheduler::poke_if_due() {
  {
    std::lock_guard lock(mutex_);
    const auto now = parts_.clock.now();
    const auto next = next_event(now);
    if (next > now && next >= looks_at_) return;
  }
  poke();
}

void Scheduler::retry_all() {
  {
    std::lock_guard lock(mutex_);
    agenda_.retry_all(parts_.clock.now());
    agenda_.call_all_back();  // they see whether the settings have changed
  }
  poke();
}

void Scheduler::retry(const Id& id) {
  {
    std::lock_guard lock(mutex_);
    agenda_.retry(id, parts_.clock.now());
  }
  poke();
}

std::vector<HopStatus> Scheduler::hops() const {
  std::lock_guard lock(mutex_);
  std::vector<HopStatus> result;
  for (const auto& [text, hop] : agenda_.hops()) {
    if (hop->entries == 0 && hop->workers == (hop->rester ? 1 : 0)) continue;
    HopStatus status{text, hop->entries, hop->workers, {}, {}};
    if (hop->not_before > parts_.clock.now()) {
      status.last_failure = hop->last_failure.text();
      status.held_until = hop->not_before;
    }
    result.push_back(std::move(status));
  }
  return result;
}

DeliveryCounts Scheduler::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

bool Scheduler::idle() const {
  std::lock_guard lock(mutex_);
  return agenda_.size() == 0 && agenda_.workers() == agenda_.resting() && overdue_tasks_ == 0 && window_.complete();
}

bool Scheduler::begin(std::string name, net::Task<> task) {
  return tasks_.spawn(parts_.worker_executor(), std::move(name), std::move(task)) == net::TaskGroup::Spawned::started;
}

void Scheduler::begin_work() {
  const auto now = parts_.clock.now();
  while (auto* hop = agenda_.begin_worker(now)) {
    if (begin("delivery to " + hop->text, work(hop))) continue;
    agenda_.end_worker(*hop, Agenda::Asked::never);
    return;
  }
  while (auto notice = notices_.take(now))
    if (!begin("notice to the postmaster", tell_postmaster(std::move(*notice)))) return;
  const auto deadline = agenda_.next_deadline();
  for (; deadline && *deadline <= now && overdue_tasks_ < most_overdue_tasks; ++overdue_tasks_)
    if (!begin("deadlines", settle_overdue())) return;
}

/// When there is something to do next, as far as is known; with the lock held.
base::WallTime Scheduler::next_event(base::WallTime now) const {
  if (window_.has_gap()) return now;
  auto next = now + longest_pause;
  if (const auto turn = agenda_.next_turn()) next = std::min(next, *turn);
  if (const auto notice = notices_.next()) next = std::min(next, *notice);
  if (const auto deadline = agenda_.next_deadline(); deadline && overdue_tasks_ < most_overdue_tasks)
    next = std::min(next, *deadline);
  return next;
}

/// Begins what is due, and says how long nothing will be.
std::chrono::milliseconds Scheduler::turn() {
  const auto settings = parts_.settings.get();
  const auto& limits = settings->options.outbound;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return longest_pause;
    poked_ = false;
    looks_at_ = base::WallTime::max();  // not known before this turn is through
    agenda_.set_limits({limits.connections, limits.connections_per_hop});
    if (parts_.clock.now() >= look_again_) {
      window_.look_again();
      look_again_ = parts_.clock.now() + longest_pause;
    }
  }
  auto more = read_on();
  if (!more) base::log::error("schedule.load", {{"reason", more.error().text()}});
  std::lock_guard lock(mutex_);
  if (!may_work()) return longest_pause;
  begin_work();
  const auto now = parts_.clock.now();
  const auto next = more && *more ? now : next_event(now);
  looks_at_ = next;
  return std::max<std::chrono::milliseconds>(next - now, std::chrono::milliseconds(1));
}

net::Task<> Scheduler::loop() {
  for (;;) {
    auto pause = longest_pause;
    try {
      pause = turn();
    } catch (const std::exception& thrown) {  // a bug or no memory: the schedule goes on a little later
      base::log::error("schedule.exception", {{"hop", "all"}, {"what", thrown.what()}});
    }
    {
      std::lock_guard lock(mutex_);
      if (stopping_) co_return;
    }
    const auto waited = co_await pause_->wait(pause);
    if (waited == net::Waited::cancelled) {
      const auto told = co_await boost::asio::this_coro::cancellation_state;
      if (told.cancelled() != boost::asio::cancellation_type::none) co_return;
    }
  }
}

}  // namespace understudy::relay
