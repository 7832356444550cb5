/// Bodies in RocksDB: chunks as values of the family "chunks". Only the RocksDB engine includes it.
#pragma once

#include <atomic>
#include <memory>

#include "archive/store/rocksdb/rocks_core.hpp"
#include "archive/store/rocksdb/rocks_reader.hpp"

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

/// One of RocksDB's snapshots, which is of all families at one moment.
class RocksSnapshot final : public Snapshot {
 public:
  explicit RocksSnapshot(std::shared_ptr<const RocksCore> core)
      : core_(std::move(core)), view_(std::make_shared<RocksView>(core_)), records_(core_, view_) {}
  base::Result<std::optional<std::string>> get(Shard shard, Table table, std::string_view key) const override {
    return records_.get(shard, table, key);
  }
  std::unique_ptr<Cursor> scan(Shard shard, Table table, std::string_view from = {}) const override {
    return records_.scan(shard, table, from);
  }
  std::unique_ptr<Cursor> scan_last(Shard shard, Table table) const override { return records_.scan_last(shard, table); }
  base::Result<std::vector<Shard>> shards(Table table) const override { return records_.shards(table); }
  std::unique_ptr<BodyReader> open(const BodyRef& ref) const override;

 private:
  std::shared_ptr<const RocksCore> core_;
  std::shared_ptr<const RocksView> view_;
  RocksReader records_;
};

/// Whether any shard holds the body, as the database has it. errc::damaged, errc::io.
base::Result<bool> is_held(const RocksCore& core, BodyId body);

}  // namespace understudy::archive::store
