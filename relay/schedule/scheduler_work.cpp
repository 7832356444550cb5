/// The schedule's workers: they carry entries over conversations and settle what came of it.
#include <algorithm>

#include "base/log.hpp"
#include "relay/schedule/scheduler_hop.hpp"

namespace understudy::relay {
namespace {
/// "550 5.7.1 not here" of the copies that are held.
std::string why_held(const archive::outbox::Entry& entry) {
  for (const auto& target : entry.targets)
    if (target.state == archive::outbox::State::held) return target.last_reply.text();
  return {};
}
}  // namespace

net::Task<> Scheduler::work(std::string hop_text) {
  Hop* hop = nullptr;
  {
    std::lock_guard lock(mutex_);
    hop = hops_.at(hop_text).get();
  }
  try {
    if (hop_text == report_hop) {
      co_await make_reports(*hop);
    } else {
      co_await carry(*hop);
    }
  } catch (const std::exception&
               thrown) {  // a bug or no memory: it costs this worker, not the hop. What it held stays away until restart
    base::log::error("schedule.exception", {{"hop", hop_text}, {"what", thrown.what()}});
  }
  {
    std::lock_guard lock(mutex_);
    hop->workers -= 1;
    workers_ -= 1;
  }
  poke();
}

/// Entries with nothing left to send: their report is all that is owed.
net::Task<> Scheduler::make_reports(Hop& hop) {
  for (;;) {
    std::optional<Id> id;
    {
      std::lock_guard lock(mutex_);
      if (may_work()) id = hop.queue.take(parts_.clock.now());
    }
    if (!id) break;
    auto entry = parts_.archive.outbox_entry(*id);
    if (!entry || !*entry) {
      std::lock_guard lock(mutex_);
      hop.queue.put_back(*id, parts_.clock.now() + trouble_wait);
      continue;
    }
    Decision decision = decide_finished(**entry);
    co_await finish(std::move(**entry), std::move(decision), Sent::no);
  }
}

net::Task<> Scheduler::carry(Hop& hop) {
  routing::Hop next_hop{hop.text};
  auto opened = co_await parts_.courier.open(std::move(next_hop));
  if (auto* conversation = std::get_if<std::unique_ptr<Conversation>>(&opened)) {
    co_await deliver_all(hop, **conversation);
    co_await (*conversation)->quit();
  } else {
    const auto& outcome = std::get<Outcome>(opened);
    hop_failed(hop, outcome);
    if (outcome.verdict == Outcome::Verdict::failed) co_await fail_all(hop, outcome);
  }
}

net::Task<> Scheduler::deliver_all(Hop& hop, Conversation& conversation) {
  const std::size_t most = parts_.settings.get()->options.outbound.messages_per_connection;
  for (std::size_t sent = 0; sent < most && conversation.usable(); ++sent) {
    std::optional<Id> id;
    bool more_workers = false;
    {
      std::lock_guard lock(mutex_);
      if (!may_work()) co_return;
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
  const bool taken =
      std::ranges::any_of(attempt.outcomes, [](const auto& one) { return one.outcome.verdict == Outcome::Verdict::delivered; });
  const Sent sent = taken ? Sent::yes : Sent::no;
  Decision decision = decide(entry, attempt, settings->options.queue, parts_.clock.now(), parts_.random.number());
  co_await finish(std::move(entry), std::move(decision), sent);
}

net::Task<> Scheduler::finish(Entry entry, Decision decision, Sent sent) {
  const Id id = entry.id;
  const auto due = decision.left ? decision.left->next_attempt : parts_.clock.now() + trouble_wait;
  const bool newly_held = decision.newly_held;
  const std::string why = decision.left ? why_held(*decision.left) : std::string();
  const bool is_copy = std::ranges::any_of(entry.targets, [](const auto& t) { return t.kind == routing::EntryKind::copy; });
  const std::string message_id = entry.message_id;
  auto settled = co_await parts_.reporter.settle(std::move(entry), std::move(decision));
  if (!settled) base::log::error("schedule.settle", {{"entry", id.text()}, {"reason", settled.error().text()}});
  // What was taken and could not be noted stays out of the schedule until the next start: once more then, not once a minute.
  if (settled || sent == Sent::no) put_back(id, settled ? due : parts_.clock.now() + trouble_wait);
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
      if (may_work()) id = hop.queue.take(parts_.clock.now());
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
    const auto settings = parts_.settings.get();
    const routing::Hop this_hop{hop.text};
    for (std::size_t i = 0; i < (*entry)->targets.size(); ++i)
      if (belongs(**entry, (*entry)->targets[i], this_hop, settings->routes)) attempt.outcomes.push_back({i, outcome});
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
      co_await finish(std::move(**entry), std::move(*decision), Sent::no);
    } else {
      put_back(*id, *due);
    }
  }
}

}  // namespace understudy::relay
