/// The schedule's settling: what came of an attempt is made durable, and told to whom it concerns.
#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "relay/schedule/scheduler.hpp"

namespace understudy::relay {
namespace {
constexpr std::chrono::milliseconds trouble_wait = std::chrono::minutes(1);  ///< after a failure of our own; it doubles
constexpr std::chrono::milliseconds longest_trouble_wait = std::chrono::hours(1);
constexpr std::uint32_t most_troubles = 8;  ///< in a row, about two hours; then it is the administrator's

std::chrono::milliseconds wait_after(std::uint32_t troubles) {
  return std::min(longest_trouble_wait, trouble_wait * (1u << std::min(troubles, 16u)));
}

/// "550 5.7.1 not here" of the copies that are held.
std::string why_held(const archive::outbox::Entry& entry) {
  for (const auto& target : entry.targets)
    if (target.state == archive::outbox::State::held) return target.last_reply.text();
  return {};
}

std::string how_to_go_on(const std::string& id) {
  return "\r\n\r\nIt is kept and waits: `understudy queue show " + id +
         "`, then `queue release` once the\r\ncause is mended, or `queue remove`.\r\n";
}
}  // namespace

net::Task<> Scheduler::settle(Entry entry, Attempt attempt, InHand& hand) {
  const auto settings = parts_.settings.get();
  for (const auto& one : attempt.outcomes) {
    const auto& target = entry.targets.at(one.target);
    const bool taken = one.outcome.verdict == Outcome::Verdict::delivered;
    base::log::info("delivery", {{"entry", entry.id.text()},
                                 {"message_id", entry.message_id},
                                 {"recipient", target.recipient.forward_path.text()},
                                 {"host", attempt.host},
                                 {"tls", attempt.tls},
                                 {"octets", taken ? attempt.octets : 0},
                                 {"reply", one.outcome.reply.text()}});
    std::lock_guard lock(mutex_);
    if (taken) counts_.delivered += 1;
    if (one.outcome.verdict == Outcome::Verdict::deferred) counts_.deferred += 1;
    if (one.outcome.verdict == Outcome::Verdict::failed) counts_.failed += 1;
  }
  Decision decision = decide(entry, attempt, settings->options.queue, parts_.clock.now(), parts_.random.number());
  co_await finish(std::move(entry), std::move(decision), hand);
}

net::Task<> Scheduler::finish(Entry entry, Decision decision, InHand& hand) {
  const Tell tell = decision.tell;
  if (tell != Tell::nothing) {
    const auto now = parts_.archive.outbox_entry(entry.id);
    if (now && !*now) {  // removed meanwhile: nobody is to be told
      give_back(hand);
      co_return;
    }
  }
  const bool newly_held = decision.newly_held;
  const std::string why = newly_held && decision.left ? why_held(*decision.left) : std::string();
  if (decision.number_refused)
    base::log::error("custody.number_refused", {{"entry", entry.id.text()}, {"number", decision.number_refused->text()}});
  if (!decision.number_refused && !decision.without_receipt.empty() && entry.custody)
    note_hidden(entry, decision.without_receipt.size());
  Decision without_report;
  without_report.left = tell == Tell::delay ? decision.left : std::move(decision.owing);
  without_report.without_receipt = decision.without_receipt;
  auto settled = co_await carry_out(entry, std::move(decision), hand);
  bool noted = settled.has_value();
  if (!settled) base::log::error("schedule.settle", {{"entry", entry.id.text()}, {"reason", settled.error().text()}});
  if (!settled && tell != Tell::nothing) {
    auto alone = co_await parts_.reporter.settle(entry, std::move(without_report));
    noted = alone.has_value();
  }
  if (noted) hand.sent = InHand::Sent::no;
  if (settled) {
    give_back(hand);
  } else {
    std::string reason = settled.error().text();
    co_await trouble(hand, std::move(reason));
  }
  if (!newly_held || !noted) co_return;
  {
    std::lock_guard lock(mutex_);
    counts_.held += 1;
  }
  const std::string id = entry.id.text();
  base::log::error("schedule.held", {{"entry", id}, {"message_id", entry.message_id}, {"why", why}});
  if (std::ranges::find(entry.targets, routing::EntryKind::copy, &archive::outbox::Target::kind) == entry.targets.end())
    co_return;
  if (was_made_here(entry.id)) co_return;
  note_held(entry.hop.text,
            {"A copy for the archive was refused", "The copy " + id + " was refused for good: " + why + how_to_go_on(id)});
}

/// The route has custody, and who answered gives no receipts: another program than the one that was meant, or somebody between.
void Scheduler::note_hidden(const Entry& entry, std::size_t recipients) {
  base::log::warn("custody.hidden",
                  {{"entry", entry.id.text()}, {"number", entry.custody->number.text()}, {"hop", entry.hop.text}});
  const std::lock_guard lock(mutex_);
  counts_.hidden += recipients;
}

/// What a next hop has taken, and a full medium has no room to note, must not be sent again: it is noted when there is room.
net::Task<base::Result<>> Scheduler::carry_out(const Entry& entry, Decision decision, const InHand& hand) {
  auto pause = parts_.timers.make(co_await boost::asio::this_coro::executor);
  for (std::uint32_t tried = 0;; ++tried) {
    Decision once = decision;
    auto settled = co_await parts_.reporter.settle(entry, std::move(once));
    if (settled || hand.sent == InHand::Sent::no || settled.error().code != base::errc::busy || tried + 1 == most_troubles)
      co_return settled;
    base::log::warn("schedule.settle_later", {{"entry", entry.id.text()}, {"reason", settled.error().text()}});
    const auto waited = co_await pause->wait(wait_after(tried));
    if (waited == net::Waited::cancelled) co_return settled;
  }
}

/// Something failed here, not at the next hop: the entry waits, longer each time, and at last for an administrator.
net::Task<> Scheduler::trouble(InHand& hand, std::string why) {
  const Id id = *hand.id;
  {
    std::lock_guard lock(mutex_);
    const auto troubles = agenda_.troubles(id);
    if (hand.sent == InHand::Sent::yes) {
      // What was taken and could not be noted stays out of the schedule until the next start: once more then, not every minute.
      agenda_.keep_away(id);
      window_.freed(id.shard);
      hand.id.reset();
      co_return;
    }
    if (troubles + 1 < most_troubles || !may_work()) {
      agenda_.give_back_after_trouble(id, parts_.clock.now() + wait_after(troubles));
      hand.id.reset();
      co_return;
    }
  }
  co_await hold(id, std::move(why));
  hand.id.reset();
}

net::Task<> Scheduler::hold(Id id, std::string why) {
  auto entry = parts_.archive.outbox_entry(id);
  bool held = entry && !*entry;  // it has ended meanwhile
  const bool ended = held;
  if (entry && *entry) {
    Decision decision;
    decision.left = **entry;
    decision.left->held = "failed here: " + why;
    auto settled = co_await parts_.reporter.settle(std::move(**entry), std::move(decision));
    held = settled.has_value();
  }
  {
    std::lock_guard lock(mutex_);
    if (held) {
      agenda_.give_back(id);
    } else {
      agenda_.keep_away(id);
      window_.freed(id.shard);
    }
    counts_.held += ended ? 0 : 1;
  }
  if (ended) co_return;
  base::log::error("schedule.held", {{"entry", id.text()}, {"why", why}, {"until", held ? "released" : "the next start"}});
  std::string text = "The queued message " + id.text() + " failed here " + std::to_string(most_troubles) +
                     " times in a row: " + base::escape(why);
  text +=
      held ? how_to_go_on(id.text()) : "\r\n\r\nIt cannot even be marked as held; it is left alone until the next start.\r\n";
  if (!was_made_here(id)) note_held("failed here", {"A queued message cannot be handled", std::move(text)});
}

/// Notices are copied and relayed like any mail: one that makes another one, when it is refused in its turn, would never end.
/// Where the journal cannot say, the pause between notices bounds it.
bool Scheduler::was_made_here(const Id& id) const {
  const auto message = parts_.archive.journal_entry(id.position);
  return message && !message->made.empty();
}

void Scheduler::note_held(const std::string& cause, Notice notice) {
  {
    std::lock_guard lock(mutex_);
    notices_.held(cause, std::move(notice));
  }
  poke();
}

net::Task<> Scheduler::tell_postmaster(Notice notice) {
  auto told = co_await parts_.reporter.tell_postmaster(std::move(notice.subject), std::move(notice.text));
  if (!told) base::log::error("schedule.tell_postmaster", {{"reason", told.error().text()}});
}

void Scheduler::give_back(InHand& hand) {
  {
    std::lock_guard lock(mutex_);
    agenda_.give_back(*hand.id);
    hand.id.reset();
  }
  poke_if_due();
}

/// `no`: it has had another connection already.
Scheduler::GivenBack Scheduler::give_back_once(InHand& hand) {
  {
    std::lock_guard lock(mutex_);
    if (!agenda_.give_back_once(*hand.id)) return GivenBack::no;
    hand.id.reset();
  }
  poke_if_due();
  return GivenBack::yes;
}

}  // namespace understudy::relay
