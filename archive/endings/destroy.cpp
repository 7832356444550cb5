#include "archive/endings/destroy.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "archive/custody/owed.hpp"
#include "archive/endings/errc.hpp"
#include "archive/endings/judge.hpp"
#include "archive/endings/traces.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/sealed_parts.hpp"
#include "archive/outbox/id.hpp"

namespace understudy::archive::endings {
namespace {

constexpr std::size_t numbers_at_once = 1000;

/// Is any part of an entry under the key of one account?
class HeldBy {
 public:
  HeldBy(const store::Reader& reader, mailbox::AccountNumber account) : reader_(reader), shard_(mailbox::shard_of(account)) {}

  /// The last answer is kept: entries of one message stand together.
  base::Result<bool> operator()(Position position) {
    if (position_ == position) return held_;
    const auto sealed = journal::read_sealed(reader_, position);
    if (!sealed) return std::unexpected(sealed.error());
    position_ = position;
    held_ = journal::holders_of(*sealed).contains(shard_);
    return held_;
  }

 private:
  const store::Reader& reader_;
  store::Shard shard_;
  std::optional<Position> position_;
  bool held_ = false;
};

std::string text_of(Position position) {
  return "the message of journal entry " + position.text();
}

/// What cannot be read, so that nobody can say whether it is hers: named at once, that one round of acts is enough.
class Unjudged {
 public:
  void add(std::string what) {
    if (all_.insert(what).second && all_.size() <= most_named) names_ += (names_.empty() ? "" : ", ") + std::move(what);
  }
  base::Result<> told() const {
    if (all_.empty()) return {};
    const auto more = all_.size() > most_named ? " and " + std::to_string(all_.size() - most_named) + " more" : std::string();
    return base::fail("what waits and cannot be read may be for the account: " + names_ + more +
                          "; deliver or remove what is queued (`queue list`), and see `journal custody` for what is owed",
                      base::errc::damaged);
  }

 private:
  static constexpr std::size_t most_named = 20;
  std::set<std::string> all_;
  std::string names_;
};

base::Result<> not_queued(const store::Reader& reader, HeldBy& held, Unjudged& unjudged) {
  const auto hops = reader.shards(store::Table::outbox);
  if (!hops) return std::unexpected(hops.error());
  for (const auto& hop : *hops) {
    auto cursor = reader.scan(hop, store::Table::outbox);
    for (; cursor->valid(); cursor->next()) {
      base::Reader key(cursor->key());
      const auto position = Position::decode(key);
      const auto hers = held(position);
      if (!hers && !is_unreadable(hers.error())) return std::unexpected(hers.error());
      if (!hers) unjudged.add("journal entry " + position.text() + " (queued)");
      if (hers && *hers) return base::fail(text_of(position), errc::queued);
    }
    if (auto ended = cursor->status(); !ended) return ended;
  }
  return {};
}

base::Result<> not_owed(const store::Reader& reader, const custody::InstanceId& instance, HeldBy& held, Unjudged& unjudged) {
  const auto partitions = journal::partitions(reader);
  if (!partitions) return std::unexpected(partitions.error());
  for (const auto partition : *partitions) {
    std::string from;
    do {
      const auto open = custody::read_open(reader, partition, instance, from, numbers_at_once);
      if (!open) return std::unexpected(open.error());
      for (const auto& number : open->numbers) {
        const auto owed = custody::find_owed(reader, number);
        if (!owed && !is_unreadable(owed.error())) return std::unexpected(owed.error());
        if (!owed) unjudged.add("custody number " + std::to_string(number.number));
        if (!owed || !*owed || (*owed)->final()) continue;
        const auto hers = held((*owed)->position);
        if (!hers && !is_unreadable(hers.error())) return std::unexpected(hers.error());
        if (!hers) unjudged.add("journal entry " + (*owed)->position.text() + " (owed)");
        if (hers && *hers) return base::fail(text_of((*owed)->position), errc::owed);
      }
      from = open->next;
    } while (!from.empty());
  }
  return {};
}

}  // namespace

base::Result<> may_destroy_key(const store::Reader& reader, const custody::InstanceId& instance,
                               mailbox::AccountNumber account) {
  HeldBy held(reader, account);
  Unjudged unjudged;
  if (auto free = not_queued(reader, held, unjudged); !free) return free;
  if (auto free = not_owed(reader, instance, held, unjudged); !free) return free;
  return unjudged.told();
}

base::Result<EntriesOf> entries_of(const store::Reader& reader, mailbox::AccountNumber account) {
  EntriesOf found;
  auto& entries = found.positions;
  auto log = reader.scan(mailbox::shard_of(account), store::Table::account_log);
  for (; log->valid(); log->next()) {
    const auto change = mailbox::decode_change(log->value());
    if (!change && !is_unreadable(change.error())) return std::unexpected(change.error());
    if (!change) {
      found.unreadable += 1;
      continue;
    }
    const auto* filed = std::get_if<mailbox::Filed>(&*change);
    if (filed && filed->message.source == mailbox::Source::arrival) entries.push_back(filed->message.position);
  }
  const auto ended = log->status();
  if (!ended && ended.error().code != base::errc::no_key) return std::unexpected(ended.error());
  std::ranges::sort(entries);
  const auto repeated = std::ranges::unique(entries);
  entries.erase(repeated.begin(), repeated.end());
  return found;
}

namespace {

/// Those that recipient `i` has for himself go with the account only where he leads to nobody else.
std::vector<std::string> places_for(const journal::Entry& entry, std::size_t i, const routing::AccountName& account) {
  const auto& plan = entry.plan.recipients[i];
  const auto is_hers = [&](const routing::File& file) { return file.account == account; };
  if (std::ranges::none_of(plan.files, is_hers)) return {};
  if (std::ranges::all_of(plan.files, is_hers)) return journal::places_of(plan, entry.envelope.recipients[i].forward_path);
  std::vector<std::string> places;
  for (const auto& file : plan.files)
    if (is_hers(file)) places.push_back(journal::place_of(file));
  return places;
}

}  // namespace

base::Result<std::vector<Position>> free_places_of(commit::Stage& stage, const commit::Owners& owners,
                                                   std::span<const Position> entries, const routing::AccountName& account) {
  std::vector<Position> passed_over;
  for (const auto position : entries) {
    const auto sealed = journal::read_sealed(stage, position);
    const auto entry = sealed ? journal::open(*sealed) : std::unexpected(sealed.error());
    const bool is_gone = sealed && !entry && (entry.error().code == base::errc::no_key || is_ended(sealed->common));
    if (is_gone) continue;
    if (!entry && !is_unreadable(entry.error())) return std::unexpected(entry.error());
    if (!entry) {
      passed_over.push_back(position);
      continue;
    }
    std::vector<std::string> places;
    for (std::size_t i = 0; i < entry->plan.recipients.size(); ++i)
      std::ranges::move(places_for(*entry, i, account), std::back_inserter(places));
    if (entry->plan.sent && entry->plan.sent->account == account) places.push_back(journal::place_of(*entry->plan.sent));
    for (const auto& place : places)
      if (auto freed = owners.places.free(stage, *entry, place); !freed) return std::unexpected(freed.error());
  }
  return passed_over;
}

base::Result<> has_all_receipts(const store::Reader& reader, mailbox::AccountNumber account) {
  const auto entries = entries_of(reader, account);
  if (!entries) return std::unexpected(entries.error());
  for (const auto position : entries->positions) {
    const auto sealed = journal::read_sealed(reader, position);
    if (!sealed) return base::fail(text_of(position), sealed.error());
    const auto entry = journal::open(*sealed);
    if (!entry && entry.error().code == base::errc::no_key) continue;  // what it had is unreadable as it is
    if (!entry) return std::unexpected(entry.error());
    auto all = each_owed(reader, *entry, [&](const custody::Number&, const custody::Owed& owed) -> base::Result<> {
      if (lacks_receipt(owed)) return base::fail(text_of(position), errc::no_receipt);
      return {};
    });
    if (!all) return all;
  }
  return {};
}

}  // namespace understudy::archive::endings
