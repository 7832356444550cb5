#include "conf/problem.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::conf {
namespace {

constexpr std::size_t longest_compared = 64;  // no key is longer; keeps the table of distances small

/// Damerau's distance in its restricted form (no letter is touched twice).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) table[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

}  // namespace

std::string Problem::text() const {
  std::string out = base::escape(file);
  if (at.line != 0) out += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  out += ": ";
  if (severity == Severity::warning) out += "warning: ";
  if (!key.empty()) out += base::escape(key) + ": ";
  return out + base::escape(message, 1024);
}

bool has_error(const Problems& problems) {
  return std::ranges::any_of(problems, [](const Problem& problem) { return problem.severity == Severity::error; });
}

Problems errors_of(Problems problems) {
  std::erase_if(problems, [](const Problem& problem) { return problem.severity == Severity::warning; });
  return problems;
}

std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& known) {
  if (wrong.size() > longest_compared) return {};
  std::string_view best;
  std::size_t least = wrong.size() / 3 + 2;
  for (const auto name : known) {
    const auto far = distance(wrong, name);
    if (far < least) {
      best = name;
      least = far;
    }
  }
  return best;
}

}  // namespace understudy::conf
