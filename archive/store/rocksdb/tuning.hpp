/// How RocksDB is set: safety first, then one budget of memory. docs/store-engine.md gives the reasons and the measurements.
#pragma once

#include <memory>

#include <rocksdb/options.h>

#include "archive/store/options.hpp"
#include "archive/store/rocksdb/engine_options.hpp"
#include "archive/store/rocksdb/log_bridge.hpp"

namespace understudy::archive::store {

/// Of the files that may stay open, so many are segments; the others are tables.
constexpr std::uint32_t segments_open(const Options& options) {
  return options.open_files / 4;
}

struct Tuning {
  std::shared_ptr<LogBridge> log = std::make_shared<LogBridge>();
  rocksdb::DBOptions database;
  rocksdb::ColumnFamilyOptions engine;  ///< family "default": bodies, holders, counters
  rocksdb::ColumnFamilyOptions records;
};

/// `env` outlives the database.
Tuning tune(const Options& options, const EngineOptions& engine, rocksdb::Env& env);

}  // namespace understudy::archive::store
