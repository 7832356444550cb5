/// Bodies of the RocksDB engine, to be written and to be read, as they are or as a snapshot saw them. Only the RocksDB engine
/// includes it.
#pragma once

#include <functional>
#include <memory>

#include "archive/store/rocksdb/rocks_core.hpp"
#include "archive/store/rocksdb/rocks_reader.hpp"

namespace understudy::archive::store {

/// Any thread.
class RocksBodies final : public Bodies {
 public:
  using Sweep = std::function<base::Result<std::uint64_t>()>;
  RocksBodies(std::shared_ptr<RocksCore> core, Sweep sweep) : core_(std::move(core)), sweep_(std::move(sweep)) {}
  std::unique_ptr<BodyWriter> create() override;
  std::unique_ptr<BodyReader> open(const BodyRef& ref) const override;
  base::Result<std::uint64_t> sweep() override { return sweep_(); }

 private:
  std::shared_ptr<RocksCore> core_;
  Sweep sweep_;
};

/// One of RocksDB's snapshots, which is of both families at one moment, and the segments of that moment.
class RocksSnapshot final : public Snapshot {
 public:
  explicit RocksSnapshot(std::shared_ptr<const RocksCore> core)
      : core_(std::move(core)),
        segments_(core_->segments->view()),
        view_(std::make_shared<RocksView>(core_)),
        records_(core_, view_) {}
  KeyRing* keys() const override { return records_.keys(); }
  base::Result<std::optional<std::string>> get(Shard shard, Table table, std::string_view key) const override {
    return records_.get(shard, table, key);
  }
  std::unique_ptr<Cursor> scan(Shard shard, Table table, std::string_view from = {},
                               std::string_view within = {}) const override {
    return records_.scan(shard, table, from, within);
  }
  std::unique_ptr<Cursor> scan_last(Shard shard, Table table) const override { return records_.scan_last(shard, table); }
  base::Result<std::vector<Shard>> shards(Table table) const override { return records_.shards(table); }
  std::unique_ptr<BodyReader> open(const BodyRef& ref) const override;

 private:
  std::shared_ptr<const RocksCore> core_;
  std::shared_ptr<const segments::SegmentSet::View> segments_;  // before the view: what that names must be there
  std::shared_ptr<const RocksView> view_;
  RocksReader records_;
};

}  // namespace understudy::archive::store
