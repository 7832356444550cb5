#include "archive/custody/overdue.hpp"

#include <algorithm>
#include <map>

#include "archive/commit/outgoing.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/sealed_parts.hpp"
#include "archive/outbox/owner.hpp"
#include "base/log.hpp"

namespace understudy::archive::custody {
namespace {

/// Is any of them still in the outbox, whatever its state? An administrator's hand is one, too.
template <class Source>
base::Result<bool> waits(const Source& source, const std::vector<outbox::Id>& entries) {
  for (const auto& id : entries) {
    auto value = source.get(id.where(), store::Table::outbox, id.key());
    if (!value) return std::unexpected(value.error());
    if (*value) return true;
  }
  return false;
}

/// nullopt: retention has ended it.
base::Result<std::optional<journal::Entry>> entry_of(const store::Reader& reader, Position position) {
  auto entry = journal::read(reader, position);
  if (entry) return std::optional(std::move(*entry));
  const auto& code = entry.error().code;
  if (code == base::errc::not_found || code == base::errc::no_key) return std::optional<journal::Entry>();
  return std::unexpected(entry.error());
}

/// Names for outbox entries, those that the number had before: of what is left of a journal entry fewer may come, or others.
class KnownIds {
 public:
  explicit KnownIds(const Owed& owed) {
    for (const auto& id : owed.entries) free_[id.shard].push_back(id);
    for (const auto& id : owed.entries) last_ = std::max(last_, id.ordinal);
  }
  outbox::Id take(const outbox::Id& otherwise) {
    auto& free = free_[otherwise.shard];
    if (free.empty()) {
      last_ = static_cast<std::uint16_t>(std::max<std::uint16_t>(last_, 0x8000) + 1);  // far from those that the entry is worth
      return {otherwise.position, last_, otherwise.shard};
    }
    const auto id = free.front();
    free.erase(free.begin());
    return id;
  }

 private:
  std::map<std::uint64_t, std::vector<outbox::Id>> free_;
  std::uint16_t last_ = 0;
};

/// What of the journal entry is owed still under this number, as outbox entries.
std::vector<outbox::Entry> entries_of(const journal::Entry& entry, const Number& number, const Owed& owed) {
  KnownIds names(owed);
  std::vector<outbox::Entry> entries;
  for (auto& out : commit::outgoing_of(entry)) {
    if (!out.custody) continue;
    std::erase_if(out.targets, [&](const outbox::Target& target) {
      return !holds(owed.open, name_of(owed.digest, target.recipient.forward_path));
    });
    if (out.targets.empty()) continue;
    out.custody = mail::smtp::Custody{number, owed.digest};
    out.id = names.take(out.id);
    entries.push_back(std::move(out));
  }
  return entries;
}

}  // namespace

std::string_view word(Standing standing) {
  switch (standing) {
    case Standing::unknown:
      return "unknown";
    case Standing::waits:
      return "waits";
    case Standing::handed:
      return "handed over";
    case Standing::missing:
      return "missing";
    case Standing::receipt:
      return "receipt";
    case Standing::no_receipt:
      return "no receipt";
    case Standing::given_up:
      return "given up";
    case Standing::ended:
      return "ended";
  }
  return "unknown";
}

Standing final_standing(const Owed& owed) {
  if (owed.settled & static_cast<std::uint8_t>(Settled::given_up)) return Standing::given_up;
  if (owed.settled & static_cast<std::uint8_t>(Settled::no_receipt)) return Standing::no_receipt;
  if (owed.settled & static_cast<std::uint8_t>(Settled::ended)) return Standing::ended;
  return Standing::receipt;
}

base::Result<Standing> standing_of(const store::Reader& reader, const Owed& owed, base::WallTime before) {
  if (owed.final()) return final_standing(owed);
  auto waiting = waits(reader, owed.entries);
  if (!waiting) return std::unexpected(waiting.error());
  if (*waiting) return Standing::waits;
  if (owed.time >= before) return Standing::handed;
  auto entry = entry_of(reader, owed.position);
  if (!entry) return std::unexpected(entry.error());
  return *entry ? Standing::missing : Standing::ended;
}

base::Result<Standing> standing_of(const store::Reader& reader, const Number& number, base::WallTime before) {
  auto owed = find_owed(reader, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed) return Standing::unknown;
  return standing_of(reader, **owed, before);
}

base::Result<Overdue> find_overdue(const store::Reader& reader, std::uint16_t partition, const InstanceId& instance,
                                   std::string_view from, base::WallTime before, std::size_t most) {
  Overdue overdue;
  auto open = read_open(reader, partition, instance, from, most_looked_at);
  if (!open) return std::unexpected(open.error());
  overdue.next = std::move(open->next);
  for (const auto& number : open->numbers) {
    if (overdue.numbers.size() == most) {
      overdue.next = open_key(number);
      break;
    }
    const auto standing = standing_of(reader, number, before);
    if (!standing) base::log::error("custody.unreadable", {{"number", number.text()}, {"reason", standing.error().text()}});
    if (standing && *standing == Standing::missing) overdue.numbers.push_back(number);
  }
  return overdue;
}

base::Result<bool> reopen_final(commit::Stage& stage, commit::Owners& owners, const Number& number) {
  auto owed = find_owed(stage, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed) return false;
  if (!(*owed)->final()) return true;
  return owners.owed.reopen(stage, number);
}

base::Result<bool> hand_over_again(commit::Stage& stage, commit::Owners& owners, const store::Reader& reader,
                                   const Number& number, base::WallTime now) {
  auto owed = find_owed(stage, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed || (*owed)->final()) return false;
  auto waiting = waits(stage, (*owed)->entries);
  if (!waiting) return std::unexpected(waiting.error());
  if (*waiting) return false;
  auto entry = entry_of(reader, (*owed)->position);
  if (!entry) return std::unexpected(entry.error());
  if (!*entry) return false;
  auto entries = entries_of(**entry, number, **owed);
  const auto sealed = journal::read_sealed(reader, (*owed)->position);
  const auto holders = sealed ? journal::shared_holders_of(*sealed) : std::vector<store::Shard>();
  auto book = **owed;
  for (auto& out : entries) {
    if (std::ranges::find(book.entries, out.id) == book.entries.end()) book.entries.push_back(out.id);
    out.created = out.next_attempt = now;
    if (auto added = owners.outbox.add(stage, std::move(out), holders); !added) return std::unexpected(added.error());
  }
  if (book != **owed) owners.owed.note(stage, number, book);
  return !entries.empty();
}

}  // namespace understudy::archive::custody
