/// The book of who receives: which numbers came, with which octets, which places they filled and whom they reached. For ever,
/// so that no number files a message twice; and all that a receipt says, so that it can be made again at any time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/custody/new_numbers.hpp"
#include "archive/custody/receipt.hpp"

namespace understudy::archive::custody {

/// What one journal entry did under a number, or a part of that where it is much.
struct Received {
  static constexpr std::size_t max_places = 2000;
  enum class State : std::uint8_t {
    kept,
    ended,  ///< retention has ended the entry: nothing but `position` is known any more
  };

  base::Digest digest{};  ///< of the octets as they came
  Position position;      ///< of the entry
  base::WallTime time{};  ///< of the entry
  Names recipients;       ///< that came with it; at most Receipt::max_recipients
  Names places;           ///< that it filled, by place_name()
  State state = State::kept;
  bool operator==(const Received&) const = default;

  std::string encode() const;
  /// errc::damaged
  static base::Result<Received> decode(std::string_view value);
};

/// Of a place as journal/places.hpp writes it.
Name place_name(std::string_view place);
Receipt receipt_of(const Number& number, const Received& received, const Life& by, base::Random& random);

/// Of one number: entries, and parts of such as have more recipients or places than a record holds. All of them are read when
/// the number comes again, so that there must be few.
inline constexpr std::uint16_t max_received = 64;
/// Recipients and places of one number, together.
inline constexpr std::size_t max_received_names = 20'000;
std::string received_key(const Number& number, std::uint16_t record);
/// Of all numbers of the life (and partition) that gave this one, as the store has them; 0: none came. errc::damaged.
base::Result<std::uint64_t> highest_received(const store::Reader& reader, std::uint16_t partition, const Number& number);
/// Has anything come under a number of this sender's?
base::Result<bool> any_received(const store::Reader& reader, std::uint16_t partition, const InstanceId& from);
/// What came under the number into the journal `partition` here, in order. In a store::Reader as it is stored, in a
/// commit::Stage as it will be. errc::damaged.
template <class Source>
base::Result<std::vector<Received>> read_received(const Source& source, std::uint16_t partition, const Number& number) {
  const store::Shard shard{store::ShardKind::journal, partition};
  std::vector<Received> all;
  for (std::uint16_t record = 0; record < max_received; ++record) {
    auto value = source.get(shard, store::Table::received, received_key(number, record));
    if (!value) return std::unexpected(value.error());
    if (!*value) break;
    auto received = Received::decode(**value);
    if (!received) return base::fail(number.text(), received.error());
    all.push_back(std::move(*received));
  }
  return all;
}

/// All that came under one number.
struct Known {
  Received::State state = Received::State::kept;  ///< ended: each of its entries is, and what comes is taken for a repetition
  base::Digest digest{};                          ///< not where it is ended
  Position last;                                  ///< the latest of its entries
  Names recipients, places;
  std::uint16_t records = 0;
};

/// The committer's thread only.
class ReceivedBook {
 public:
  /// The only one that writes what comes into this partition.
  ReceivedBook(const store::Store& store, std::uint16_t partition) : store_(store), partition_(partition) {}

  /// nullopt: it never came. errc::damaged.
  base::Result<std::optional<Known>> find(const commit::Stage& stage, const Number& number);
  /// `known`: as found; nullopt: it never came. errc::exhausted: it has come too often, each time with something new.
  base::Result<> note(commit::Stage& stage, const Number& number, const std::optional<Known>& known, const Received& received);
  /// The entry at `position` has ended: of what it did under the number only that it was there is remembered.
  base::Result<> forget(commit::Stage& stage, const Number& number, Position position) const;
  /// The same of some of its recipients, and of the places that only they had.
  base::Result<> forget(commit::Stage& stage, const Number& number, Position position, const Names& recipients,
                        const Names& places) const;

 private:
  void learn(const Number& number);

  const store::Store& store_;
  std::uint16_t partition_;
  NewNumbers new_;
};

}  // namespace understudy::archive::custody
