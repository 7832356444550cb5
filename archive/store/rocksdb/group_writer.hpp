/// Turns the batches of one or more commits into one write of RocksDB's: so they are durable together, and body holders are
/// counted without a hole. Only the RocksDB engine includes it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>

#include "archive/store/batch.hpp"
#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// Used under the commit turn: nobody else changes records or holders meanwhile.
class GroupWriter {
 public:
  explicit GroupWriter(const RocksCore& core) : core_(core) {}
  /// errc::damaged, errc::io: something had to be read for it and could not be; the group is then of no use.
  base::Result<> add(std::span<const Batch> batches);
  /// Frees the bodies that nobody holds after all this and gives the commit its number.
  base::Result<> finish(std::uint64_t commit);
  rocksdb::WriteBatch& batch() { return out_; }
  std::uint64_t freed() const { return freed_; }  ///< bodies

 private:
  void apply(Shard shard, const Batch::Operation& operation);
  base::Result<> erase_range(Shard shard, const Batch::Operation& operation);
  void hold(Shard shard, const Batch& batch);
  void release(Shard shard, const Batch& batch);
  base::Result<bool> still_held(BodyId body) const;

  const RocksCore& core_;
  rocksdb::WriteBatch out_;
  std::set<std::string> put_keys_;                  // of this group: an erase_range behind them takes them too
  std::map<BodyId, std::map<Shard, bool>> claims_;  // what this group says of who holds a body: yes or no
  std::map<BodyId, BodyRef> released_;
  std::set<BodyId> carried_;
  std::uint64_t freed_ = 0;
};

}  // namespace understudy::archive::store
