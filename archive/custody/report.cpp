#include "archive/custody/report.hpp"

#include <algorithm>
#include <optional>

#include "archive/custody/received.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/scan.hpp"

namespace understudy::archive::custody {
namespace {

constexpr std::uint16_t our_partition = 0;

/// The first of `from`..`to` for which `at_or_after` holds, where it holds for all behind such a one; nullopt of it: not known,
/// as the next one.
template <class Holds>
base::Result<std::uint64_t> first_where(std::uint64_t from, std::uint64_t to, Holds holds) {
  while (from < to) {
    const auto middle = from + (to - from) / 2;
    auto held = holds(middle);
    if (!held) return std::unexpected(held.error());
    if (*held)
      to = middle;
    else
      from = middle + 1;
  }
  return from;
}

/// Builds a section, number by number in order.
class Builder {
 public:
  explicit Builder(const Span& span) { section_.span = span; }

  base::Result<> add(std::uint64_t number, Standing standing, const base::Digest& digest) {
    if ((number - section_.span.from) % Section::block == 0) close();
    section_.counts[standing] += 1;
    if (standing == Standing::receipt) {
      plain_.u64(number).raw(base::view(digest));
      return {};
    }
    auto& all = section_.exceptions;
    if (!all.empty() && all.back().to + 1 == number && all.back().standing == standing) {
      all.back().to = number;
      return {};
    }
    if (all.size() == Section::most_exceptions)
      return base::fail("report (more stretches of numbers are not plain than it names; take a shorter period)",
                        base::errc::too_long);
    all.push_back({number, number, standing});
    return {};
  }
  Section take() {
    close();
    return std::move(section_);
  }

 private:
  void close() {
    if (open_) {
      const std::string octets = plain_.take();
      section_.blocks.push_back(base::sha256(octets));
    }
    plain_ = base::Writer();
    open_ = true;
  }

  Section section_;
  base::Writer plain_;
  bool open_ = false;
};

/// The time of the first entry from `number` on that is not ended; nullopt: there is none below `end`.
base::Result<std::optional<base::WallTime>> time_from(const store::Reader& reader, const Number& number, std::uint64_t end) {
  auto cursor = reader.scan(shard_of(number.partition), store::Table::owed, owed_key(number));
  const std::string last = owed_key(number_of(life_of(number), number.partition, end));
  for (; cursor->valid() && cursor->key() < last; cursor->next()) {
    auto owed = Owed::decode(cursor->value());
    if (owed && owed->state == Owed::State::kept) return std::optional(owed->time);
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return std::optional<base::WallTime>();
}

base::Result<std::optional<base::WallTime>> entry_time_from(const store::Reader& reader, std::uint64_t index,
                                                            std::uint64_t end) {
  for (; index < end; ++index) {
    auto entry = journal::read(reader, {our_partition, index});
    if (entry) return std::optional(entry->time);
    using enum base::errc;
    if (entry.error().code != not_found && entry.error().code != damaged && entry.error().code != no_key)
      return std::unexpected(entry.error());
  }
  return std::optional<base::WallTime>();
}

/// In `standings` of what came: from the first record of each number.
class Came {
 public:
  Came(const store::Reader& reader, const Span& span)
      : span_(span),
        cursor_(reader.scan(shard_of(our_partition), store::Table::received,
                            received_key(number_of(span.life, span.partition, span.from), 0))) {}

  struct What {
    Standing standing = Standing::unknown;
    base::Digest digest{};
  };
  /// Numbers grow from call to call.
  base::Result<What> at(std::uint64_t number) {
    What what;
    for (; cursor_->valid(); cursor_->next()) {
      base::Reader key(cursor_->key());
      const auto at = decode_number(key);
      if (life_of(at) != span_.life || at.partition != span_.partition || at.number > number) return what;
      if (at.number < number) continue;
      auto received = Received::decode(cursor_->value());
      if (!received) return base::fail(at.text(), received.error());
      const bool kept = received->state == Received::State::kept;
      if (kept) return What{Standing::receipt, received->digest};
      what.standing = Standing::ended;  // unless a later record of it is there still
    }
    if (auto ended = cursor_->status(); !ended) return std::unexpected(ended.error());
    return what;
  }

 private:
  const Span& span_;
  std::unique_ptr<store::Cursor> cursor_;
};

void widen(std::vector<Span>& spans, const Number& number) {
  auto found = std::ranges::find_if(
      spans, [&](const Span& span) { return span.life == life_of(number) && span.partition == number.partition; });
  if (found == spans.end())
    found = spans.insert(spans.end(), {life_of(number), number.partition, number.number, number.number});
  found->from = std::min(found->from, number.number);
  found->to = std::max(found->to, number.number + 1);
}

void add(std::vector<FromClient>& clients, const journal::Entry& entry) {
  auto found = std::ranges::find(clients, entry.origin.client, &FromClient::client);
  if (found == clients.end()) {
    found = clients.insert(clients.end(), FromClient{entry.origin.client});
    found->first = entry.time;
  }
  found->messages += 1;
  found->recipients += entry.envelope.recipients.size();
  found->octets += entry.facts.size;
  found->numbered += entry.custody ? 1 : 0;
  found->first = std::min(found->first, entry.time);
  found->last = std::max(found->last, entry.time);
}

}  // namespace

base::Result<std::vector<Span>> spans_of(const store::Reader& reader, std::uint16_t partition, const InstanceId& giver,
                                         base::WallTime since, base::WallTime until) {
  auto lives = read_lives(reader, partition, giver);
  if (!lives) return std::unexpected(lives.error());
  std::vector<Span> spans;
  std::uint64_t numbers = 0;
  for (const auto& [life, of_partition, marks] : *lives) {
    const auto first_at = [&](base::WallTime time) {
      return first_where(1, marks.next, [&](std::uint64_t n) -> base::Result<bool> {
        auto found = time_from(reader, number_of(life, of_partition, n), marks.next);
        if (!found) return std::unexpected(found.error());
        return !*found || **found >= time;
      });
    };
    auto from = first_at(since), to = first_at(until);
    if (!from) return std::unexpected(from.error());
    if (!to) return std::unexpected(to.error());
    if (*from >= *to) continue;
    numbers += *to - *from;
    spans.push_back({life, of_partition, *from, *to});
  }
  if (numbers > Span::most_numbers)
    return base::fail("report (more than " + std::to_string(Span::most_numbers) + " numbers; take a shorter period)",
                      base::errc::too_long);
  return spans;
}

base::Result<Section> given_in(const store::Reader& reader, const Span& span, base::WallTime before) {
  Builder builder(span);
  auto cursor =
      reader.scan(shard_of(span.partition), store::Table::owed, owed_key(number_of(span.life, span.partition, span.from)));
  for (auto n = span.from; n < span.to; ++n) {
    const auto key = owed_key(number_of(span.life, span.partition, n));
    auto standing = base::Result<Standing>(Standing::unknown);
    base::Digest digest{};
    if (cursor->valid() && cursor->key() == key) {
      auto owed = Owed::decode(cursor->value());
      cursor->next();
      if (owed) {
        digest = owed->digest;
        standing = owed->state == Owed::State::ended ? Standing::ended : standing_of(reader, *owed, before);
      }
    }
    if (!standing) return std::unexpected(standing.error());
    if (auto added = builder.add(n, *standing, digest); !added) return std::unexpected(added.error());
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return builder.take();
}

base::Result<Section> taken_in(const store::Reader& reader, const Span& span) {
  if (span.from == 0 || span.from > span.to || span.to - span.from > Span::most_numbers)
    return base::fail("report (numbers)", base::errc::too_long);
  Builder builder(span);
  Came came(reader, span);
  for (auto n = span.from; n < span.to; ++n) {
    auto what = came.at(n);
    if (!what) return std::unexpected(what.error());
    if (auto added = builder.add(n, what->standing, what->digest); !added) return std::unexpected(added.error());
  }
  return builder.take();
}

base::Result<Arrived> arrived_in(const store::Reader& reader, std::uint16_t partition, base::WallTime since,
                                 base::WallTime until) {
  auto numbers = journal::read_numbers(reader, partition);
  if (!numbers) return std::unexpected(numbers.error());
  const auto end = numbers->frontier.size();
  const auto first_at = [&](base::WallTime time) {
    return first_where(0, end, [&](std::uint64_t index) -> base::Result<bool> {
      auto found = entry_time_from(reader, index, end);
      if (!found) return std::unexpected(found.error());
      return !*found || **found >= time;
    });
  };
  auto from = first_at(since), to = first_at(until);
  if (!from) return std::unexpected(from.error());
  if (!to) return std::unexpected(to.error());
  if (*to > *from && *to - *from > Arrived::most_entries)
    return base::fail("report (more than " + std::to_string(Arrived::most_entries) + " messages; take a shorter period)",
                      base::errc::too_long);
  Arrived arrived;
  journal::Scan scan(reader, partition);
  for (auto index = *from; index < *to; ++index) {
    auto sealed = scan.sealed(index);
    auto entry = sealed ? journal::open(*sealed) : base::Result<journal::Entry>(std::unexpected(sealed.error()));
    if (!entry) {
      arrived.unreadable += 1;
      continue;
    }
    if (!entry->brings_message() || entry->origin.via != routing::Via::network) continue;
    add(arrived.clients, *entry);
    if (entry->custody) widen(arrived.spans, *entry->custody);
  }
  return arrived;
}

}  // namespace understudy::archive::custody
