/// Every key of the configuration, in one table: its type, its range, its words. Unknown keys, wrong types and values out of
/// range are found by this table alone; docs/configuration.md is held to it by a test.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "conf/document.hpp"
#include "conf/report.hpp"

namespace understudy::conf {

struct Key {
  enum class Kind : std::uint8_t { text, texts, number, flag, size, duration, word, words, table, tables };
  enum class Need : std::uint8_t { optional, required };

  std::string_view path;  ///< "listener.limits.recipients"
  Kind kind;
  Need need = Need::optional;
  std::uint64_t least = 0;  ///< of a number, of octets, of milliseconds
  std::uint64_t most = 0;
  std::string_view words = {};  ///< "none|may|encrypt"

  std::string_view name() const { return path.substr(path.rfind('.') + 1); }  ///< npos + 1 is 0
  std::string_view parent() const { return path.substr(0, path.rfind('.') == path.npos ? 0 : path.rfind('.')); }
};

/// In the order of the documentation; a table stands before its keys.
std::span<const Key> schema();

/// Reports every key that the schema does not know (with the nearest that it knows), every value of a wrong type, out of its
/// range or not among its words, and every missing key that is required.
void check_schema(const Value& document, Report& report);

}  // namespace understudy::conf
