/// A store that does what the one under it does, but for what a test makes of it: everything else is taken over.
#pragma once

#include <memory>
#include <utility>

#include "archive/store/store.hpp"

namespace understudy::test {

class StoreOver : public archive::store::Store {
 protected:
  using Batch = archive::store::Batch;
  using Shard = archive::store::Shard;
  using Table = archive::store::Table;

 public:
  explicit StoreOver(std::unique_ptr<archive::store::Store> under) : owned_(std::move(under)), under_(*owned_) {}
  explicit StoreOver(archive::store::Store& under) : under_(under) {}

  base::Result<> commit(std::span<const Batch> batches, archive::store::Sync sync) override {
    return under_.commit(batches, sync);
  }
  archive::store::KeyRing* keys() const override { return under_.keys(); }
  base::Result<std::optional<std::string>> get(Shard shard, Table table, std::string_view key) const override {
    return under_.get(shard, table, key);
  }
  std::unique_ptr<archive::store::Cursor> scan(Shard shard, Table table, std::string_view from,
                                               std::string_view within) const override {
    return under_.scan(shard, table, from, within);
  }
  std::unique_ptr<archive::store::Cursor> scan_last(Shard shard, Table table) const override {
    return under_.scan_last(shard, table);
  }
  base::Result<std::vector<Shard>> shards(Table table) const override { return under_.shards(table); }
  std::shared_ptr<const archive::store::Snapshot> snapshot() const override { return under_.snapshot(); }
  std::unique_ptr<archive::store::Subscription> subscribe(Shard shard, std::uint64_t from,
                                                          std::function<void()> wake) override {
    return under_.subscribe(shard, from, std::move(wake));
  }
  archive::store::Bodies& bodies() override { return under_.bodies(); }
  const archive::store::Bodies& bodies() const override { return std::as_const(under_).bodies(); }
  const archive::store::Identity& identity() const override { return under_.identity(); }
  bool encrypts() const override { return under_.encrypts(); }
  base::Result<> check_key(Shard shard) const override { return under_.check_key(shard); }
  bool stopped() const override { return under_.stopped(); }
  std::uint64_t free_octets() const override { return under_.free_octets(); }
  archive::store::Figures figures() const override { return under_.figures(); }

 protected:
  archive::store::Store& under() { return under_; }
  const archive::store::Store& under() const { return under_; }

 private:
  std::unique_ptr<archive::store::Store> owned_;
  archive::store::Store& under_;
};

}  // namespace understudy::test
