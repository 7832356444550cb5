#include "tests/support/store_harness.hpp"

#include <array>
#include <filesystem>
#include <random>
#include <stdexcept>

#include "archive/store/rocksdb/rocks_store.hpp"
#include "base/bytes.hpp"
#include "base/log.hpp"
#include "tests/support/memory_key_ring.hpp"

namespace understudy::test {

using namespace archive::store;

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "understudy-store-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string noise(std::size_t octets, std::uint64_t seed) {
  std::mt19937_64 draw(seed);
  std::string out;
  out.reserve(octets + 8);
  while (out.size() < octets) base::put_be(out, draw());
  out.resize(octets);
  return out;
}

std::string prose(std::size_t octets, std::uint64_t seed) {
  static constexpr std::array words{"mail ", "archive ", "relay ", "primary ", "standby ", "journal ", "proof ", "octets\r\n"};
  std::mt19937_64 draw(seed);
  std::string out;
  while (out.size() < octets) out += words[draw() % words.size()];
  out.resize(octets);
  return out;
}

std::ostream& operator<<(std::ostream& out, Engine engine) {
  static constexpr std::array names{"memory", "rocksdb", "rocksdb, encrypted"};
  return out << names[static_cast<std::size_t>(engine)];
}

std::unique_ptr<StoreHarness> make_harness(Engine engine, std::uint32_t chunk_size) {
  if (engine == Engine::memory) return std::make_unique<MemoryHarness>(chunk_size);
  const RocksSetup setup(chunk_size);
  return std::make_unique<RocksHarness>(engine == Engine::rocksdb ? setup : setup.encrypted());
}

MemoryHarness::MemoryHarness(std::uint32_t chunk_size)
    : chunk_size_(chunk_size), store_(std::make_unique<MemoryStore>(disk_, faults_, chunk_size)) {}

void MemoryHarness::reopen() {
  store_.reset();
  faults_ = {};
  store_ = std::make_unique<MemoryStore>(disk_, faults_, chunk_size_);
}

void MemoryHarness::cut_power(std::uint64_t seed) {
  faults_.crash_at(faults_.points() + 1, seed == 0 ? Faults::Kept::none : Faults::Kept::some, seed);
  static_cast<void>(store_->commit({}, Sync::now).has_value());
  reopen();
}

RocksSetup::RocksSetup(std::uint32_t chunk_size) {
  options.memory = 32ull << 20;
  options.chunk_size = chunk_size;
  engine.memtable_octets = 256 * 1024;
  engine.segment_octets = 1024 * 1024;
  engine.inline_octets = 8 * 1024;
  engine.replay_octets = 512 * 1024;
}

RocksSetup RocksSetup::told() {
  RocksSetup setup;
  setup.engine.segment_octets = 64 * 1024;
  setup.engine.replay_octets = 8 * 1024;
  setup.engine.split.part = 8 * 1024;
  setup.engine.split.worthwhile = 1024;
  setup.engine.background = Background::only_when_told;
  return setup;
}

RocksSetup RocksSetup::encrypted() const {
  RocksSetup setup = *this;
  setup.options.keys = std::make_shared<MemoryKeyRing>();
  return setup;
}

RocksHarness::RocksHarness(RocksSetup setup) : setup_(std::move(setup)) {
  base::log::set_silent();
  setup_.options.directory = directory_.path();
  setup_.engine.files = files_;
  const rocksdb::IOOptions none;
  files_->CreateDir(directory_.path(), none, nullptr);
  auto opened = open();
  if (!opened) throw std::runtime_error(opened.error().text());
}

base::Result<> RocksHarness::open() {
  base::SystemClock clock;
  base::SystemRandom random;
  auto opened = RocksStore::open(setup_.options, clock, random, setup_.engine);
  if (!opened) return std::unexpected(opened.error());
  store_ = std::move(*opened);
  return {};
}

base::Result<Identity> RocksHarness::renew() {
  base::SystemClock clock;
  base::SystemRandom random;
  return RocksStore::renew(setup_.options, clock, random, setup_.engine);
}

base::Result<> RocksHarness::maintain() {
  return static_cast<RocksStore&>(*store_).maintain();
}

void RocksHarness::maintain(int rounds) {
  for (int i = 0; i < rounds; ++i) {
    Batch filler(Shard{ShardKind::journal, 0});
    filler.put(Table::places, "filler", noise(1024, static_cast<std::uint64_t>(i)));
    auto done = store_->commit({&filler, 1}, Sync::now);
    if (done) done = maintain();
    if (!done) throw std::runtime_error(done.error().text());
  }
}

void RocksHarness::reopen() {
  store_.reset();
  auto opened = open();
  if (!opened) throw std::runtime_error(opened.error().text());
}

void RocksHarness::cut_power(std::uint64_t seed) {
  files_->die();
  store_.reset();
  files_->come_back_after_power_cut(seed);
  reopen();
}

void RocksHarness::kill() {
  files_->die();
  store_.reset();
  files_->come_back();
  reopen();
}

}  // namespace understudy::test
