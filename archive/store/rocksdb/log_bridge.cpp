#include "archive/store/rocksdb/log_bridge.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>

#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

class LogBridge final : public rocksdb::Logger {
 public:
  LogBridge() : Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel()) return;
    std::array<char, 1024> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    base::log::write(level == rocksdb::InfoLogLevel::WARN_LEVEL ? base::log::Level::warn : base::log::Level::error, "rocksdb",
                     {{"says", line.data()}});
  }
  void Logv(const char*, va_list) override {}  // without a level: the version and the options at each start
  size_t GetLogFileSize() const override { return 0; }
};

}  // namespace

std::shared_ptr<rocksdb::Logger> make_log_bridge() {
  return std::make_shared<LogBridge>();
}

}  // namespace understudy::archive::store
