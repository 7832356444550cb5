#include "conf/values.hpp"

#include <array>
#include <limits>
#include <optional>

#include "base/text.hpp"

namespace understudy::conf {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

struct SizeUnit {
  char name;
  unsigned shift;
};
constexpr std::array size_units = {SizeUnit{'T', 40}, SizeUnit{'G', 30}, SizeUnit{'M', 20}, SizeUnit{'K', 10}};

struct TimeUnit {
  std::string_view name;
  std::uint64_t milliseconds;
};
constexpr std::array time_units = {
    TimeUnit{"w", 604'800'000}, TimeUnit{"d", 86'400'000}, TimeUnit{"h", 3'600'000},
    TimeUnit{"m", 60'000},      TimeUnit{"s", 1'000},      TimeUnit{"ms", 1},
};
constexpr std::uint64_t longest = 36500ull * 86'400'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_while(std::string_view& in, bool digits) {
  std::size_t end = 0;
  while (end < in.size() && is_digit(in[end]) == digits) ++end;
  const auto taken = in.substr(0, end);
  in.remove_prefix(end);
  return taken;
}

}  // namespace

base::Result<std::uint64_t> parse_size(std::string_view text) {
  auto rest = text;
  const auto digits = take_while(rest, true);
  if (digits.empty()) return base::fail("size", base::errc::malformed);
  unsigned shift = 0;
  if (!rest.empty()) {
    for (const auto& unit : size_units)
      if (rest == std::string_view(&unit.name, 1)) shift = unit.shift;
    if (shift == 0) return base::fail("size", base::errc::malformed);
  }
  const auto number = base::to_number(digits);
  if (!number || *number > most >> shift) return base::fail("size", base::errc::too_long);
  return *number << shift;
}

std::string format_size(std::uint64_t octets) {
  for (const auto& unit : size_units)
    if (octets != 0 && octets % (1ull << unit.shift) == 0) return std::to_string(octets >> unit.shift) + unit.name;
  return std::to_string(octets);
}

base::Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return base::fail("duration", base::errc::malformed);
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  for (auto rest = text; !rest.empty();) {
    const auto digits = take_while(rest, true);
    const auto name = take_while(rest, false);
    while (next_unit < time_units.size() && time_units[next_unit].name != name) ++next_unit;
    if (digits.empty() || next_unit == time_units.size()) return base::fail("duration", base::errc::malformed);
    const std::uint64_t unit = time_units[next_unit++].milliseconds;
    const auto number = base::to_number(digits);
    if (!number || *number > longest / unit) return base::fail("duration", base::errc::too_long);
    total += *number * unit;
    if (total > longest) return base::fail("duration", base::errc::too_long);
  }
  return std::chrono::milliseconds(total);
}

std::string format_duration(std::chrono::milliseconds duration) {
  if (duration.count() <= 0) return "0";
  auto left = static_cast<std::uint64_t>(duration.count());
  std::string out;
  for (const auto& unit : time_units) {
    if (unit.name == "w") continue;  // "14d" reads better than "2w", and "10d" than "1w3d"
    if (left >= unit.milliseconds) out += std::to_string(left / unit.milliseconds) + std::string(unit.name);
    left %= unit.milliseconds;
  }
  return out;
}

}  // namespace understudy::conf
