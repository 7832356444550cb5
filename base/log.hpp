/// Structured log: an event's name and its fields, one line each (logfmt). Values are escaped and cut, so that nobody who
/// sends mail can forge a line. Never carries secrets or message octets.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace understudy::base {

class Field {
 public:
  Field(std::string_view name, std::string_view value) : name_(name), value_(value) {}
  Field(std::string_view name, const char* value) : name_(name), value_(value) {}
  Field(std::string_view name, const std::string& value) : name_(name), value_(value) {}
  Field(std::string_view name, std::integral auto value) : name_(name), value_(std::to_string(value)) {}
  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }

 private:
  std::string_view name_;
  std::string value_;
};

namespace log {
enum class Level { debug, info, warn, error };
using Fields = std::initializer_list<Field>;

/// Where lines go: standard error until set. Any thread may write; set up before threads start.
void set_level(Level level);
void set_silent();  ///< for tests

void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
  write(Level::info, event, fields);
}
inline void warn(std::string_view event, Fields fields = {}) {
  write(Level::warn, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::error, event, fields);
}

/// The line without its time and level: event key=value key="escaped value"
std::string format(std::string_view event, Fields fields);
}  // namespace log

}  // namespace understudy::base
