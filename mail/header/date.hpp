/// Dates of header fields (RFC 5322 §3.3, with the obsolete years and zones of §4.3). Knows no clock and no time zones.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace understudy::mail::header {

/// Day name optional and not checked; comments anywhere; seconds and zone optional (then UTC); 2- and 3-digit years;
/// what follows the zone is not looked at. nullopt for what names no moment between the years 1900 and 9999.
std::optional<std::chrono::sys_seconds> parse_date(std::string_view value);

struct WrittenDate {
  std::chrono::sys_seconds moment;
  std::chrono::sys_days day;  ///< in the calendar, as it stands there: that of the sender's zone
};
/// As parse_date().
std::optional<WrittenDate> parse_written_date(std::string_view value);

/// "Fri, 21 Nov 1997 09:55:06 +0000"; milliseconds are dropped.
std::string format_date(base::WallTime time);

}  // namespace understudy::mail::header
