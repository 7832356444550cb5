/// What is wrong with a configuration, and where: values, in the order of the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::conf {

/// Of a character in the file, from 1. Zero: the file as a whole.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(const Position&) const = default;
};

/// An error keeps the server from starting; a warning is said by `check` and in the log.
enum class Severity : std::uint8_t { error, warning };

struct Problem {
  Severity severity = Severity::error;
  std::string file;
  Position at;
  std::string key;      ///< "route.via"; empty where no key is meant
  std::string message;  ///< says what to do. Never the value of a password

  /// "file:line:column: key: message", a warning with "warning: " before the key. Safe for a terminal.
  std::string text() const;
};

using Problems = std::vector<Problem>;

/// Whether one of them is an error.
bool has_error(const Problems& problems);
/// The errors alone: who has to mend one is not told of warnings in front of it.
Problems errors_of(Problems problems);

/// The name among `known` that `wrong` was probably meant to be: at most one and a third of its letters away (insertions,
/// deletions, changes, swapped neighbours). Empty: none is near.
std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& known);

}  // namespace understudy::conf
