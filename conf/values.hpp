/// Sizes, durations and places as the configuration writes them: "256M", "1h30m", "archive.example.org:25".
/// Pure; never guesses a unit: a bare number is none of them but zero.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace understudy::conf {

/// Octets: digits and at most one of K, M, G, T (powers of 1024), in upper case. "0", "512", "256M".
/// errc::malformed; errc::too_long beyond 2^63 - 1.
base::Result<std::uint64_t> parse_size(std::string_view text);
/// In the largest unit that leaves no rest: parse_size(format_size(n)) is n.
std::string format_size(std::uint64_t octets);

/// Parts of digits and a unit (w, d, h, m, s, ms), each unit at most once, larger ones first: "14d", "1h30m", "250ms"; or "0".
/// errc::malformed; errc::too_long beyond 36500 days.
base::Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// parse_duration(format_duration(d)) is d, for any d that is not negative.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace understudy::conf
