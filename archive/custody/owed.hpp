/// The book of who hands over: which numbers were given to what is owed to another machine, and what has come of each. A number
/// is given in the batch that journals the message, so that no crash lies between accepting and owing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/custody/ended_there.hpp"
#include "archive/custody/receipt_batch.hpp"
#include "archive/outbox/id.hpp"

namespace understudy::archive::custody {

/// How recipients of a number ceased to be owed.
enum class Settled : std::uint8_t {
  receipt = 1,     ///< a signed receipt covers them
  no_receipt = 2,  ///< the next hop took them and gives no receipts, or had other octets under the number before
  given_up = 4,    ///< refused for good, expired, removed by an administrator: told to who has to know, not handed over
  ended = 8,       ///< the other machine had them, and its retention has ended them since: it gives no receipt any more
};

/// A batch of receipts, by who gave it and by its number there: its key in `receipts`.
struct BatchName {
  Life by;
  std::uint64_t number = 0;
  bool operator==(const BatchName&) const = default;
};

/// One number.
struct Owed {
  static constexpr std::size_t max_batches = 30;
  enum class State : std::uint8_t {
    kept,
    ended,  ///< retention has ended the entry: nothing but `position` and `settled` is known any more
  };

  Position position;         ///< of the journal entry
  base::Digest digest{};     ///< of the octets that leave
  Names recipients;          ///< all that were ever owed
  Names open;                ///< of these, those that are so still; none: the number is final
  std::uint8_t settled = 0;  ///< bits of Settled: how the others ceased to be
  /// That have what was said of the number, the latest last. What more than max_batches of them say of it is not kept.
  std::vector<BatchName> batches = {};
  base::WallTime time{};  ///< of the journal entry
  /// Under which names it stands in the outbox, now or before: what is left of the journal entry may be worth other ones.
  std::vector<outbox::Id> entries = {};
  State state = State::kept;
  bool operator==(const Owed&) const = default;

  bool final() const { return open.empty(); }
  std::string encode() const;
  /// errc::damaged
  static base::Result<Owed> decode(std::string_view value);
};

/// Of one life of the store: what the sender announces.
struct Marks {
  std::uint64_t next = 1;  ///< the number that is given next
  std::uint64_t low = 1;   ///< no lower one is open; lowest that may be
  bool operator==(const Marks&) const = default;
};

/// The numbers that one life of a store gave.
struct LifeMarks {
  Life life;
  std::uint16_t partition = 0;
  Marks marks;
  bool operator==(const LifeMarks&) const = default;
};

/// What came of a batch of receipts.
struct TakenReceipts {
  struct Refused {
    Number number;
    Fault fault;
  };
  std::size_t believed = 0;
  std::size_t settled = 0;       ///< of these, that covered somebody who was owed still
  std::vector<Number> closed;    ///< final by this batch
  std::vector<Refused> refused;  ///< changes nothing; to be logged and counted
};

/// The committer's thread only.
class OwedBook {
 public:
  /// Numbers that one call takes the low mark over, at most: a mark that stood for long is caught up with step by step.
  static constexpr std::size_t most_steps = 10'000;

  OwedBook(const store::Store& store, std::uint16_t partition);

  /// Who gives these numbers. errc::malformed: the store's names are none.
  base::Result<> load();
  const Life& life() const { return life_; }

  /// Gives `count` numbers in a row, of which the first one is returned.
  base::Result<Number> give(commit::Stage& stage, std::uint64_t count) const;
  /// Writes what the number is now, and whether it is open into the index of those that are.
  void note(commit::Stage& stage, const Number& number, const Owed& owed) const;
  /// These recipients of the number are owed no more. What is not in the book changes nothing.
  base::Result<> settle(commit::Stage& stage, const Number& number, const Names& recipients, Settled how) const {
    if (auto settled = settle(stage, number, recipients, how, std::nullopt); !settled) return settled;
    return take_marks_on(stage, life_of(number));
  }
  /// All recipients of the number are owed again, whatever was said of them. false: it is not in the book.
  base::Result<bool> reopen(commit::Stage& stage, const Number& number) const;
  /// Its journal entry has ended: that the number was given, and how it was settled, is all that is remembered, and what the
  /// kept receipts say of it is hidden. errc::refused: somebody is owed it still.
  base::Result<> forget(commit::Stage& stage, const Number& number) const;
  /// The same of some of its recipients; the receipts go for all of them. With the last recipient all of it is forgotten.
  base::Result<> forget(commit::Stage& stage, const Number& number, const Names& recipients) const;
  /// The other machine had all of it, and has ended it since: what it signed to that is kept. What is not open changes nothing.
  base::Result<> settle_ended(commit::Stage& stage, const SignedEnded& said) const;
  /// Believes what holds against the book (Fault says what does not), keeps the batch where it believes any of it, and takes
  /// the low mark on.
  base::Result<TakenReceipts> take_receipts(commit::Stage& stage, const SignedByPinned& signed_batch) const;

 private:
  base::Result<> settle(commit::Stage& stage, const Number& number, const Names& recipients, Settled how,
                        const std::optional<BatchName>& batch) const;
  /// What is to be kept of it stays in `kept`; the rest is hidden there.
  base::Result<> take_receipt(commit::Stage& stage, KeptBatch::Kept& kept, const BatchName& batch, TakenReceipts& taken) const;
  base::Result<bool> kept_otherwise(const commit::Stage& stage, const KeptBatch& batch) const;
  base::Result<> keep(commit::Stage& stage, const KeptBatch& batch) const;
  base::Result<> hide_receipts(commit::Stage& stage, const Number& number, const Owed& owed) const;
  base::Result<> take_marks_on(commit::Stage& stage, const Life& life) const;

  const store::Store& store_;
  std::uint16_t partition_;
  store::Shard shard_;
  Life life_;
};

// In a store::Reader as it is stored, in a commit::Stage as it will be. errc::damaged.
inline store::Shard shard_of(std::uint16_t partition) {
  return {store::ShardKind::journal, partition};
}
std::string owed_key(const Number& number);
template <class Source>
base::Result<std::optional<Owed>> find_owed(const Source& source, const Number& number) {
  auto value = source.get(shard_of(number.partition), store::Table::owed, owed_key(number));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<Owed>();
  auto owed = Owed::decode(**value);
  if (!owed) return base::fail(number.text(), owed.error());
  return std::optional(std::move(*owed));
}

/// In the index of open numbers (`custody_state`).
std::string open_key(const Number& number);
struct OpenNumbers {
  std::vector<Number> numbers;
  std::string next;  ///< where to go on; empty: nowhere
};
/// Numbers that are open, of every life of the store, from the key `from` on (empty: the first), at most `most`.
base::Result<OpenNumbers> read_open(const store::Reader& reader, std::uint16_t partition, const InstanceId& instance,
                                    std::string_view from, std::size_t most);
/// What each life of the store gave, at most 1,000 of them.
base::Result<std::vector<LifeMarks>> read_lives(const store::Reader& reader, std::uint16_t partition,
                                                const InstanceId& instance);

/// In `receipts`: who gave the batch, and its number.
std::string receipts_key(const Life& giver, std::uint64_t batch);
/// In `custody_state`: what was signed of a number that has ended there.
std::string ended_key(const Number& number);
std::string marks_key(const Life& life);
base::Result<Marks> decode_marks(const std::optional<std::string>& value);
template <class Source>
base::Result<Marks> find_marks(const Source& source, std::uint16_t partition, const Life& life) {
  auto value = source.get(shard_of(partition), store::Table::custody_state, marks_key(life));
  if (!value) return std::unexpected(value.error());
  return decode_marks(*value);
}

}  // namespace understudy::archive::custody
