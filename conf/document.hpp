/// A TOML file as a tree of values that know their place. TOML 1.0.0. Never knows what a key means.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "conf/problem.hpp"

namespace understudy::conf {

struct Member;

struct Value {
  enum class Kind : std::uint8_t {
    text,
    number,
    flag,
    list,
    table,
    other
  };  ///< other: floats, dates, what is nested too deeply
  Kind kind = Kind::other;
  Position at;
  std::string text;
  std::int64_t number = 0;
  bool flag = false;
  std::vector<Value> items;     ///< of a list, in its order
  std::vector<Member> members;  ///< of a table, in the order of the file

  /// The member of a table; nullptr: none.
  const Value* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Position at;  ///< of the key
  Value value;
};

inline constexpr std::size_t max_file = 4u << 20;  ///< octets: 10,000 accounts take about one MiB
inline constexpr unsigned max_nesting = 8;

/// The whole file as a table. TOML ends at its first error of syntax, so there is only one Problem.
std::expected<Value, Problem> parse_document(std::string_view text, const std::string& file);

/// The value at "client[1].networks[0]", and where that is not there, at the longest part of the path that is.
const Value& locate(const Value& document, std::string_view path);

}  // namespace understudy::conf
