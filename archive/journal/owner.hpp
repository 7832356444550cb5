/// The owner of one journal partition: gives out leaf indexes and keeps the tree's frontier. Leaves only ever grow at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/journal/entry.hpp"
#include "archive/journal/head.hpp"
#include "archive/journal/tree.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

namespace understudy::archive::journal {

/// The committer's thread only.
class Owner {
 public:
  Owner(const store::Store& store, std::uint16_t partition, base::Random& random)
      : store_(store), partition_(partition), shard_{store::ShardKind::journal, partition}, random_(random) {}

  /// errc::damaged where log and numbers contradict each other: nothing may be appended then.
  base::Result<> load();

  std::uint16_t partition() const { return partition_; }
  Position next() const { return {partition_, frontier_.size()}; }
  const Frontier& frontier() const { return frontier_; }
  /// What no power cut takes back: heads are signed of it alone.
  const Frontier& durable() const { return durable_; }
  /// Entries below it have been applied to every shard that they touch, durably.
  std::uint64_t projected() const { return projected_; }

  /// Gives `entry` the next position, seals it and stages it with its leaf and its body.
  void append(commit::Stage& stage, Entry& entry, const store::SealedBody& body);
  /// Stages the end of those of `endings.parts` that are not ended yet, and the entry that tells of them, of which the position
  /// is given back; nullopt: all were ended before, nothing was staged. The journal lets go of bodies that no part needs any
  /// more. errc::too_long: over the limits of Endings; errc::not_found: no such entry or recipient; errc::refused: the entry
  /// tells of endings itself, or may not be applied everywhere yet (the group that brings it must be durable).
  base::Result<std::optional<Position>> end(commit::Stage& stage, Endings endings, base::WallTime now);
  /// The key that the journal told of last, as it will be after what is staged.
  base::Result<std::optional<base::PublicKey>> told_key(const commit::Stage& stage) const;
  /// Stages an entry that tells of a key which signs heads from here on.
  Position tell_key(commit::Stage& stage, const KeyChange& change, base::WallTime now);
  /// Stages the signed head of the tree as it is durable; or gives the one that is there, where nothing was added since and
  /// `key` has signed it. errc::not_found: the tree is empty.
  base::Result<SignedHead> sign(commit::Stage& stage, const LogName& log, const base::SigningKey& key,
                                base::WallTime now) const;
  /// Remembers a message made here, so that it is known when it comes back.
  void note_made(commit::Stage& stage, const std::string& unique, const base::Digest& handed, base::WallTime now);
  /// Stages the end of notes older than `made_kept`, looking at no more than `limit` from `from` on. Returns where to go on;
  /// empty: the end was reached.
  base::Result<std::string> expire_made(commit::Stage& stage, std::string_view from, base::WallTime now,
                                        std::size_t limit) const;
  /// A copy never expires, and one that was refused waits for an administrator as long as he likes.
  static constexpr std::chrono::days made_kept{400};
  /// Once for each group, after the last append.
  void finish(commit::Stage& stage);

  void committed();  ///< the group is durable, with all that it projected
  void forget();     ///< the group was dropped
  void savepoint() { before_ = frontier_; }
  void roll_back() { frontier_ = before_; }

 private:
  void add(commit::Stage& stage, Entry& entry);
  /// `names`: parts of one entry. Gives those that were not ended before.
  base::Result<std::vector<PartName>> end_parts_of(commit::Stage& stage, std::span<const PartName> names,
                                                   std::uint64_t by) const;
  void rewrite(commit::Stage& stage, const Sealed& sealed, std::size_t segments_before) const;

  const store::Store& store_;
  std::uint16_t partition_;
  store::Shard shard_;
  base::Random& random_;
  Frontier frontier_, durable_;
  Frontier before_;  ///< at the savepoint
  std::uint64_t projected_ = 0;
};

}  // namespace understudy::archive::journal
