/// The store on RocksDB: the embedded default. All batches of a commit, and the commits that came together, are one write of
/// RocksDB's. Only the RocksDB engine and the tests include it.
#pragma once

#include <memory>
#include <set>
#include <span>

#include "archive/store/options.hpp"
#include "archive/store/rocksdb/commit_queue.hpp"
#include "archive/store/rocksdb/group_writer.hpp"
#include "archive/store/rocksdb/maintenance.hpp"
#include "archive/store/rocksdb/rocks_bodies.hpp"
#include "archive/store/rocksdb/rocks_core.hpp"
#include "archive/store/rocksdb/rocks_reader.hpp"
#include "archive/store/store.hpp"
#include "archive/store/wake_list.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

namespace understudy::archive::store {

/// Any thread. The directory stays locked until the store and every snapshot, cursor and body reader of it are gone.
class RocksStore final : public Store {
 public:
  /// errc::busy: another process has it, the context names it. errc::unsupported: a newer format. errc::damaged: the log or a
  /// table fails its check, or the store is shorter than what was acknowledged.
  static base::Result<std::unique_ptr<RocksStore>> open(const Options& options, base::Clock& clock, base::Random& random,
                                                        const EngineOptions& engine = {});
  /// As store::renew_incarnation().
  static base::Result<Identity> renew(const Options& options, base::Clock& clock, base::Random& random,
                                      const EngineOptions& engine = {});
  explicit RocksStore(std::shared_ptr<RocksCore> core);
  ~RocksStore() override;

  KeyRing* keys() const override { return core_->options.keys.get(); }
  bool encrypts() const override { return core_->vault && core_->vault->encrypts(); }
  base::Result<> check_key(Shard shard) const override;
  base::Result<std::optional<std::string>> get(Shard shard, Table table, std::string_view key) const override;
  std::unique_ptr<Cursor> scan(Shard shard, Table table, std::string_view from = {},
                               std::string_view within = {}) const override;
  std::unique_ptr<Cursor> scan_last(Shard shard, Table table) const override;
  base::Result<std::vector<Shard>> shards(Table table) const override;

  base::Result<> commit(std::span<const Batch> batches, Sync sync) override;
  std::shared_ptr<const Snapshot> snapshot() const override;
  std::unique_ptr<Subscription> subscribe(Shard shard, std::uint64_t from, std::function<void()> wake) override;
  Bodies& bodies() override { return bodies_; }
  const Bodies& bodies() const override { return bodies_; }
  const Identity& identity() const override { return core_->identity; }
  bool stopped() const override { return core_->stopped; }
  std::uint64_t free_octets() const override;
  Figures figures() const override;

  /// One round of what runs in the background by itself: flush, collect. For tests that say when (Background::only_when_told).
  base::Result<> maintain() { return maintenance_.run_once(); }

 private:
  using Group = std::span<CommitRequest* const>;
  void write(Group group);
  base::Result<> write_as_one(Group group);
  base::Result<> put_together(GroupWriter& writer, Group group);
  base::Result<> make_durable(GroupWriter& writer, Group group);
  void note_logs(Group group);
  void after_write(Group group, Sync sync);

  std::shared_ptr<RocksCore> core_;
  RocksReader reader_;
  RocksBodies bodies_;
  std::shared_ptr<WakeList> wakes_ = std::make_shared<WakeList>();
  std::uint64_t commits_ = 0;  // of the last one; under the queue's turn, as the next
  CommitQueue queue_;
  Maintenance maintenance_;  // last: it commits
};

}  // namespace understudy::archive::store
