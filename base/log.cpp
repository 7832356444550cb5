#include "base/log.hpp"

#include <algorithm>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/text.hpp"

namespace understudy::base::log {
namespace {
spdlog::logger& logger() {
  static auto instance = [] {
    auto made = spdlog::stderr_logger_mt("understudy");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}
spdlog::level::level_enum native(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}
bool needs_quotes(std::string_view value) {
  return value.empty() || std::ranges::any_of(value, [](char c) { return c == ' ' || c == '"' || c == '='; });
}
}  // namespace

void set_level(Level level) {
  logger().set_level(native(level));
}
void set_silent() {
  logger().set_level(spdlog::level::off);
}

std::string format(std::string_view event, Fields fields) {
  std::string line(event);
  for (const Field& field : fields) {
    line += ' ';
    line += field.name();
    line += '=';
    const std::string value = escape(field.value(), 1024);
    if (!needs_quotes(value)) {
      line += value;
      continue;
    }
    line += '"';
    for (char c : value) {
      if (c == '"') line += '\\';
      line += c;
    }
    line += '"';
  }
  return line;
}

void write(Level level, std::string_view event, Fields fields) {
  if (!logger().should_log(native(level))) return;
  logger().log(native(level), "{}", format(event, fields));
}

}  // namespace understudy::base::log
