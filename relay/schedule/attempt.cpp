#include "relay/schedule/attempt.hpp"

#include <algorithm>
#include <iterator>

namespace understudy::relay {
namespace {
using archive::outbox::Entry;
using archive::outbox::State;
using archive::outbox::Target;
using mail::smtp::Notify;
using routing::EntryKind;

/// The sender is told of failures unless he asked not to be, and a message without a sender has nobody to tell.
bool wants_failure(const Entry& entry, const Target& target) {
  return target.kind == EntryKind::relay && entry.envelope.reverse_path && target.recipient.notify.wants_failure();
}
bool wants_delay(const Entry& entry, const Target& target) {
  return target.kind == EntryKind::relay && entry.envelope.reverse_path && target.recipient.notify.wants_delay();
}
bool wants_success(const Entry& entry, const Target& target) {
  return target.kind == EntryKind::relay && entry.envelope.reverse_path && target.recipient.notify.has(Notify::success);
}

bool done(const Target& target) {
  return target.state == State::delivered || target.state == State::failed;
}

/// Of what has failed, that of which nobody wants to hear is given up without a word.
void drop_unwanted(Decision& decision, Entry& entry) {
  const auto unwanted = [&](const Target& target) { return target.state == State::failed && !wants_failure(entry, target); };
  for (const auto& target : entry.targets)
    if (unwanted(target)) decision.given_up.push_back(target.recipient.forward_path);
  std::erase_if(entry.targets, unwanted);
}

/// Of what is done in the entry all is to be told: makes that the report, and the rest what goes on.
void conclude(Decision& decision, Entry entry) {
  for (auto state : {State::failed, State::delivered})
    std::ranges::copy_if(entry.targets, std::back_inserter(decision.told), [state](const auto& t) { return t.state == state; });
  if (!decision.told.empty()) {
    decision.tell = decision.told.front().state == State::failed ? Tell::failure : Tell::success;
    decision.owing = entry;
  }
  for (const auto& target : decision.told)
    if (target.state == State::failed) decision.given_up.push_back(target.recipient.forward_path);
  std::erase_if(entry.targets, done);
  if (!entry.targets.empty()) decision.left = std::move(entry);
}

/// The next hop had other octets under this number before (docs/custody.md): the message goes without it, and the number stays
/// open in our book.
bool refuses_number(const Outcome& outcome) {
  return outcome.verdict == Outcome::Verdict::deferred && outcome.reply.code == 451 && outcome.reply.status == "4.7.0";
}

}  // namespace

Outcome outcome_of(const mail::smtp::Reply& reply, Outcome::Scope scope) {
  Outcome outcome;
  outcome.scope = scope;
  outcome.reply = reply;
  outcome.verdict = reply.positive()    ? Outcome::Verdict::delivered
                    : reply.permanent() ? Outcome::Verdict::failed
                                        : Outcome::Verdict::deferred;
  return outcome;
}

bool belongs(const Entry& entry, const Target& target, const routing::Hop& hop, const routing::RouteTable& routes) {
  if (target.state != State::pending) return false;
  if (entry.hop == hop) return true;
  const auto domain = mail::address::canonical_domain(target.recipient.forward_path.domain);
  return domain && routes.hop_for(*domain) == hop;
}

std::chrono::milliseconds back_off(std::uint32_t attempts, const Queue& queue, std::uint64_t jitter) {
  auto wait = queue.retry_first;
  for (std::uint32_t i = 1; i < attempts && wait < queue.retry_longest; ++i) wait *= 2;
  wait = std::min(wait, queue.retry_longest);
  const auto reach = wait.count() * std::min(queue.retry_jitter, 100u) / 100;
  if (reach == 0) return wait;
  return wait - std::chrono::milliseconds(reach) +
         std::chrono::milliseconds(jitter % static_cast<std::uint64_t>(2 * reach + 1));
}

Decision decide(Entry entry, const Attempt& attempt, const Queue& queue, base::WallTime now, std::uint64_t jitter) {
  Decision decision;
  std::vector<bool> silent(entry.targets.size());  // ended, and nobody wants to hear of it
  const auto said = attempt.said_custody ? entry.custody : std::nullopt;
  for (const auto& [index, outcome] : attempt.outcomes) {
    Target& target = entry.targets.at(index);
    if (said && refuses_number(outcome)) {
      decision.number_refused = said->number;
      entry.custody.reset();
    }
    target.last_reply = outcome.reply;
    target.last_host = attempt.host;
    if (outcome.verdict == Outcome::Verdict::delivered) {
      target.state = State::delivered;
      if (entry.custody && !attempt.said_custody) decision.without_receipt.push_back(target.recipient.forward_path);
      silent[index] = !wants_success(entry, target) || attempt.host_reports;
    } else if (outcome.verdict == Outcome::Verdict::failed && target.kind == EntryKind::relay) {
      target.state = State::failed;
      silent[index] = !wants_failure(entry, target);
      if (silent[index]) decision.given_up.push_back(target.recipient.forward_path);
    } else if (outcome.verdict == Outcome::Verdict::failed) {  // not lost and not bounced: it waits, and somebody hears of it
      target.state = State::held;
      decision.newly_held = true;
    }
  }
  if (decision.number_refused)  // nobody will ever give a receipt for it
    for (const auto& target : entry.targets) decision.without_receipt.push_back(target.recipient.forward_path);
  std::vector<Target> kept;
  for (std::size_t i = 0; i < silent.size(); ++i)
    if (!silent[i]) kept.push_back(std::move(entry.targets[i]));
  entry.targets = std::move(kept);
  const auto untried = [](const Target& t) { return t.state == State::pending && t.last_reply.code == 0; };
  const bool some_untried = entry.attempts == 0 && std::ranges::any_of(entry.targets, untried);
  entry.attempts += 1;
  entry.next_attempt = now + back_off(entry.attempts, queue, jitter);
  if (decision.number_refused) entry.next_attempt = now;
  if (some_untried) {  // their hop is another one now: they go next, before those that were just deferred
    std::ranges::stable_partition(entry.targets, untried);
    entry.next_attempt = now;
  }
  conclude(decision, std::move(entry));
  return decision;
}

std::optional<base::WallTime> next_deadline(const Entry& entry, const Queue& queue) {
  const bool in_transit = std::ranges::any_of(
      entry.targets, [](const Target& t) { return t.kind == EntryKind::relay && t.state == State::pending; });
  if (!in_transit || !entry.held.empty()) return std::nullopt;
  const auto expiry = entry.created + queue.expiry;
  if (entry.delay_told || queue.delay_notice.count() == 0) return expiry;
  return std::min(expiry, entry.created + queue.delay_notice);
}

std::optional<Decision> decide_by_time(Entry entry, const Queue& queue, base::WallTime now,
                                       const mail::smtp::Reply& last_hop_failure) {
  const auto deadline = next_deadline(entry, queue);
  if (!deadline || now < *deadline) return std::nullopt;
  const bool expired = now >= entry.created + queue.expiry;
  Decision decision;
  std::vector<Target> delayed;
  for (auto& target : entry.targets) {
    if (target.state != State::pending || target.kind != EntryKind::relay) continue;
    if (target.last_reply.code == 0) target.last_reply = last_hop_failure;
    if (expired) target.state = State::failed;
    if (wants_delay(entry, target)) delayed.push_back(target);
  }
  entry.delay_told = true;
  if (expired) {
    drop_unwanted(decision, entry);
    conclude(decision, std::move(entry));  // copies of the same message never expire
    return decision;
  }
  decision.tell = delayed.empty() ? Tell::nothing : Tell::delay;
  decision.told = std::move(delayed);
  decision.left = std::move(entry);
  return decision;
}

bool waits_for_administrator(const Entry& entry) {
  if (!entry.held.empty()) return true;
  if (entry.pending() || std::ranges::any_of(entry.targets, done)) return false;
  return !entry.targets.empty();
}

Decision decide_finished(Entry entry) {
  Decision decision;
  drop_unwanted(decision, entry);
  std::erase_if(entry.targets,
                [&](const Target& target) { return target.state == State::delivered && !wants_success(entry, target); });
  conclude(decision, std::move(entry));
  return decision;
}

}  // namespace understudy::relay
