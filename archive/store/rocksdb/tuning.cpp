#include "archive/store/rocksdb/tuning.hpp"

#include <algorithm>

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "archive/store/rocksdb/keys.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::uint64_t mebi = 1ull << 20;

/// How the budget is shared out. Memtables get a quarter: a stalled flush is waited for, never bought off with memory.
struct Shares {
  explicit Shares(const Options& options, const EngineOptions& engine)
      : memtables(std::max<std::uint64_t>(options.memory / 4, 8 * mebi)),
        memtable(engine.memtable_octets != 0 ? engine.memtable_octets : memtables / 4) {}
  std::uint64_t memtables;
  std::uint64_t memtable;
};

rocksdb::DBOptions database_options(const Options& options, const Shares& shares, std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::DBOptions db;
  db.create_missing_column_families = true;
  db.atomic_flush = true;  // the log is ours: its files must be of one moment of it
  db.paranoid_checks = true;
  db.max_bgerror_resume_count = 0;  // a failed write is never tried again behind our back
  db.unordered_write = false;
  db.allow_concurrent_memtable_write = false;  // one writes at a time, under the commit turn
  db.avoid_flush_during_shutdown = false;
  db.max_background_jobs = 2;
  db.max_open_files = static_cast<int>(options.open_files - segments_open(options));
  db.bytes_per_sync = mebi;  // so that a sync never has much left to write
  db.compaction_readahead_size = mebi;
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(shares.memtables, std::move(cache));
  db.max_manifest_file_size = 16 * mebi;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

rocksdb::ColumnFamilyOptions family_options(std::uint64_t memtable, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // else they are memory outside the budget
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // most look-ups are for keys that are not there
  table.whole_key_filtering = true;
  // In small pieces: the filter of a file of small records is megabytes, and what is larger than a shard of the cache is never
  // kept there, so that each look-up would read it again.
  table.partition_filters = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.block_size = 8 * 1024;
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = memtable;
  family.max_write_buffer_number = 3;
  family.level_compaction_dynamic_level_bytes = true;
  family.target_file_size_base = 32 * mebi;
  family.max_bytes_for_level_base = 128 * mebi;
  // On every level: what mail programs ask of a whole mailbox is read at the speed of decompression, and the octets of
  // messages, which are most of a store, are not here.
  family.compression = rocksdb::kLZ4Compression;
  return family;
}

}  // namespace

Tuning tune(const Options& options, const EngineOptions& engine, rocksdb::Env& env) {
  const Shares shares(options, engine);
  const auto cache = rocksdb::NewLRUCache(options.memory);
  Tuning tuning;
  tuning.database = database_options(options, shares, cache);
  tuning.database.env = &env;
  tuning.database.info_log = tuning.log;
  tuning.engine = family_options(shares.memtable, cache);
  tuning.records = family_options(shares.memtable, cache);
  // Most records come behind the last of their table and shard: an insert begins there, not at the head.
  tuning.records.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(keys::prefix_octets));
  return tuning;
}

}  // namespace understudy::archive::store
