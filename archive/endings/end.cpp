#include "archive/endings/end.hpp"

#include <algorithm>
#include <numeric>

#include "archive/endings/traces.hpp"
#include "archive/journal/reader.hpp"
#include "base/codec.hpp"

namespace understudy::archive::endings {
namespace {

using journal::PartName;

/// Gathers what one entry tells of: as many parts as it may, and one order.
class Run {
 public:
  Run(commit::Stage& stage, commit::Owners& owners, const Ending& ending, base::Random& random, base::WallTime now)
      : stage_(stage), owners_(owners), ending_(ending), random_(random), now_(now) {}

  base::Result<> add(const Wish& wish, const Holds& holds) {
    auto sealed = journal::read_sealed(stage_, wish.position);
    if (!sealed) return std::unexpected(sealed.error());
    if (is_ended(sealed->common)) return already(sealed->common);
    auto entry = what_can_be_read(*sealed);
    if (!entry) return std::unexpected(entry.error());
    auto leaving = leaving_of(wish, *sealed, *entry);
    if (!leaving) return std::unexpected(leaving.error());
    if (leaving->recipients.empty() && leaving->extent == Leaving::Extent::some)
      return already(sealed->parts[wish.recipients.front()]);
    if (auto may = may_end(stage_, *leaving, holds, ending_.receipts); !may) return may;
    auto items = items_of(stage_, *leaving);
    if (!items) return std::unexpected(items.error());
    if (auto forgot = forget(stage_, owners_, *leaving); !forgot) return forgot;
    ended_.entries += 1;
    return take(*leaving, std::move(*items));
  }

  base::Result<Ended> finish() {
    while (!parts_.empty())
      if (auto told = tell(); !told) return std::unexpected(told.error());
    if (!items_.empty()) return base::fail("orders for the other machine", base::errc::too_long);
    return std::move(ended_);
  }

 private:
  /// Of an entry whose key was destroyed no more than how many recipients it had: it ends all the same. What the tables beside
  /// the journal had of it in names and places, as far as they say anything, went with the key.
  static base::Result<journal::Entry> what_can_be_read(const journal::Sealed& sealed) {
    auto entry = journal::open(sealed);
    if (entry || entry.error().code != base::errc::no_key) return entry;
    journal::Entry blank;
    blank.position = sealed.position;
    blank.envelope.recipients.resize(sealed.parts.size());
    blank.plan.recipients.resize(sealed.parts.size());
    return blank;
  }

  base::Result<> already(const journal::SealedPart& part) {
    ended_.told_before = journal::ended_by(part);
    return {};
  }

  static base::Result<Leaving> leaving_of(const Wish& wish, const journal::Sealed& sealed, const journal::Entry& entry) {
    Leaving leaving{entry, wish.recipients, Leaving::Extent::some};
    if (wish.recipients.empty()) {
      leaving.recipients.resize(sealed.parts.size());
      std::iota(leaving.recipients.begin(), leaving.recipients.end(), 0u);
      leaving.extent = Leaving::Extent::whole;
    }
    std::ranges::sort(leaving.recipients);
    const auto repeated = std::ranges::unique(leaving.recipients);
    leaving.recipients.erase(repeated.begin(), repeated.end());
    if (!leaving.recipients.empty() && leaving.recipients.back() >= sealed.parts.size())
      return base::fail("recipient of journal entry " + wish.position.text(), base::errc::not_found);
    std::erase_if(leaving.recipients, [&](std::uint32_t i) { return is_ended(sealed.parts[i]); });
    const auto there = std::ranges::count_if(sealed.parts, [](const auto& part) { return !is_ended(part); });
    if (static_cast<std::size_t>(there) == leaving.recipients.size()) leaving.extent = Leaving::Extent::whole;
    return leaving;
  }

  base::Result<> take(const Leaving& leaving, std::vector<Order::Item> items) {
    const auto position = leaving.entry.position;
    for (const auto i : leaving.recipients) parts_.push_back({position, i});
    if (leaving.extent == Leaving::Extent::whole) parts_.push_back({position, std::nullopt});
    if (!ending_.ordered) std::ranges::move(items, std::back_inserter(items_));
    while (parts_.size() >= journal::Endings::max_parts || octets_of_items() >= Order::max_octets / 2)
      if (auto told = tell(); !told) return told;
    return {};
  }

  std::size_t octets_of_items() const {
    std::size_t octets = 0;
    for (const auto& item : items_) octets += 80 + sizeof(custody::Name) * item.recipients.size();
    return octets;
  }

  /// As many parts as one entry tells of; fewer where there are more orders to give than entries to name them by.
  std::size_t share() const {
    const auto orders = octets_of_items() / (Order::max_octets / 2) + 1;
    return std::clamp<std::size_t>(parts_.size() / orders, 1, journal::Endings::max_parts);
  }

  base::Result<> tell() {
    if (parts_.empty()) return base::fail("orders for the other machine", base::errc::too_long);
    const auto count = static_cast<std::ptrdiff_t>(share());
    journal::Endings endings{reason(), {parts_.begin(), parts_.begin() + count}};
    parts_.erase(parts_.begin(), parts_.begin() + count);
    ended_.parts += endings.parts.size();
    auto told = owners_.journal.end(stage_, std::move(endings), now_);
    if (!told) return std::unexpected(told.error());
    if (!*told) return {};
    ended_.told.push_back(**told);
    order((*told)->index);
    return {};
  }

  std::string reason() const {
    if (!ending_.ordered) return ending_.reason;
    const auto& [who, index] = *ending_.ordered;
    return "by order " + std::to_string(index) + " of " + base::to_hex(mail::smtp::view(who.instance)) + ": " + ending_.reason;
  }

  void order(std::uint64_t index) {
    if (items_.empty()) return;
    Order order;
    order.salt = custody::draw_salt(random_);
    order.by = owners_.owed.life();
    order.index = index;
    order.time = now_;
    order.reason = ending_.reason;
    auto taken = items_.begin();
    for (; taken != items_.end() && order.takes(*taken); ++taken) order.items.push_back(std::move(*taken));
    items_.erase(items_.begin(), taken);
    if (!order.items.empty()) ended_.orders.push_back(std::move(order));
  }

  commit::Stage& stage_;
  commit::Owners& owners_;
  const Ending& ending_;
  base::Random& random_;
  base::WallTime now_;
  std::vector<PartName> parts_;
  std::vector<Order::Item> items_;
  Ended ended_;
};

}  // namespace

base::Result<Ended> stage_ending(commit::Stage& stage, commit::Owners& owners, const Ending& ending, const Holds& holds,
                                 base::Random& random, base::WallTime now) {
  if (ending.wishes.size() > Ending::max_wishes) return base::fail("what is to end", base::errc::too_long);
  if (!is_reason(ending.reason)) return base::fail("the reason of an ending", base::errc::malformed);
  Run run(stage, owners, ending, random, now);
  for (const auto& wish : ending.wishes)
    if (auto added = run.add(wish, holds); !added) return std::unexpected(added.error());
  return run.finish();
}

}  // namespace understudy::archive::endings
