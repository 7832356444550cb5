/// Look-ups and cursors on the database, as it is or as a snapshot saw it. Only the RocksDB engine includes it.
#pragma once

#include <memory>

#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// Keeps one of RocksDB's snapshots alive, and the database with it.
class RocksView {
 public:
  explicit RocksView(std::shared_ptr<const RocksCore> core);
  ~RocksView();
  RocksView(const RocksView&) = delete;
  RocksView& operator=(const RocksView&) = delete;
  const rocksdb::Snapshot* snapshot() const { return snapshot_; }

 private:
  std::shared_ptr<const RocksCore> core_;
  const rocksdb::Snapshot* snapshot_;
};

/// Any thread.
class RocksReader final : public Reader {
 public:
  /// Without a view: the newest there is at each call.
  explicit RocksReader(std::shared_ptr<const RocksCore> core, std::shared_ptr<const RocksView> view = nullptr)
      : core_(std::move(core)), view_(std::move(view)) {}
  KeyRing* keys() const override { return core_->options.keys.get(); }
  base::Result<std::optional<std::string>> get(Shard shard, Table table, std::string_view key) const override;
  std::unique_ptr<Cursor> scan(Shard shard, Table table, std::string_view from = {},
                               std::string_view within = {}) const override;
  std::unique_ptr<Cursor> scan_last(Shard shard, Table table) const override;
  base::Result<std::vector<Shard>> shards(Table table) const override;

 private:
  rocksdb::ReadOptions read_options() const;
  std::shared_ptr<const RocksCore> core_;
  std::shared_ptr<const RocksView> view_;
};

}  // namespace understudy::archive::store
