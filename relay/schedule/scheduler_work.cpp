/// The schedule's workers: each opens a conversation with a hop and carries its entries over it, one after the other.
#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "archive/commit/outgoing.hpp"
#include "base/log.hpp"
#include "relay/schedule/scheduler.hpp"

namespace understudy::relay {
namespace {
/// Lets others on this loop have their turn, where a worker could go on for long without a wait.
net::Task<> breathe() {
  co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
}

/// No recipient was taken or refused for good.
bool nothing_came_of(const Attempt& attempt) {
  return std::ranges::all_of(attempt.outcomes,
                             [](const auto& one) { return one.outcome.verdict == Outcome::Verdict::deferred; });
}
}  // namespace

net::Task<> Scheduler::work(HopState* hop) {
  Worker worker{*hop};
  auto part = hop->text == archive::commit::report_hop.text ? make_reports(worker) : carry(worker);
  co_await guard(hop->text, std::move(part), worker.hand);
  {
    std::lock_guard lock(mutex_);
    agenda_.end_worker(*hop, worker.asked);
  }
  poke_if_due();
}

net::Task<> Scheduler::settle_overdue() {
  InHand hand;
  auto part = decide_overdue(hand);
  co_await guard("deadlines", std::move(part), hand);
  {
    std::lock_guard lock(mutex_);
    overdue_tasks_ -= 1;
  }
  poke();
}

/// An exception (a bug or no memory) costs what is in hand a while, and the hop nothing.
net::Task<> Scheduler::guard(std::string name, net::Task<> part, InHand& hand) {
  std::string what;
  try {
    co_await std::move(part);
  } catch (const std::exception& thrown) {
    what = thrown.what();
    base::log::error("schedule.exception", {{"hop", name}, {"what", what}});
  }
  try {
    if (hand.id) co_await trouble(hand, what);
  } catch (const std::exception& thrown) {  // then it stays on its way until the next start
    base::log::error("schedule.exception", {{"hop", name}, {"what", thrown.what()}});
  }
}

routing::Hop Scheduler::current_hop(const Entry& entry) const {
  const auto first = std::ranges::find(entry.targets, archive::outbox::State::pending, &archive::outbox::Target::state);
  if (first == entry.targets.end()) return archive::commit::report_hop;
  const auto settings = parts_.settings.get();
  if (!settings->routes.routes_of(entry.hop).empty()) return entry.hop;
  const auto domain = mail::address::canonical_domain(first->recipient.forward_path.domain);
  if (!domain) return entry.hop;
  return settings->routes.hop_for(*domain);
}

/// Puts the entry where it belongs as it is stored. Reads until it is found as it was: what changed between reading and putting
/// is put after all.
void Scheduler::reindex(const Id& id) {
  std::optional<std::string> before;
  for (;;) {
    auto entry = parts_.archive.outbox_entry(id);
    if (!entry) return;
    const std::string found = *entry ? (*entry)->encode() : std::string();
    if (before == found) return;
    before = found;
    std::lock_guard lock(mutex_);
    if (*entry) {
      index(**entry);
    } else {
      drop(id);
    }
  }
}

/// As it was added, where nothing was changed since; else as it is stored.
base::Result<std::optional<Scheduler::Entry>> Scheduler::read(const Id& id) {
  {
    std::lock_guard lock(mutex_);
    if (auto fresh = fresh_.take(id, parts_.clock.now())) return fresh;
  }
  return parts_.archive.outbox_entry(id);
}

/// The hop's next entry, in hand; nullopt: none is due, or the work has to end. One that is not this hop's any more goes where
/// it belongs.
net::Task<std::optional<Scheduler::Entry>> Scheduler::next_entry(Worker& worker) {
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (worker.asked == Agenda::Asked::never) agenda_.asks(worker.hop);
      worker.asked = Agenda::Asked::yes;
      if (!may_work()) co_return std::nullopt;
      worker.hand = {agenda_.take(worker.hop, parts_.clock.now())};
      if (!worker.hand.id) co_return std::nullopt;
    }
    auto entry = read(*worker.hand.id);
    if (!entry) {
      std::string reason = entry.error().text();
      co_await trouble(worker.hand, std::move(reason));
    } else if (*entry && !waits_for_administrator(**entry) && current_hop(**entry).text == worker.hop.text) {
      co_return std::move(*entry);
    } else {
      reindex(*worker.hand.id);
      give_back(worker.hand);
    }
    co_await breathe();
  }
}

/// Entries with nothing left to send: their report is all that is owed.
net::Task<> Scheduler::make_reports(Worker& worker) {
  for (;;) {
    auto entry = co_await next_entry(worker);
    if (!entry) co_return;
    Decision decision = decide_finished(*entry);
    co_await finish(std::move(*entry), std::move(decision), worker.hand);
  }
}

net::Task<> Scheduler::carry(Worker& worker) {
  routing::Hop next_hop{worker.hop.text};
  if (next_hop.is_static() && parts_.settings.get()->routes.routes_of(next_hop).empty()) {
    const auto stuck = co_await next_entry(worker);  // the others find their new hops by it
    if (!stuck) co_return;
    give_back(worker.hand);
  }
  auto opened = co_await parts_.courier.open(std::move(next_hop));
  if (auto* conversation = std::get_if<std::unique_ptr<Conversation>>(&opened)) {
    co_await deliver_all(worker, **conversation);
    co_await (*conversation)->quit();
  } else {
    const auto& outcome = std::get<Outcome>(opened);
    hop_failed(worker.hop, outcome);
    if (outcome.verdict == Outcome::Verdict::failed) co_await fail_all(worker, outcome);
  }
}

/// Keeps the connection open for what may come soon. It is not kept beyond a change of settings, which may lead elsewhere.
net::Task<Scheduler::Rested> Scheduler::rest(Worker& worker) {
  const auto settings = parts_.settings.get();
  const auto how_long = settings->options.outbound.keep_open;
  if (how_long.count() == 0) co_return Rested::enough;
  auto executor = co_await boost::asio::this_coro::executor;
  const std::shared_ptr<net::Timer> timer = parts_.timers.make(executor);
  bool called = false;  // with the lock held
  std::function<void()> call = [&called, executor, timer] {
    called = true;
    boost::asio::post(executor, [timer] { timer->cancel(); });
  };
  {
    std::lock_guard lock(mutex_);
    if (!may_work() || !agenda_.rest(worker.hop, std::move(call))) co_return Rested::enough;
    agenda_.call_back(worker.hop.text, parts_.clock.now());  // for what came just now
  }
  co_await timer->wait(how_long);
  std::lock_guard lock(mutex_);
  if (!called) {
    agenda_.end_rest(worker.hop);
    co_return Rested::enough;
  }
  worker.asked = Agenda::Asked::never;
  worker.rested = true;
  co_return parts_.settings.get() == settings ? Rested::called : Rested::enough;
}

net::Task<std::optional<Scheduler::Entry>> Scheduler::next_entry_or_rest(Worker& worker) {
  for (;;) {
    auto entry = co_await next_entry(worker);
    if (entry) co_return entry;
    const auto rested = co_await rest(worker);
    if (rested == Rested::enough) co_return std::nullopt;
  }
}

net::Task<> Scheduler::deliver_all(Worker& worker, Conversation& conversation) {
  bool more_workers = false;
  {
    std::lock_guard lock(mutex_);
    more_workers = !worker.hop.proven;
    agenda_.opened(worker.hop);
  }
  if (more_workers) poke();
  const std::size_t most = parts_.settings.get()->options.outbound.messages_per_connection;
  for (std::size_t sent = 0; sent < most && conversation.usable(); ++sent) {
    auto entry = co_await next_entry_or_rest(worker);
    if (!entry) co_return;
    auto attempt = co_await conversation.send(*entry);
    // A connection that rested, or has carried others, may have been closed before the entry came: it is not at fault. Another
    // connection shows whether it is, and the second time it counts.
    const bool was_in_use = std::exchange(worker.rested, false) || (sent > 0 && attempt.unheard);
    if (was_in_use && !conversation.usable() && nothing_came_of(attempt) && give_back_once(worker.hand) == GivenBack::yes)
      co_return;
    const auto delivered = [](const auto& one) { return one.outcome.verdict == Outcome::Verdict::delivered; };
    if (std::ranges::any_of(attempt.outcomes, delivered)) {
      worker.hand.sent = InHand::Sent::yes;
      hop_delivered(worker.hop);
    }
    const auto scope_hop =
        std::ranges::find(attempt.outcomes, Outcome::Scope::next_hop, [](const auto& one) { return one.outcome.scope; });
    const bool broke = scope_hop != attempt.outcomes.end();
    if (broke) hop_failed(worker.hop, scope_hop->outcome);
    if (broke &&
        worker.hand.sent == InHand::Sent::no) {  // the entry is not at fault: it waits with the hop, no attempt counted
      give_back(worker.hand);
      co_return;
    }
    co_await settle(std::move(*entry), std::move(attempt), worker.hand);
    if (broke) co_return;
  }
}

void Scheduler::hop_delivered(HopState& hop) {
  {
    std::lock_guard lock(mutex_);
    if (hop.delivered) return;
    agenda_.delivered(hop);
  }
  poke();  // there is room for another one that has to prove itself
}

void Scheduler::hop_failed(HopState& hop, const Outcome& outcome) {
  const auto settings = parts_.settings.get();
  std::lock_guard lock(mutex_);
  const auto wait = back_off(hop.failures + 1, settings->options.queue, parts_.random.number());
  agenda_.failed(hop, outcome.reply, wait, parts_.clock.now());
  base::log::warn("delivery.hop_failed", {{"hop", hop.text}, {"reply", outcome.reply.text()}, {"entries", hop.entries}});
}

net::Task<> Scheduler::fail_all(Worker& worker, const Outcome& outcome) {
  const routing::Hop this_hop{worker.hop.text};
  for (;;) {
    auto entry = co_await next_entry(worker);
    if (!entry) co_return;
    Attempt attempt;
    const auto settings = parts_.settings.get();
    for (std::size_t i = 0; i < entry->targets.size(); ++i)
      if (belongs(*entry, entry->targets[i], this_hop, settings->routes)) attempt.outcomes.push_back({i, outcome});
    co_await settle(std::move(*entry), std::move(attempt), worker.hand);
  }
}

net::Task<> Scheduler::decide_overdue(InHand& hand) {
  for (;;) {
    mail::smtp::Reply failure{451, "4.4.1", "no answer from the next hop"};
    {
      std::lock_guard lock(mutex_);
      if (!may_work()) co_return;
      auto overdue = agenda_.take_overdue(parts_.clock.now());
      if (!overdue) co_return;
      hand = {overdue->id};
      if (overdue->last_failure.code != 0) failure = std::move(overdue->last_failure);
    }
    auto entry = parts_.archive.outbox_entry(*hand.id);
    std::optional<Decision> decision;
    if (entry && *entry) decision = decide_by_time(**entry, parts_.settings.get()->options.queue, parts_.clock.now(), failure);
    if (!entry) {
      std::string reason = entry.error().text();
      co_await trouble(hand, std::move(reason));
    } else if (decision) {
      co_await finish(std::move(**entry), std::move(*decision), hand);
    } else {
      reindex(*hand.id);
      give_back(hand);
    }
    co_await breathe();
  }
}

}  // namespace understudy::relay
