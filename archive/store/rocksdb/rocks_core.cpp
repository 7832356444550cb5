#include "archive/store/rocksdb/rocks_core.hpp"

#include <algorithm>
#include <limits>

#include "archive/store/rocksdb/status.hpp"
#include "base/bytes.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::uint8_t value_version = 1;

}  // namespace

void OpenBodies::add(BodyId body) {
  const std::lock_guard lock(mutex_);
  bodies_.insert(body);
}

void OpenBodies::remove(BodyId body) {
  const std::lock_guard lock(mutex_);
  bodies_.erase(body);
}

bool OpenBodies::contains(BodyId body) const {
  const std::lock_guard lock(mutex_);
  return bodies_.contains(body);
}

void UnsyncedLogs::add(Shard shard, std::uint64_t first) {
  const std::lock_guard lock(mutex_);
  auto [at, made] = first_.emplace(shard, first);
  at->second = std::min(at->second, first);
}

std::set<Shard> UnsyncedLogs::clear() {
  const std::lock_guard lock(mutex_);
  std::set<Shard> shards;
  for (const auto& [shard, first] : first_) shards.insert(shard);
  first_.clear();
  return shards;
}

std::uint64_t UnsyncedLogs::first(Shard shard) const {
  const std::lock_guard lock(mutex_);
  const auto found = first_.find(shard);
  return found == first_.end() ? std::numeric_limits<std::uint64_t>::max() : found->second;
}

RocksCore::RocksCore(const Options& with, const EngineOptions& given)
    : options(with), files(given.files), env(rocksdb::NewCompositeEnv(given.files)), codec(with.compression_level) {}

RocksCore::~RocksCore() {
  if (!db) return;
  if (!stopped) static_cast<void>(db->SyncWAL().ok());  // nothing waits for it: what was promised is durable already
  for (auto* family : families) db->DestroyColumnFamilyHandle(family);
  static_cast<void>(db->Close().ok());
}

base::Result<> RocksCore::write_later(rocksdb::WriteBatch& batch) {
  if (stopped) return base::fail("store", base::errc::stopped);
  const auto status = db->Write(rocksdb::WriteOptions(), &batch);
  if (status.ok()) return {};
  stop(status);
  return fail("store: write", status);
}

void RocksCore::stop(const rocksdb::Status& why) {
  if (stopped.exchange(true)) return;
  base::log::error("store.stopped", {{"directory", options.directory}, {"why", why.ToString()}});
}

base::Result<std::uint64_t> read_number(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, std::string_view key) {
  std::string value;
  const auto status = db.Get({}, family, slice(key), &value);
  if (status.IsNotFound()) return 0;
  if (!status.ok()) return fail("store: counter", status);
  base::Reader in(value);
  in.u8();
  const std::uint64_t number = in.u64();
  auto complete = in.check("store: counter");
  if (!complete) return std::unexpected(complete.error());
  return number;
}

std::string number_value(std::uint64_t number) {
  return base::Writer(value_version).u64(number).take();
}

}  // namespace understudy::archive::store
