#include "tests/sim/drive.hpp"

#include <stdexcept>

#include "archive/store/rocksdb/rocks_store.hpp"

namespace understudy::sim {
namespace {
using namespace archive::store;

/// A store whose engine does not know yet that the power has gone: says so in its place, so that no answer is given for what
/// is not on the medium.
class CutStore final : public Store {
 public:
  CutStore(std::unique_ptr<Store> store, std::shared_ptr<test::ForgetfulFileSystem> files)
      : files_(std::move(files)), store_(std::move(store)) {}

  base::Result<> commit(std::span<const Batch> batches, Sync sync) override {
    if (files_->dead()) return base::fail("the power has gone", base::errc::stopped);
    auto committed = store_->commit(batches, sync);
    if (files_->dead()) return base::fail("the power has gone", base::errc::stopped);
    return committed;
  }
  bool stopped() const override { return files_->dead() || store_->stopped(); }

  base::Result<std::optional<std::string>> get(Shard shard, Table table, std::string_view key) const override {
    return store_->get(shard, table, key);
  }
  std::unique_ptr<Cursor> scan(Shard shard, Table table, std::string_view from, std::string_view within) const override {
    return store_->scan(shard, table, from, within);
  }
  std::unique_ptr<Cursor> scan_last(Shard shard, Table table) const override { return store_->scan_last(shard, table); }
  base::Result<std::vector<Shard>> shards(Table table) const override { return store_->shards(table); }
  std::shared_ptr<const Snapshot> snapshot() const override { return store_->snapshot(); }
  std::unique_ptr<Subscription> subscribe(Shard shard, std::uint64_t from, std::function<void()> wake) override {
    return store_->subscribe(shard, from, std::move(wake));
  }
  Bodies& bodies() override { return store_->bodies(); }
  const Bodies& bodies() const override { return std::as_const(*store_).bodies(); }
  const Identity& identity() const override { return store_->identity(); }
  std::uint64_t free_octets() const override { return store_->free_octets(); }
  Figures figures() const override { return store_->figures(); }

 private:
  std::shared_ptr<test::ForgetfulFileSystem> files_;
  std::unique_ptr<Store> store_;
};
}  // namespace

MemoryDrive::MemoryDrive(const std::string& instance) : disk_(Identity{"memory", 1, instance, instance, base::WallTime{}}) {}

std::unique_ptr<Store> MemoryDrive::open() {
  constexpr std::uint32_t chunk_octets = 4096;  // so that a message of some KiB has chunks, and points between them
  return std::make_unique<MemoryStore>(disk_, *faults_, chunk_octets);
}

void MemoryDrive::die(Store& store, Kept kept, std::uint64_t seed) {
  if (store.stopped()) return;
  faults_->crash_at(faults_->points() + 1, kept, seed);
  Batch last_breath({ShardKind::instance, 0});
  last_breath.put(Table::instance_state, "never written", "x");
  static_cast<void>(store.commit(std::span(&last_breath, 1), Sync::now));
}

void MemoryDrive::come_back(Kept, std::uint64_t) {
  faults_ = std::make_unique<Faults>();
}

RocksDrive::RocksDrive() {
  files_->CreateDir(directory_.path(), {}, nullptr);
}

std::unique_ptr<Store> RocksDrive::open() {
  base::SystemClock clock;
  base::SystemRandom random;
  Options options;
  options.directory = directory_.path();
  options.memory = 32ull << 20;
  options.chunk_size = 4096;
  EngineOptions engine;
  engine.files = files_;
  engine.memtable_octets = 256 * 1024;  // so that flushes and compactions take part
  engine.segment_octets = 1024 * 1024;
  auto opened = RocksStore::open(options, clock, random, engine);
  if (!opened) throw std::runtime_error(opened.error().text());
  return std::make_unique<CutStore>(std::move(*opened), files_);
}

void RocksDrive::die(Store&, Kept, std::uint64_t) {
  files_->die();
}

void RocksDrive::come_back(Kept kept, std::uint64_t seed) {
  if (kept == Kept::all)
    files_->come_back();
  else
    files_->come_back_after_power_cut(kept == Kept::none ? 0 : seed | 1);
}

}  // namespace understudy::sim
