#include "archive/check/outbox.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "archive/check/entries.hpp"
#include "archive/check/walk.hpp"
#include "archive/commit/outgoing.hpp"
#include "archive/custody/owed.hpp"
#include "archive/journal/reader.hpp"
#include "archive/outbox/entry.hpp"
#include "archive/outbox/owner.hpp"
#include "base/codec.hpp"

namespace understudy::archive::check {
namespace {

using archive::outbox::Entry;
using archive::outbox::Id;
using archive::outbox::Target;
using store::Table;

constexpr std::size_t id_octets = 2 + 8 + 2;

class OutboxCheck {
 public:
  OutboxCheck(const store::Reader& reader, Findings& findings, const GoOn& go_on)
      : reader_(reader), findings_(findings), walk_(reader, go_on), entries_(reader) {}

  base::Result<> check(store::Shard shard) {
    shard_ = shard;
    where_ = name_of(shard, {}) + ", ";
    end_of_log_.reset();
    applied_.clear();
    logged_ = 0;
    first_logged_ = 0;
    walk_.each(shard_, Table::outbox_state, [this](auto key, auto value) { state(key, value); });
    walk_.each(shard_, Table::outbox_log, [this](auto key, auto value) { log(key, value); });
    if (logged_ != end_of_log_.value_or(0))
      fault("table outbox_log: it ends at " + std::to_string(logged_) + ", and outbox_state says " +
            std::to_string(end_of_log_.value_or(0)));
    if (first_logged_ > 1 && logged_ - first_logged_ + 1 < archive::outbox::log_kept)
      fault("table outbox_log: what stood before " + std::to_string(first_logged_) + " is missing");
    walk_.each(shard_, Table::outbox, [this](auto key, auto value) { entry(key, value); });
    if (walk_.stopped()) return base::fail("check of the store", base::errc::shutting_down);
    return {};
  }

 private:
  void fault(const std::string& what) { findings_.add(where_ + what); }

  void state(std::string_view key, std::string_view value) {
    base::Reader in(value);
    const bool known = in.u8() == 1;
    const auto number = in.u64();
    const bool whole = known && in.ok() && in.at_end();
    if (whole && key == "n") {
      end_of_log_ = number;
    } else if (whole && key.size() == 1 + 2 && key.front() == 'a') {
      applied({base::Reader(key.substr(1)).u16(), number});
    } else {
      fault("table outbox_state: record " + base::to_hex(key) + ": is not understood");
    }
  }

  /// The last entry that concerned the hop did so.
  void applied(Position next) {
    applied_[next.partition] = next.index;
    const auto end = journal::end_of_log(reader_, next.partition);
    if (end && next.index > *end)
      return fault("knows of " + std::to_string(next.index) + " journal entries of partition " +
                   std::to_string(next.partition) + ", and there are " + std::to_string(*end));
    if (next.index == 0) return;
    const auto& told = entries_.at({next.partition, next.index - 1});
    if (!told.whole()) return;
    const auto is_here = [this](const auto& each) { return each.id.where() == shard_; };
    if (!std::ranges::any_of(commit::outgoing_of(*told.entry), is_here) &&
        !std::ranges::any_of(told.entry->settlements, is_here))
      fault("knows of journal entry " + told.entry->position.text() + ", which did not concern it");
  }

  void log(std::string_view key, std::string_view value) {
    base::Reader name(key), in(value);
    const auto sequence = name.u64();
    const bool known = in.u8() == 1;
    const auto id = Id::from_key(shard_.id, in.rest());
    if (first_logged_ == 0) first_logged_ = sequence;
    if (logged_ > 0 && sequence != logged_ + 1)
      fault("table outbox_log: what stood between " + std::to_string(logged_) + " and " + std::to_string(sequence) +
            " is missing");
    logged_ = sequence;
    known_to_shard(id);
    if (!known || key.size() != 8 || value.size() != 1 + id_octets || entries_.at(id.position).state == Told::State::absent)
      fault("table outbox_log: record " + std::to_string(sequence) + ": is not understood, or its journal entry is not there");
  }

  void entry(std::string_view key, std::string_view value) {
    const auto read = Entry::decode(shard_.id, key, value);
    if (!read) return fault("outbox entry " + Id::from_key(shard_.id, key).text() + ": " + read.error().text());
    if (key.size() != id_octets || !as_written(value, read->encode()))
      return fault("outbox entry " + read->id.text() + ": is not understood");
    known_to_shard(read->id);
    if (const auto wrong = wrong_in(*read); !wrong.empty()) fault("outbox entry " + read->id.text() + ": " + wrong);
  }

  std::string wrong_in(const Entry& entry) {
    const auto& told = entries_.at(entry.id.position);
    if (told.state == Told::State::absent) return "the journal has no such entry";
    if (told.state == Told::State::ended) return "its message has ended";
    if (told.state != Told::State::there) return {};
    const auto all = commit::outgoing_of(*told.entry);
    // What was lost under a number and is handed over again stands under whichever name of that message was free.
    const bool known = std::ranges::any_of(all, [&](const Entry& sent) {
      return (entry.custody ? sent.id.shard == entry.id.shard : sent.id == entry.id) && is_part_of(entry, sent);
    });
    if (!known && told.whole()) return "is not what the journal entry sent";
    if (!entry.custody) return {};
    const auto owed = custody::find_owed(reader_, entry.custody->number);
    if (owed && *owed && (*owed)->state == custody::Owed::State::kept &&
        std::ranges::find((*owed)->entries, entry.id) == (*owed)->entries.end())
      return "table owed does not have it under this number";
    if (!known) return {};  // a part that cannot be read has a say in it
    return wrong_in(*entry.custody, *told.entry);
  }

  /// What comes into a shard comes with the note that its journal entry was applied there.
  void known_to_shard(const Id& id) {
    const auto [applied, is_new] = applied_.try_emplace(id.position.partition, std::numeric_limits<std::uint64_t>::max());
    if (id.position.index >= applied->second)
      fault("table outbox_state: does not know of journal entry " + id.position.text() + ", which is here");
    if (is_new)
      fault("table outbox_state: which journal entries of partition " + std::to_string(id.position.partition) +
            " it knows of is missing");
  }

  static bool is_part_of(const Entry& entry, const Entry& sent) {
    auto envelope = entry.envelope;
    envelope.recipients = sent.envelope.recipients;
    envelope.size = sent.envelope.size;  // not stored
    const bool same = entry.hop == sent.hop && envelope == sent.envelope && entry.body == sent.body &&
                      entry.odd_octets == sent.odd_octets && entry.eight_bit == sent.eight_bit &&
                      entry.message_id == sent.message_id && entry.created == sent.created;
    return same && std::ranges::all_of(entry.targets, [&](const Target& target) {
             return target.state <= archive::outbox::State::held && std::ranges::any_of(sent.targets, [&](const Target& each) {
                      return each.recipient == target.recipient && each.kind == target.kind;
                    });
           });
  }

  static std::string wrong_in(const mail::smtp::Custody& custody, const journal::Entry& entry) {
    auto first = custody.number;
    if (entry.owed) first.number = entry.owed->number;
    const bool ours = entry.owed && first == *entry.owed && custody.number.number >= first.number &&
                      custody.number.number - first.number < std::max<std::size_t>(1, commit::owed_of(entry).size());
    return ours && custody.digest == entry.facts.handed ? std::string() : "is not owed under this number";
  }

  const store::Reader& reader_;
  Findings& findings_;
  Walk walk_;
  Entries entries_;
  store::Shard shard_;
  std::string where_;
  std::optional<std::uint64_t> end_of_log_;
  std::map<std::uint16_t, std::uint64_t> applied_;  ///< of each partition the first entry that it does not know
  std::uint64_t logged_ = 0, first_logged_ = 0;
};

}  // namespace

base::Result<> outbox(const store::Reader& reader, Findings& findings, const GoOn& go_on) {
  std::set<store::Shard> hops;
  for (const auto table : {Table::outbox, Table::outbox_log, Table::outbox_state})
    if (const auto shards = reader.shards(table)) hops.insert(shards->begin(), shards->end());  // else told where it is read
  OutboxCheck check(reader, findings, go_on);
  for (const auto& hop : hops)
    if (auto checked = check.check(hop); !checked) return checked;
  return {};
}

}  // namespace understudy::archive::check
