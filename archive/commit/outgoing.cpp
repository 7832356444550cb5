#include "archive/commit/outgoing.hpp"

#include <algorithm>
#include <optional>

#include "archive/custody/receipt.hpp"

namespace understudy::archive::commit {
namespace {

/// Gathers targets into entries of one hop.
class Gatherer {
 public:
  explicit Gatherer(const journal::Entry& entry) : entry_(entry) {}

  void add(const routing::Hop& hop, routing::Switch custody, outbox::Target target) {
    const std::size_t octets = size_of(target);
    auto open = std::ranges::find_if(open_, [&](const Open& o) { return entries_[o.index].hop == hop; });
    if (open == open_.end() || open->octets + octets > outbox::max_entry) {
      if (open != open_.end()) open_.erase(open);
      entries_.push_back(blank(hop));
      owed_.push_back(false);
      open_.push_back({entries_.size() - 1, fixed_size});
      open = open_.end() - 1;
    }
    open->octets += octets;
    if (custody == routing::Switch::on) owed_[open->index] = true;
    entries_[open->index].targets.push_back(std::move(target));
  }

  /// `number`: which of the message's custody numbers, from 0.
  template <class Each>
  void each_owed(Each each) {
    std::size_t number = 0, recipients = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (!owed_[i]) continue;
      recipients += entries_[i].targets.size();
      if (recipients > custody::Receipt::max_recipients) {
        number += 1;
        recipients = entries_[i].targets.size();
      }
      each(number, entries_[i]);
    }
  }
  std::vector<outbox::Entry> take() { return std::move(entries_); }

 private:
  struct Open {
    std::size_t index;
    std::size_t octets;
  };
  static constexpr std::size_t fixed_size = 4096;  ///< more than all other fields of an entry together

  static std::size_t size_of(const outbox::Target& target) {
    constexpr std::size_t outcome = outbox::max_reply + outbox::max_host + 64;  // room for what an attempt will bring
    return 32 + target.recipient.forward_path.local.size() + target.recipient.forward_path.domain.size() +
           target.recipient.orcpt.size() + outcome;
  }

  outbox::Entry blank(const routing::Hop& hop) const {
    outbox::Entry out;
    out.id = {entry_.position, static_cast<std::uint16_t>(entries_.size()), outbox::shard_of(hop)};
    out.hop = hop;
    out.envelope = entry_.envelope;
    out.envelope.recipients.clear();
    out.body = entry_.body;
    out.odd_octets = entry_.facts.odd_octets;
    out.eight_bit = entry_.facts.eight_bit;
    out.message_id = entry_.facts.message_id.substr(0, 256);
    out.created = entry_.time;
    out.next_attempt = entry_.time;
    return out;
  }

  const journal::Entry& entry_;
  std::vector<outbox::Entry> entries_;
  std::vector<bool> owed_;  ///< of entries_: with custody
  std::vector<Open> open_;
};

/// RFC 3461 §5.2.7.3: whoever reports success asks the next hop for no second report of it.
void without_success(mail::smtp::Notify& notify) {
  if (!notify.has(mail::smtp::Notify::success)) return;
  notify.bits = static_cast<std::uint8_t>(notify.bits & ~mail::smtp::Notify::success);
  if (notify.bits == 0) notify.bits = mail::smtp::Notify::never;
}

mail::smtp::Reply success_reply(routing::Report report) {
  if (report == routing::Report::expanded) return {250, "2.1.5", "handed to the members of a list"};
  return {250, "2.1.5", "filed into the mailbox"};
}

Gatherer gather(const journal::Entry& entry) {
  Gatherer gatherer(entry);
  for (std::size_t i = 0; i < entry.plan.recipients.size(); ++i) {
    const auto& recipient = entry.envelope.recipients[i];
    const auto& plan = entry.plan.recipients[i];
    for (const auto& enqueue : plan.enqueues) {
      outbox::Target target;
      target.recipient = recipient;
      if (enqueue.forward_path) target.recipient.forward_path = *enqueue.forward_path;
      if (plan.success != routing::Report::none) without_success(target.recipient.notify);  // it is reported from here
      target.kind = enqueue.kind;
      gatherer.add(enqueue.hop, enqueue.custody, std::move(target));
    }
    if (plan.returned || plan.success != routing::Report::none) {
      outbox::Target target;
      target.recipient = recipient;
      target.state = plan.returned ? outbox::State::failed : outbox::State::delivered;
      target.last_reply = plan.returned ? *plan.returned : success_reply(plan.success);
      gatherer.add(report_hop, routing::Switch::off, std::move(target));
    }
  }
  return gatherer;
}

}  // namespace

base::Digest name_of(const journal::Entry& entry) {
  return entry.origin.may.copy ? entry.facts.received : entry.facts.handed;
}

std::vector<outbox::Entry> outgoing_of(const journal::Entry& entry) {
  auto gatherer = gather(entry);
  if (entry.owed) {
    gatherer.each_owed([&entry](std::size_t number, outbox::Entry& out) {
      out.custody = mail::smtp::Custody{*entry.owed, entry.facts.handed};
      out.custody->number.number += number;
    });
  }
  return gatherer.take();
}

std::vector<Debt> owed_of(const journal::Entry& entry) {
  std::vector<Debt> owed;
  gather(entry).each_owed([&](std::size_t number, const outbox::Entry& out) {
    if (owed.size() <= number) owed.resize(number + 1);
    owed[number].entries.push_back(out.id);
    for (const auto& target : out.targets)
      owed[number].recipients.push_back(custody::name_of(entry.facts.handed, target.recipient.forward_path));
  });
  for (auto& debt : owed) debt.recipients = custody::sorted(std::move(debt.recipients));
  return owed;
}

}  // namespace understudy::archive::commit
