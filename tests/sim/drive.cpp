#include "tests/sim/drive.hpp"

#include <stdexcept>

#include "archive/store/rocksdb/rocks_store.hpp"
#include "tests/support/store_over.hpp"

namespace understudy::sim {
namespace {
using namespace archive::store;

/// A store whose engine does not know yet that the power has gone: says so in its place, so that no answer is given for what
/// is not on the medium.
class CutStore final : public test::StoreOver {
 public:
  CutStore(std::unique_ptr<Store> store, std::shared_ptr<test::ForgetfulFileSystem> files)
      : StoreOver(std::move(store)), files_(std::move(files)) {}

  base::Result<> commit(std::span<const Batch> batches, Sync sync) override {
    if (files_->dead()) return base::fail("the power has gone", base::errc::stopped);
    auto committed = under().commit(batches, sync);
    if (files_->dead()) return base::fail("the power has gone", base::errc::stopped);
    return committed;
  }
  bool stopped() const override { return files_->dead() || under().stopped(); }

 private:
  std::shared_ptr<test::ForgetfulFileSystem> files_;
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
