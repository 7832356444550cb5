/// What RocksDB has to say of warnings and errors, as lines of our own log instead of files in the data directory.
#pragma once

#include <mutex>
#include <string>

#include <rocksdb/env.h>

namespace understudy::archive::store {

/// Any thread.
class LogBridge final : public rocksdb::Logger {
 public:
  LogBridge() : Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;
  void Logv(const char*, va_list) override {}  // without a level: the version and the options at each start
  size_t GetLogFileSize() const override { return 0; }

  /// What it complained of first; empty: nothing. It names files that the status of a failed opening does not.
  std::string first_complaint() const;

 private:
  mutable std::mutex mutex_;
  std::string first_;
};

}  // namespace understudy::archive::store
