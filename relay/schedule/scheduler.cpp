#include "relay/schedule/scheduler.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/log.hpp"

namespace understudy::relay {
namespace {
constexpr std::size_t loaded_at_once = 500;
constexpr std::chrono::milliseconds trouble_wait = std::chrono::minutes(1);  ///< after a failure of our own
constexpr std::chrono::milliseconds busy_wait = std::chrono::seconds(1);     ///< for an entry that is on its way this moment
constexpr std::string_view report_hop = "report:";
constexpr std::chrono::milliseconds longest_pause = std::chrono::minutes(1);
/// Kept back by him, or with nothing left but copies that were refused for good.
bool waits_for_administrator(const archive::outbox::Entry& entry) {
  using archive::outbox::State;
  if (!entry.held.empty()) return true;
  const auto is_held = [](const archive::outbox::Target& target) { return target.state == State::held; };
  return !entry.pending() && std::ranges::any_of(entry.targets, is_held);
}

/// "550 5.7.1 not here" of the copies that are held.
std::string why_held(const archive::outbox::Entry& entry) {
  for (const auto& target : entry.targets)
    if (target.state == archive::outbox::State::held) return target.last_reply.text();
  return {};
}
}  // namespace

struct Scheduler::Hop {
  explicit Hop(std::string text_) : text(std::move(text_)) {}
  std::string text;
  HopQueue queue;
  std::size_t workers = 0;
  bool proven = false;          ///< a conversation was opened since the last failure: more than one may be tried
  std::uint32_t failures = 0;   ///< in a row
  base::WallTime not_before{};  ///< held after a failure
  mail::smtp::Reply last_failure;
};

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

net::Task<> Scheduler::work(std::string hop_text) {
  Hop* hop = nullptr;
  {
    std::lock_guard lock(mutex_);
    hop = hops_.at(hop_text).get();
  }
  if (hop_text == report_hop) {
    for (;;) {
      std::optional<Id> id;
      {
        std::lock_guard lock(mutex_);
        if (!stopping_) id = hop->queue.take(parts_.clock.now());
      }
      if (!id) break;
      auto entry = parts_.archive.outbox_entry(*id);
      if (!entry || !*entry) {
        std::lock_guard lock(mutex_);
        hop->queue.put_back(*id, parts_.clock.now() + trouble_wait);
        continue;
      }
      Decision decision = decide_finished(**entry);
      co_await finish(std::move(**entry), std::move(decision));
    }
  } else {
    routing::Hop next_hop{hop_text};
    auto opened = co_await parts_.courier.open(std::move(next_hop));
    if (auto* conversation = std::get_if<std::unique_ptr<Conversation>>(&opened)) {
      co_await deliver_all(*hop, **conversation);
      co_await (*conversation)->quit();
    } else {
      const auto& outcome = std::get<Outcome>(opened);
      hop_failed(*hop, outcome);
      if (outcome.verdict == Outcome::Verdict::failed) co_await fail_all(*hop, outcome);
    }
  }
  {
    std::lock_guard lock(mutex_);
    hop->workers -= 1;
    workers_ -= 1;
  }
  poke();
}

net::Task<> Scheduler::deliver_all(Hop& hop, Conversation& conversation) {
  const std::size_t most = parts_.settings.get()->options.outbound.messages_per_connection;
  for (std::size_t sent = 0; sent < most && conversation.usable(); ++sent) {
    std::optional<Id> id;
    bool more_workers = false;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) co_return;
      more_workers = !hop.proven;
      hop.proven = true;
      hop.failures = 0;
      id = hop.queue.take(parts_.clock.now());
    }
    if (more_workers) poke();
    if (!id) co_return;
    auto entry = parts_.archive.outbox_entry(*id);
    if (!entry) base::log::error("schedule.read", {{"entry", id->text()}, {"reason", entry.error().text()}});
    if (!entry || !*entry) {
      std::lock_guard lock(mutex_);
      if (entry) {
        unindex(*id);
      } else {
        hop.queue.put_back(*id, parts_.clock.now() + trouble_wait);
      }
      continue;
    }
    auto attempt = co_await conversation.send(**entry);
    const auto scope_hop =
        std::ranges::find(attempt.outcomes, Outcome::Scope::next_hop, [](const auto& one) { return one.outcome.scope; });
    if (scope_hop != attempt.outcomes.end()) {
      // The hop broke down in the middle: the entry is not at fault, so it waits with the hop and counts no attempt.
      hop_failed(hop, scope_hop->outcome);
      std::lock_guard lock(mutex_);
      hop.queue.put_back(*id, hop.not_before);
      co_return;
    }
    co_await settle(std::move(**entry), std::move(attempt));
  }
}

net::Task<> Scheduler::settle(Entry entry, Attempt attempt) {
  const auto settings = parts_.settings.get();
  for (const auto& one : attempt.outcomes) {
    const auto& target = entry.targets.at(one.target);
    base::log::info("delivery", {{"entry", entry.id.text()},
                                 {"message_id", entry.message_id},
                                 {"recipient", target.recipient.forward_path.text()},
                                 {"host", attempt.host},
                                 {"reply", one.outcome.reply.text()}});
    std::lock_guard lock(mutex_);
    if (one.outcome.verdict == Outcome::Verdict::delivered) counts_.delivered += 1;
    if (one.outcome.verdict == Outcome::Verdict::deferred) counts_.deferred += 1;
    if (one.outcome.verdict == Outcome::Verdict::failed) counts_.failed += 1;
  }
  Decision decision = decide(entry, attempt, settings->options.queue, parts_.clock.now(), parts_.random.number());
  co_await finish(std::move(entry), std::move(decision));
}

net::Task<> Scheduler::finish(Entry entry, Decision decision) {
  const Id id = entry.id;
  const auto due = decision.left ? decision.left->next_attempt : parts_.clock.now() + trouble_wait;
  const bool newly_held = decision.newly_held;
  const std::string why = decision.left ? why_held(*decision.left) : std::string();
  const bool is_copy = std::ranges::any_of(entry.targets, [](const auto& t) { return t.kind == routing::EntryKind::copy; });
  const std::string message_id = entry.message_id;
  auto settled = co_await parts_.reporter.settle(std::move(entry), std::move(decision));
  if (!settled) base::log::error("schedule.settle", {{"entry", id.text()}, {"reason", settled.error().text()}});
  put_back(id, settled ? due : parts_.clock.now() + trouble_wait);
  if (!newly_held) co_return;
  {
    std::lock_guard lock(mutex_);
    counts_.held += 1;
  }
  base::log::error("schedule.held", {{"entry", id.text()}, {"message_id", message_id}, {"why", why}});
  if (!is_copy) co_return;
  const std::string text = "The copy " + id.text() + " was refused for good: " + why +
                           "\r\n\r\nIt is kept and waits: `understudy queue show " + id.text() +
                           "`, then `queue release` once the\r\ncause is mended, or `queue remove`.\r\n";
  auto told = co_await parts_.reporter.tell_postmaster("A copy for the archive was refused", text);
  if (!told) base::log::error("schedule.tell_postmaster", {{"reason", told.error().text()}});
}

void Scheduler::put_back(const Id& id, base::WallTime due) {
  std::lock_guard lock(mutex_);
  if (const auto known = hop_of_.find(id); known != hop_of_.end()) hops_.at(known->second)->queue.put_back(id, due);
}

void Scheduler::hop_failed(Hop& hop, const Outcome& outcome) {
  const auto settings = parts_.settings.get();
  std::lock_guard lock(mutex_);
  const auto now = parts_.clock.now();
  if (hop.not_before <= now) {  // several workers may meet the same failure
    hop.failures += 1;
    hop.not_before = now + back_off(hop.failures, settings->options.queue, parts_.random.number());
  }
  hop.proven = false;
  hop.last_failure = outcome.reply;
  base::log::warn("delivery.hop_failed", {{"hop", hop.text}, {"reply", outcome.reply.text()}, {"entries", hop.queue.size()}});
}

net::Task<> Scheduler::fail_all(Hop& hop, const Outcome& outcome) {
  for (;;) {
    std::optional<Id> id;
    {
      std::lock_guard lock(mutex_);
      if (!stopping_) id = hop.queue.take(parts_.clock.now());
    }
    if (!id) co_return;
    auto entry = parts_.archive.outbox_entry(*id);
    if (!entry || !*entry) {
      std::lock_guard lock(mutex_);
      hop.queue.put_back(*id, parts_.clock.now() + trouble_wait);
      if (entry) unindex(*id);
      continue;
    }
    Attempt attempt;
    for (std::size_t i = 0; i < (*entry)->targets.size(); ++i)
      if ((*entry)->targets[i].state == archive::outbox::State::pending) attempt.outcomes.push_back({i, outcome});
    co_await settle(std::move(**entry), std::move(attempt));
  }
}

net::Task<> Scheduler::check_deadlines() {
  for (;;) {
    std::optional<Id> id;
    std::optional<base::WallTime> due;
    mail::smtp::Reply failure{451, "4.4.1", "no answer from the next hop"};
    {
      std::lock_guard lock(mutex_);
      const auto now = parts_.clock.now();
      if (stopping_ || deadlines_.empty() || deadlines_.begin()->first > now) co_return;
      id = deadlines_.begin()->second;
      deadlines_.erase(deadlines_.begin());
      const auto known = hop_of_.find(*id);
      if (known == hop_of_.end()) continue;
      auto& hop = *hops_.at(known->second);
      if (hop.last_failure.code != 0) failure = hop.last_failure;
      due = hop.queue.claim(*id);  // so that no worker settles it at the same time
      if (!due) {
        deadlines_.emplace(now + busy_wait, *id);
        continue;
      }
    }
    auto entry = parts_.archive.outbox_entry(*id);
    if (!entry || !*entry) {
      put_back(*id, parts_.clock.now() + trouble_wait);
      continue;
    }
    const auto settings = parts_.settings.get();
    auto decision = decide_by_time(**entry, settings->options.queue, parts_.clock.now(), failure);
    const auto& later = decision ? decision->left : *entry;
    if (later) {
      if (const auto deadline = next_deadline(*later, settings->options.queue)) {
        std::lock_guard lock(mutex_);
        deadlines_.emplace(*deadline, *id);
      }
    }
    if (decision) {
      co_await finish(std::move(**entry), std::move(*decision));
    } else {
      put_back(*id, *due);
    }
  }
}

}  // namespace understudy::relay
