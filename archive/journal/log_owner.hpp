/// The owner of one Merkle log, whatever its entries are: gives out leaf indexes, keeps the tree's frontier and signs what of
/// it is durable. Leaves only ever grow at the end.
#pragma once

#include <cstdint>
#include <optional>

#include "archive/commit/stage.hpp"
#include "archive/journal/entry.hpp"
#include "archive/journal/head.hpp"
#include "archive/journal/key_change.hpp"
#include "archive/journal/log.hpp"
#include "archive/journal/tree.hpp"
#include "base/clock.hpp"

namespace understudy::archive::journal {

/// The committer's thread only.
class LogOwner {
 public:
  LogOwner(const store::Store& store, Log log) : store_(store), log_(log), shard_(shard_of(log)) {}
  virtual ~LogOwner() = default;

  /// errc::damaged where log and numbers contradict each other: nothing may be appended then.
  base::Result<> load();

  Log log() const { return log_; }
  std::uint16_t partition() const { return log_.partition; }
  Position next() const { return {log_.partition, frontier_.size()}; }
  const Frontier& frontier() const { return frontier_; }
  /// What no power cut takes back: heads are signed of it alone.
  const Frontier& durable() const { return durable_; }
  /// Entries below it have been applied to every shard that they touch, durably.
  std::uint64_t projected() const { return projected_; }

  /// The key that the log told of last, as it will be after what is staged.
  base::Result<std::optional<base::PublicKey>> told_key(const commit::Stage& stage) const;
  /// Stages an entry that tells of a key which signs heads from here on.
  virtual base::Result<> tell_key(commit::Stage& stage, const KeyChange& change, base::WallTime now) = 0;
  /// Stages the signed head of the tree as it is durable; or gives the one that is there, where nothing was added since and
  /// `key` has signed it. Book and partition of `name` are this log's. errc::not_found: the tree is empty.
  base::Result<SignedHead> sign(commit::Stage& stage, LogName name, const base::SigningKey& key, base::WallTime now) const;
  /// Once for each group, after the last append.
  void finish(commit::Stage& stage);

  void committed();  ///< the group is durable, with all that it projected
  void forget();     ///< the group was dropped
  void savepoint() { before_ = frontier_; }
  void roll_back() { frontier_ = before_; }

 protected:
  /// Stages the entry at next() with its leaf.
  void append_sealed(commit::Stage& stage, const Sealed& sealed);
  /// Stages that the entry at `index` tells of this key.
  void note_key(commit::Stage& stage, std::uint64_t index, const base::PublicKey& key);

  const store::Store& store_;
  const Log log_;
  const store::Shard shard_;

 private:
  Frontier frontier_, durable_;
  Frontier before_;  ///< at the savepoint
  std::uint64_t projected_ = 0;
};

}  // namespace understudy::archive::journal
