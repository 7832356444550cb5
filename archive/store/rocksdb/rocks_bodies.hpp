/// Bodies in RocksDB: chunks as values of the family "chunks". Only the RocksDB engine includes it.
#pragma once

#include <atomic>
#include <memory>

#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// What a sealed body carries: its last chunk, ready to be stored. Dropped before a batch held it, the body's chunks go.
class RocksPending final : public SealedBody::Pending {
 public:
  /// `chunks`: how many are written; the chunk carried has the number after them. `last`: as stored; empty: there is none.
  RocksPending(std::weak_ptr<RocksCore> core, BodyId body, std::uint32_t chunks, std::string last)
      : core_(std::move(core)), body_(body), chunks_(chunks), last_(std::move(last)) {}
  ~RocksPending() override;

  BodyId body() const { return body_; }
  bool held() const { return held_; }
  /// Called by the committer once the batch is written.
  void mark_held(RocksCore& core);
  /// The chunk carried, and the end of the mark that says that nobody holds the body.
  void stage(const RocksCore& core, rocksdb::WriteBatch& batch) const;

 private:
  std::weak_ptr<RocksCore> core_;
  BodyId body_;
  std::uint32_t chunks_;
  std::string last_;
  std::atomic<bool> held_ = false;
};

/// Any thread.
class RocksBodies final : public Bodies {
 public:
  explicit RocksBodies(std::shared_ptr<RocksCore> core) : core_(std::move(core)) {}
  std::unique_ptr<BodyWriter> create() override;
  std::unique_ptr<BodyReader> open(const BodyRef& ref) const override;
  base::Result<std::uint64_t> sweep() override;

 private:
  std::shared_ptr<RocksCore> core_;
};

/// Whether any shard holds the body, as the database has it. errc::damaged, errc::io.
base::Result<bool> is_held(const RocksCore& core, BodyId body);

}  // namespace understudy::archive::store
