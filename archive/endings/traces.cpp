#include "archive/endings/traces.hpp"

#include <algorithm>

#include "archive/commit/outgoing.hpp"
#include "archive/endings/errc.hpp"
#include "archive/outbox/id.hpp"

namespace understudy::archive::endings {
namespace {

using custody::Names;
using custody::Number;

std::string text_of(const journal::Entry& entry) {
  return "journal entry " + entry.position.text();
}

/// Those to which the plan leads; all there are, where parts of it cannot be read.
base::Result<std::vector<store::Shard>> hops_of(const commit::Stage& stage, const journal::Entry& entry) {
  std::vector<std::uint64_t> hops{outbox::shard_of(commit::report_hop)};
  for (std::uint32_t i = 0; i < entry.plan.recipients.size(); ++i) {
    if (!is_readable(entry, i)) return stage.shards(store::Table::outbox);
    for (const auto& enqueue : entry.plan.recipients[i].enqueues) hops.push_back(outbox::shard_of(enqueue.hop));
  }
  std::ranges::sort(hops);
  const auto repeated = std::ranges::unique(hops);
  hops.erase(repeated.begin(), repeated.end());
  std::vector<store::Shard> shards;
  for (const auto hop : hops) shards.push_back({store::ShardKind::outbox, hop});
  return shards;
}

/// Every outbox entry of a message stands under its position, whatever it was cut into.
base::Result<> not_queued(const commit::Stage& stage, const journal::Entry& entry) {
  base::Writer prefix;
  entry.position.encode(prefix);
  const auto hops = hops_of(stage, entry);
  if (!hops) return std::unexpected(hops.error());
  for (const auto& hop : *hops) {
    auto waits = stage.any(hop, store::Table::outbox, prefix.str());
    if (!waits) return std::unexpected(waits.error());
    if (*waits) return base::fail(text_of(entry), errc::queued);
  }
  return {};
}

base::Result<> not_held(const commit::Stage& stage, const Leaving& leaving, const Holds& holds) {
  const auto ask = [&](std::optional<std::uint32_t> recipient) -> base::Result<> {
    auto hold = holds.hold_on(stage, leaving.entry, recipient);
    if (!hold) return std::unexpected(hold.error());
    if (*hold) return base::fail(text_of(leaving.entry) + ", hold " + **hold, errc::held);
    return {};
  };
  for (const auto recipient : leaving.recipients)
    if (auto free = ask(recipient); !free) return free;
  return leaving.extent == Leaving::Extent::whole ? ask(std::nullopt) : base::Result<>();
}

base::Result<> free_places(commit::Stage& stage, const commit::Owners& owners, const Leaving& leaving) {
  const auto& entry = leaving.entry;
  std::vector<std::string> places;
  for (const auto i : leaving.recipients)
    for (auto& place : journal::places_of(entry.plan.recipients[i], entry.envelope.recipients[i].forward_path))
      places.push_back(std::move(place));
  if (leaving.extent == Leaving::Extent::whole && entry.plan.sent) places.push_back(journal::place_of(*entry.plan.sent));
  for (const auto& place : places)
    if (auto freed = owners.places.free(stage, entry, place); !freed) return freed;
  return {};
}

/// Places of those who stay. What the number had filled otherwise is not told from what was theirs who go.
Names places_left(const Leaving& leaving) {
  const auto& entry = leaving.entry;
  Names left;
  for (std::uint32_t i = 0; i < entry.envelope.recipients.size(); ++i) {
    if (!is_readable(entry, i) || std::ranges::find(leaving.recipients, i) != leaving.recipients.end()) continue;
    for (const auto& place : journal::places_of(entry.plan.recipients[i], entry.envelope.recipients[i].forward_path))
      left.push_back(custody::place_name(place));
  }
  if (entry.plan.sent) left.push_back(custody::place_name(journal::place_of(*entry.plan.sent)));
  return custody::sorted(std::move(left));
}

/// Of those who end and can be told.
Names names_from(const Leaving& leaving) {
  Names names;
  for (const auto i : leaving.recipients)
    if (is_readable(leaving.entry, i)) names.push_back(name_from(leaving.entry, i));
  return custody::sorted(std::move(names));
}

/// Of all who came with the entry, by the book of its number: also of those whose part cannot be read.
base::Result<Names> names_in_book(const commit::Stage& stage, const journal::Entry& entry) {
  auto records = custody::read_received(stage, entry.position.partition, *entry.custody);
  if (!records) return std::unexpected(records.error());
  Names names;
  for (const auto& record : *records)
    if (record.position == entry.position) std::ranges::copy(record.recipients, std::back_inserter(names));
  return custody::sorted(std::move(names));
}

base::Result<> forget_received(commit::Stage& stage, const commit::Owners& owners, const Leaving& leaving) {
  const auto& entry = leaving.entry;
  if (!entry.custody) return {};
  if (leaving.extent == Leaving::Extent::whole) return owners.received.forget(stage, *entry.custody, entry.position);
  return owners.received.forget(stage, *entry.custody, entry.position, names_from(leaving), places_left(leaving));
}

base::Result<> forget_owed(commit::Stage& stage, const commit::Owners& owners, const Leaving& leaving) {
  Names names;
  for (const auto i : leaving.recipients) std::ranges::copy(names_to(leaving.entry, i), std::back_inserter(names));
  names = custody::sorted(std::move(names));
  return each_owed(stage, leaving.entry, [&](const Number& number, const custody::Owed&) {
    if (leaving.extent == Leaving::Extent::whole) return owners.owed.forget(stage, number);
    return owners.owed.forget(stage, number, names);
  });
}

/// Did the other machine get any of it, and has not ended it itself?
bool was_handed_over(const custody::Owed& owed) {
  const auto had = [&](custody::Settled how) { return (owed.settled & static_cast<std::uint8_t>(how)) != 0; };
  return had(custody::Settled::receipt) || had(custody::Settled::no_receipt);
}

Names common_to(const Names& names, const Names& others) {
  return custody::without(names, custody::without(names, others));
}

}  // namespace

bool is_readable(const journal::Entry& entry, std::uint32_t i) {
  const auto& forward_path = entry.envelope.recipients[i].forward_path;
  return !forward_path.local.empty() || !forward_path.domain.empty();  // <Postmaster> has no domain
}

Names names_to(const journal::Entry& entry, std::uint32_t i) {
  Names names;
  for (const auto& enqueue : entry.plan.recipients[i].enqueues)
    names.push_back(custody::name_of(entry.facts.handed,
                                     enqueue.forward_path ? *enqueue.forward_path : entry.envelope.recipients[i].forward_path));
  return custody::sorted(std::move(names));
}

custody::Name name_from(const journal::Entry& entry, std::uint32_t i) {
  return custody::name_of(entry.facts.received, entry.envelope.recipients[i].forward_path);
}

bool lacks_receipt(const custody::Owed& owed) {
  constexpr auto had =
      static_cast<std::uint8_t>(custody::Settled::receipt) | static_cast<std::uint8_t>(custody::Settled::ended);
  return (owed.settled & ~had) != 0;
}

base::Result<> may_end(const commit::Stage& stage, const Leaving& leaving, const Holds& holds, Receipts receipts) {
  const auto& entry = leaving.entry;
  if (!entry.brings_message()) return base::fail(text_of(entry), errc::tells);
  if (auto free = not_held(stage, leaving, holds); !free) return free;
  if (auto free = not_queued(stage, entry); !free) return free;
  return each_owed(stage, entry, [&](const Number& number, const custody::Owed& owed) -> base::Result<> {
    if (!owed.final()) return base::fail(text_of(entry), errc::owed);
    if (receipts == Receipts::demanded && lacks_receipt(owed))
      return base::fail(text_of(entry) + ", number " + std::to_string(number.number), errc::no_receipt);
    return {};
  });
}

base::Result<std::vector<Order::Item>> items_of(const commit::Stage& stage, const Leaving& leaving) {
  const auto& entry = leaving.entry;
  std::vector<Order::Item> items;
  Names went;
  for (const auto i : leaving.recipients) std::ranges::copy(names_to(entry, i), std::back_inserter(went));
  went = custody::sorted(std::move(went));
  if (entry.custody) {
    auto came = leaving.extent == Leaving::Extent::whole ? names_in_book(stage, entry) : names_from(leaving);
    if (!came) return std::unexpected(came.error());
    if (!came->empty()) items.push_back({*entry.custody, entry.facts.received, std::move(*came)});
  }
  auto read = each_owed(stage, entry, [&](const Number& number, const custody::Owed& owed) -> base::Result<> {
    auto names = leaving.extent == Leaving::Extent::whole ? owed.recipients : common_to(went, owed.recipients);
    if (!names.empty() && was_handed_over(owed)) items.push_back({number, owed.digest, std::move(names)});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return items;
}

base::Result<> forget(commit::Stage& stage, const commit::Owners& owners, const Leaving& leaving) {
  const auto& entry = leaving.entry;
  if (auto freed = free_places(stage, owners, leaving); !freed) return freed;
  if (auto forgot = forget_received(stage, owners, leaving); !forgot) return forgot;
  if (auto forgot = forget_owed(stage, owners, leaving); !forgot) return forgot;
  if (leaving.extent == Leaving::Extent::whole && !entry.made.empty())
    stage.erase(custody::shard_of(entry.position.partition), store::Table::made, entry.made);
  return {};
}

}  // namespace understudy::archive::endings
