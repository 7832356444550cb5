#include "archive/custody/overdue.hpp"

#include <algorithm>

#include "archive/commit/outgoing.hpp"
#include "archive/journal/reader.hpp"
#include "archive/outbox/owner.hpp"
#include "base/log.hpp"

namespace understudy::archive::custody {
namespace {

/// The outbox entries that the journal entry was worth under this number.
std::vector<outbox::Entry> entries_of(const journal::Entry& entry, const Number& number) {
  auto all = commit::outgoing_of(entry);
  std::erase_if(all, [&](const outbox::Entry& out) { return !out.custody || out.custody->number != number; });
  return all;
}

/// Is any of them still in the outbox, whatever its state? An administrator's hand is one, too.
template <class Source>
base::Result<bool> waits(const Source& source, const std::vector<outbox::Entry>& entries) {
  for (const auto& out : entries) {
    auto value = source.get(out.id.where(), store::Table::outbox, out.id.key());
    if (!value) return std::unexpected(value.error());
    if (*value) return true;
  }
  return false;
}

/// nullopt: retention has ended it.
base::Result<std::optional<journal::Entry>> entry_of(const store::Reader& reader, Position position) {
  auto entry = journal::read(reader, position);
  if (entry) return std::optional(std::move(*entry));
  if (entry.error().code == base::errc::not_found) return std::optional<journal::Entry>();
  return std::unexpected(entry.error());
}

enum class State : std::uint8_t { settled, waiting, young, overdue };

base::Result<State> state_of(const store::Reader& reader, const Number& number, base::WallTime before) {
  auto owed = find_owed(reader, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed || (*owed)->final()) return State::settled;
  auto entry = entry_of(reader, (*owed)->position);
  if (!entry) return std::unexpected(entry.error());
  if (!*entry) return State::settled;  // retention has ended it
  if ((*entry)->time >= before) return State::young;
  auto waiting = waits(reader, entries_of(**entry, number));
  if (!waiting) return std::unexpected(waiting.error());
  return *waiting ? State::waiting : State::overdue;
}

}  // namespace

base::Result<Overdue> find_overdue(const store::Reader& reader, std::uint16_t partition, const Life& life, std::uint64_t from,
                                   base::WallTime before, std::size_t most) {
  Overdue overdue;
  auto marks = find_marks(reader, partition, life);
  if (!marks) return std::unexpected(marks.error());
  auto index = std::max(from, marks->low);
  for (std::size_t looked = 0; index < marks->next; ++index, ++looked) {
    if (looked == most_looked_at || overdue.numbers.size() == most) {
      overdue.next = index;
      break;
    }
    const auto number = number_of(life, partition, index);
    const auto state = state_of(reader, number, before);
    if (!state) {
      base::log::error("custody.unreadable", {{"number", number.text()}, {"reason", state.error().text()}});
      continue;
    }
    if (*state == State::young) break;  // numbers are given in the order of entries
    if (*state == State::overdue) overdue.numbers.push_back(number);
  }
  return overdue;
}

base::Result<bool> hand_over_again(commit::Stage& stage, commit::Owners& owners, const store::Reader& reader,
                                   const Number& number, base::WallTime now) {
  auto owed = find_owed(stage, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed || (*owed)->final()) return false;
  auto entry = entry_of(reader, (*owed)->position);
  if (!entry) return std::unexpected(entry.error());
  if (!*entry) return false;
  auto entries = entries_of(**entry, number);
  auto waiting = waits(stage, entries);
  if (!waiting) return std::unexpected(waiting.error());
  if (*waiting) return false;
  bool staged = false;
  for (auto& out : entries) {
    std::erase_if(out.targets, [&](const outbox::Target& target) {
      return !holds((*owed)->open, name_of((*owed)->digest, target.recipient.forward_path));
    });
    if (out.targets.empty()) continue;
    out.created = out.next_attempt = now;
    if (auto added = owners.outbox.add(stage, std::move(out)); !added) return std::unexpected(added.error());
    staged = true;
  }
  return staged;
}

}  // namespace understudy::archive::custody
