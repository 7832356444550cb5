/// One opened database and what the engine's parts share about it. Only the RocksDB engine includes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "archive/store/options.hpp"
#include "archive/store/rocksdb/chunk_codec.hpp"
#include "archive/store/rocksdb/directory_lock.hpp"
#include "archive/store/rocksdb/engine_options.hpp"
#include "archive/store/rocksdb/high_water.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::store {

/// The bodies of this start that no batch has held yet and whose writer or seal is alive: the sweep leaves them. Any thread.
class OpenBodies {
 public:
  void add(BodyId body);
  void remove(BodyId body);
  bool contains(BodyId body) const;

 private:
  mutable std::mutex mutex_;
  std::set<BodyId> bodies_;
};

/// Log records that are written but not durable yet: subscribers do not see them. Any thread.
class UnsyncedLogs {
 public:
  void add(Shard shard, std::uint64_t first);
  /// All is durable now. Returns the shards that have something new to tell.
  std::set<Shard> clear();
  /// Sequences from this one on are not durable.
  std::uint64_t first(Shard shard) const;

 private:
  mutable std::mutex mutex_;
  std::map<Shard, std::uint64_t> first_;
};

/// Closed when the last of its holders (the store, snapshots, cursors) lets go.
struct RocksCore {
  RocksCore(const Options& with, const EngineOptions& engine);
  ~RocksCore();
  RocksCore(const RocksCore&) = delete;
  RocksCore& operator=(const RocksCore&) = delete;

  /// A write that is not synced: errc::io stops the engine, errc::stopped where it has.
  base::Result<> write_later(rocksdb::WriteBatch& batch);
  /// After it nothing is written until the next start. Logs once.
  void stop(const rocksdb::Status& why);

  Options options;
  std::shared_ptr<rocksdb::FileSystem> files;
  std::unique_ptr<rocksdb::Env> env;
  ChunkCodec codec;
  Identity identity;
  std::unique_ptr<DirectoryLock> lock;
  std::unique_ptr<HighWater> high_water;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;  ///< engine, records, chunks; owned, ended before the database
  rocksdb::ColumnFamilyHandle* engine = nullptr;
  rocksdb::ColumnFamilyHandle* records = nullptr;
  rocksdb::ColumnFamilyHandle* chunks = nullptr;
  std::uint64_t start = 0;
  std::uint64_t commits_found = 0;  ///< number of the last commit at the opening
  std::atomic<std::uint64_t> bodies_made = 0;
  std::atomic<bool> stopped = false;
  std::atomic<double> collected_share = 0;  ///< of the blob files, oldest first; what RocksDB is set to
  OpenBodies open_bodies;
  UnsyncedLogs unsynced_logs;
};

inline rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

/// A number under one of the engine's own keys; 0 where there is none. errc::damaged, errc::io.
base::Result<std::uint64_t> read_number(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, std::string_view key);
std::string number_value(std::uint64_t number);

}  // namespace understudy::archive::store
