/// The store in memory: deterministic, one thread, atomic within one shard only. Every contract test, simulation and "at every
/// write" test runs on it; it never touches a file, a clock or a source of randomness.
#pragma once

#include <cstdint>
#include <memory>

#include "archive/store/memory/faults.hpp"
#include "archive/store/memory/memory_disk.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::store {

struct MemoryCore;

/// One thread. After a crash every call gives errc::stopped; after a failed write or sync reads go on. Destroyed without
/// either, everything that was committed stays, as when a process ends. Writers, readers and cursors may outlive it.
class MemoryStore final : public Store {
 public:
  /// `disk` and `faults` outlive the store.
  MemoryStore(MemoryDisk& disk, Faults& faults, std::uint32_t chunk_size = Bodies::max_chunk);
  explicit MemoryStore(MemoryDisk& disk, std::uint32_t chunk_size = Bodies::max_chunk);
  ~MemoryStore() override;

  /// What keys() gives, for those who seal inside of records; this engine itself encrypts nothing. It outlives the store.
  void set_keys(KeyRing* keys) { keys_ = keys; }
  KeyRing* keys() const override { return keys_; }
  base::Result<> check_key(Shard shard) const override;
  base::Result<std::optional<std::string>> get(Shard shard, Table table, std::string_view key) const override;
  std::unique_ptr<Cursor> scan(Shard shard, Table table, std::string_view from = {},
                               std::string_view within = {}) const override;
  std::unique_ptr<Cursor> scan_last(Shard shard, Table table) const override;
  base::Result<std::vector<Shard>> shards(Table table) const override;

  base::Result<> commit(std::span<const Batch> batches, Sync sync) override;
  std::shared_ptr<const Snapshot> snapshot() const override;
  std::unique_ptr<Subscription> subscribe(Shard shard, std::uint64_t from, std::function<void()> wake) override;
  Bodies& bodies() override;
  const Bodies& bodies() const override;
  const Identity& identity() const override;
  bool stopped() const override;
  std::uint64_t free_octets() const override;
  Figures figures() const override;

 private:
  base::Result<> check_keys(std::span<const Batch> batches) const;
  base::Result<> write(std::span<const Batch> batches, std::size_t index);

  Faults no_faults_;
  KeyRing* keys_ = nullptr;
  std::shared_ptr<MemoryCore> core_;
  std::unique_ptr<Bodies> bodies_;
};

}  // namespace understudy::archive::store
