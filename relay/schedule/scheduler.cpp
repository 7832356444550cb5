#include "relay/schedule/scheduler.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "relay/schedule/scheduler_hop.hpp"

namespace understudy::relay {
namespace {
constexpr std::size_t loaded_at_once = 500;
constexpr std::chrono::milliseconds longest_pause = std::chrono::minutes(1);

/// Kept back by him, or with nothing left but copies that were refused for good.
bool waits_for_administrator(const archive::outbox::Entry& entry) {
  using archive::outbox::State;
  if (!entry.held.empty()) return true;
  const auto is_held = [](const archive::outbox::Target& target) { return target.state == State::held; };
  return !entry.pending() && std::ranges::any_of(entry.targets, is_held);
}
}  // namespace

Scheduler::Scheduler(Parts parts)
    : parts_(std::move(parts)), pause_(parts_.timers.make(parts_.home)), tasks_(parts_.home, parts_.timers) {}

Scheduler::~Scheduler() = default;

base::Result<> Scheduler::start() {
  auto shards = parts_.archive.outbox_shards();
  if (!shards) return base::fail("outbox", shards.error());
  {
    std::lock_guard lock(mutex_);
    for (const auto& shard : *shards) {
      cursors_[shard.id].complete = false;
      if (auto loaded = load_more(shard.id); !loaded) return loaded;
    }
  }
  tasks_.spawn(parts_.home, "schedule", loop());
  return {};
}

net::Task<std::size_t> Scheduler::stop(std::chrono::milliseconds timeout) {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  poke();
  auto left = co_await tasks_.wait(timeout);
  tasks_.cancel();
  if (left > 0) left = co_await tasks_.wait(std::chrono::seconds(5));
  co_return left;
}

routing::Hop Scheduler::current_hop(const Entry& entry) const {
  if (!entry.pending()) return {std::string(report_hop)};
  const auto settings = parts_.settings.get();
  if (!settings->routes.routes_of(entry.hop).empty()) return entry.hop;
  const auto domain = mail::address::canonical_domain(entry.targets.front().recipient.forward_path.domain);
  if (!domain) return entry.hop;
  return settings->routes.hop_for(*domain);
}

void Scheduler::index(const Entry& entry) {
  if (waits_for_administrator(entry)) return unindex(entry.id);
  const std::string text = current_hop(entry).text;
  const auto known = hop_of_.find(entry.id);
  if (known != hop_of_.end() && known->second != text) hops_.at(known->second)->queue.remove(entry.id);
  auto& hop = hops_[text];
  if (!hop) hop = std::make_unique<Hop>(text);
  hop->queue.put(entry.id, entry.next_attempt);
  if (known == hop_of_.end()) {
    if (const auto deadline = next_deadline(entry, parts_.settings.get()->options.queue))
      deadlines_.emplace(*deadline, entry.id);
  }
  hop_of_[entry.id] = text;
}

void Scheduler::unindex(const Id& id) {
  const auto known = hop_of_.find(id);
  if (known == hop_of_.end()) return;
  hops_.at(known->second)->queue.remove(id);
  hop_of_.erase(known);  // its deadline finds nothing when it comes
}

base::Result<> Scheduler::load_more(std::uint64_t shard) {
  auto& cursor = cursors_[shard];
  while (!cursor.complete && hop_of_.size() < max_indexed) {
    const auto skipped = cursor.skipped;
    auto entries = parts_.archive.outbox_after({archive::store::ShardKind::outbox, shard}, cursor.last_key, loaded_at_once);
    if (!entries) return base::fail("outbox", entries.error());
    for (const auto& entry : *entries) {
      index(entry);
      cursor.last_key = entry.id.key();
    }
    if (entries->size() < loaded_at_once && skipped == cursor.skipped) cursor.complete = true;
  }
  return {};
}

void Scheduler::outbox_changed(archive::outbox::Changes changes) {
  if (changes.added.empty() && changes.changed.empty() && changes.ended.empty()) return;
  {
    std::lock_guard lock(mutex_);
    for (const auto& entry : changes.added) {
      auto& cursor = cursors_[entry.id.shard];
      if (!cursor.complete || hop_of_.size() >= max_indexed) {
        cursor.complete = false;
        cursor.skipped += 1;
        continue;
      }
      cursor.last_key = std::max(cursor.last_key, entry.id.key());
      index(entry);
    }
    for (const auto& entry : changes.changed) {
      const auto& cursor = cursors_[entry.id.shard];
      if (cursor.complete || entry.id.key() <= cursor.last_key) index(entry);
    }
    for (const auto& id : changes.ended) unindex(id);
  }
  poke();
}

void Scheduler::poke() {
  {
    std::lock_guard lock(mutex_);
    if (poked_) return;
    poked_ = true;
  }
  boost::asio::post(parts_.home, [this] { pause_->cancel(); });
}

void Scheduler::retry_all() {
  {
    std::lock_guard lock(mutex_);
    const auto now = parts_.clock.now();
    for (auto& [text, hop] : hops_) {
      hop->not_before = now;
      hop->queue.release_all(now);
    }
  }
  poke();
}

void Scheduler::retry(const Id& id) {
  {
    std::lock_guard lock(mutex_);
    const auto known = hop_of_.find(id);
    if (known == hop_of_.end()) return;
    auto& hop = *hops_.at(known->second);
    hop.not_before = parts_.clock.now();
    hop.queue.put(id, parts_.clock.now());
  }
  poke();
}

std::vector<HopStatus> Scheduler::hops() const {
  std::lock_guard lock(mutex_);
  std::vector<HopStatus> result;
  for (const auto& [text, hop] : hops_) {
    if (hop->queue.size() == 0 && hop->workers == 0) continue;
    HopStatus status{text, hop->queue.size(), hop->workers, {}, {}};
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
  return hop_of_.empty() && workers_ == 0 && std::ranges::all_of(cursors_, [](const auto& c) { return c.second.complete; });
}

std::vector<std::string> Scheduler::hops_to_work() {
  const auto settings = parts_.settings.get();
  const auto& limits = settings->options.outbound;
  const auto now = parts_.clock.now();
  std::vector<std::string> begin;
  if (!may_work()) return begin;
  for (auto& [text, hop] : hops_) {
    if (hop->not_before > now) continue;
    const std::size_t allowed = hop->proven ? limits.connections_per_hop : 1;
    for (auto ready = hop->queue.ready(now); ready > 0 && hop->workers < allowed && workers_ < limits.connections; --ready) {
      hop->workers += 1;
      workers_ += 1;
      begin.push_back(text);
    }
  }
  return begin;
}

std::optional<base::WallTime> Scheduler::next_event() const {
  std::optional<base::WallTime> next;
  const auto sooner = [&next](base::WallTime time) {
    if (!next || time < *next) next = time;
  };
  for (const auto& [text, hop] : hops_) {
    const auto due = hop->queue.next_due();
    const bool full = hop->workers > 0;  // its workers take what is due, or poke when they end
    if (due && !full) sooner(std::max(*due, hop->not_before));
    if (due && full && *due > parts_.clock.now()) sooner(*due);
  }
  if (!deadlines_.empty()) sooner(deadlines_.begin()->first);
  return next;
}

net::Task<> Scheduler::loop() {
  for (;;) {
    co_await check_deadlines();
    std::chrono::milliseconds pause = longest_pause;
    std::vector<std::string> begin;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) co_return;
      poked_ = false;
      for (auto& [shard, cursor] : cursors_) {
        if (cursor.complete || hop_of_.size() > max_indexed * 3 / 4) continue;
        if (auto loaded = load_more(shard); !loaded) base::log::error("schedule.load", {{"reason", loaded.error().text()}});
      }
      begin = hops_to_work();
      std::erase_if(hops_, [](const auto& hop) {
        return hop.second->queue.size() == 0 && hop.second->workers == 0 && hop.second->failures == 0;
      });
      const auto now = parts_.clock.now();
      if (const auto next = next_event())
        pause = std::clamp<std::chrono::milliseconds>(*next - now, std::chrono::milliseconds(1), longest_pause);
    }
    for (const auto& hop : begin) tasks_.spawn(parts_.worker_executor(), "delivery to " + hop, work(hop));
    const auto waited = co_await pause_->wait(pause);
    if (waited == net::Waited::cancelled) {
      const auto told = co_await boost::asio::this_coro::cancellation_state;
      if (told.cancelled() != boost::asio::cancellation_type::none) co_return;
    }
  }
}

}  // namespace understudy::relay
