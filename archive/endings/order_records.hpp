/// Orders as they are kept: those given to the other machine, and those taken from it (docs/store.md, `orders` and
/// `orders_taken`). What names a message goes from a record as soon as nothing more will come of the order. Never does I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/custody/owed.hpp"
#include "archive/endings/order.hpp"
#include "archive/journal/ending.hpp"

namespace understudy::archive::endings {

/// One that was given. Its name is the index of the journal entry that tells of the ending.
struct Given {
  std::uint64_t index = 0;
  Came came = Came::nothing;
  base::WallTime time{};               ///< when it was given
  base::Digest hash{};                 ///< of the order as it was sent last
  std::optional<Order> order;          ///< nullopt: answered for good
  std::optional<SignedAnswer> answer;  ///< the last one
  bool operator==(const Given&) const = default;

  std::string key() const;
  std::string encode() const;
  /// errc::damaged.
  static base::Result<Given> decode(std::string_view key, std::string_view value);
};

/// One that was taken.
struct Taken {
  std::uint64_t number = 0;  ///< here, from 1: how people name it
  Came came = Came::waiting;
  custody::Life by;         ///< who ordered
  std::uint64_t index = 0;  ///< of the order there
  base::Digest hash{};
  base::Signature signature{};
  base::PublicKey key{};
  base::WallTime time{};  ///< when it came
  std::string reason;
  std::uint64_t answer = 0;               ///< number of its answer, from 1
  std::optional<std::uint64_t> ended_by;  ///< the entry here that tells of the ending
  base::WallTime answered{};
  std::string why;
  std::vector<journal::PartName> parts;  ///< what it is for; none once it is answered for good

  /// Why it waits where something that it names cannot be read here: it is judged again each time that it comes.
  static constexpr std::string_view unreadable = "what is kept of it cannot be read";
  /// Added to why it waits, or was carried out or refused, where that is so of some that it names: their parts stay.
  static constexpr std::string_view partial = "of some recipients nobody can say who they are: their key was destroyed";
  bool is_partial() const { return why.ends_with(partial); }
  bool waits_to_be_read() const { return came == Came::waiting && why == unreadable; }
  bool operator==(const Taken&) const = default;

  std::string record_key() const;
  std::string encode() const;
  static base::Result<Taken> decode(std::string_view key, std::string_view value);
};

/// The other machine's name of an order: under it stands its number here.
std::string taken_name_key(const custody::Life& by, std::uint64_t index);
std::string taken_answer_key(std::uint64_t answer);

/// Under it the number of an order that changed nothing here when it came: the oldest of these go (TakenCount).
std::string taken_idle_key(std::uint64_t idle);

/// How many orders and answers there were.
struct TakenCount {
  /// Of orders that were answered for good as they came, for they were refused, or what they name was not here or had ended
  /// before: more are not kept, since who orders could go on for ever.
  static constexpr std::uint64_t most_idle = 1000;
  /// Of orders that wait, for a person or for what they name: each has up to 60 KiB of names, and who orders could go on for
  /// ever. A further one is not taken before one of these is answered for good.
  static constexpr std::size_t most_waiting = 1000;

  std::uint64_t next = 1, next_answer = 1;
  std::uint64_t first_idle = 1, next_idle = 1;  ///< of these the first that is kept, and the one that comes next
  std::string encode() const;
  static base::Result<TakenCount> decode(const std::optional<std::string>& value);
};
inline constexpr std::string_view taken_count_key = "c";

// In a store::Reader as it is stored, in a commit::Stage as it will be. errc::damaged. Records that a list() cannot read are
// logged and passed over.

template <class Source>
base::Result<std::optional<Given>> find_given(const Source& source, std::uint16_t partition, std::uint64_t index) {
  for (const auto came : {Came::nothing, Came::done}) {
    Given named;
    named.index = index;
    named.came = came;
    auto value = source.get(custody::shard_of(partition), store::Table::orders, named.key());
    if (!value) return std::unexpected(value.error());
    if (!*value) continue;
    auto given = Given::decode(named.key(), **value);
    if (!given) return std::unexpected(given.error());
    return std::optional(std::move(*given));
  }
  return std::optional<Given>();
}

template <class Source>
base::Result<std::optional<Taken>> find_taken(const Source& source, std::uint16_t partition, std::uint64_t number) {
  for (const auto came : {Came::waiting, Came::done}) {
    Taken named;
    named.number = number;
    named.came = came;
    auto value = source.get(custody::shard_of(partition), store::Table::orders_taken, named.record_key());
    if (!value) return std::unexpected(value.error());
    if (!*value) continue;
    auto taken = Taken::decode(named.record_key(), **value);
    if (!taken) return std::unexpected(taken.error());
    return std::optional(std::move(*taken));
  }
  return std::optional<Taken>();
}

/// The number of an order here, by its name there.
template <class Source>
base::Result<std::optional<std::uint64_t>> number_of_taken(const Source& source, std::uint16_t partition,
                                                           const custody::Life& by, std::uint64_t index) {
  auto value = source.get(custody::shard_of(partition), store::Table::orders_taken, taken_name_key(by, index));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<std::uint64_t>();
  base::Reader in(**value);
  const auto number = in.u64();
  if (auto fits = in.check("number of an order"); !fits) return std::unexpected(fits.error());
  return std::optional(number);
}

/// Writes it, and takes away what it was before under another key.
void put(commit::Stage& stage, std::uint16_t partition, const Given& given);
void put(commit::Stage& stage, std::uint16_t partition, const Taken& taken);
/// How many orders of the other machine will wait after this commit; counts no further than `most`. `stored`: what the stage
/// stands on.
base::Result<std::size_t> count_waiting(const commit::Stage& stage, const store::Reader& stored, std::uint16_t partition,
                                        std::size_t most);
/// It is not known here any more, and was answered for good.
void erase(commit::Stage& stage, std::uint16_t partition, const Taken& taken);

enum class Which : std::uint8_t { open, settled };  ///< not answered for good, answered for good
/// In order, from this one on, at most `most`.
base::Result<std::vector<Given>> list_given(const store::Reader& reader, std::uint16_t partition, Which which,
                                            std::uint64_t from, std::size_t most);
base::Result<std::vector<Taken>> list_taken(const store::Reader& reader, std::uint16_t partition, Which which,
                                            std::uint64_t from, std::size_t most);

}  // namespace understudy::archive::endings
