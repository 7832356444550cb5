/// How RocksDB is set: safety first, then one budget of memory. docs/store-engine.md gives the reasons and the measurements.
#pragma once

#include <memory>

#include <rocksdb/options.h>

#include "archive/store/options.hpp"
#include "archive/store/rocksdb/engine_options.hpp"
#include "archive/store/rocksdb/log_bridge.hpp"

namespace understudy::archive::store {

struct Tuning {
  std::shared_ptr<LogBridge> log = std::make_shared<LogBridge>();
  rocksdb::DBOptions database;
  rocksdb::ColumnFamilyOptions engine;  ///< family "default": holders, counters
  rocksdb::ColumnFamilyOptions records;
  rocksdb::ColumnFamilyOptions chunks;
};

/// `env` outlives the database.
Tuning tune(const Options& options, const EngineOptions& engine, rocksdb::Env& env);

}  // namespace understudy::archive::store
