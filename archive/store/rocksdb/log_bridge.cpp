#include "archive/store/rocksdb/log_bridge.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

#include "base/log.hpp"

namespace understudy::archive::store {

void LogBridge::Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  if (level < GetInfoLogLevel()) return;
  std::array<char, 1024> line{};
  std::vsnprintf(line.data(), line.size(), format, arguments);
  const auto severity = level == rocksdb::InfoLogLevel::WARN_LEVEL ? base::log::Level::warn : base::log::Level::error;
  base::log::write(severity, "rocksdb", {{"says", line.data()}});
  const std::lock_guard lock(mutex_);
  if (!first_.empty()) return;
  first_ = line.data();
  first_.resize(std::min(first_.size(), first_.find('\n')));  // the lines below it are for who maintains RocksDB
}

std::string LogBridge::first_complaint() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

}  // namespace understudy::archive::store
