/// The dates of IMAP: date-time of INTERNALDATE, APPEND and SAVEDATE, and date of SEARCH (RFC 9051 §9). Knows no clock and no
/// time zones but the offset that is written.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace understudy::mail::imap {

struct DateTime {
  base::WallTime moment;         ///< UTC; whole seconds
  std::chrono::minutes zone{0};  ///< as written, east of Greenwich is positive
  bool operator==(const DateTime&) const = default;
};

/// "17-Jul-1996 02:44:25 -0700", without its quotes; the day also as " 7", month names in any case. nullopt: any other form,
/// and what is no moment (30-Feb, 24:00:00, zone over 23:59). Second 60 is read as 59: sys_time knows no leap seconds.
std::optional<DateTime> parse_date_time(std::string_view text);
/// " 7-Jul-1996 02:44:25 -0700" without quotes, the day two characters; `zone` within ±23:59. Milliseconds are dropped; a
/// moment before the year 0 or after 9999 is written as the nearest that can be.
std::string format_date_time(base::WallTime moment, std::chrono::minutes zone = {});

/// "1-Feb-1994", without quotes, the day of one or two digits. nullopt: any other form, and days that are not in the calendar.
std::optional<std::chrono::sys_days> parse_date(std::string_view text);
std::string format_date(std::chrono::sys_days day);  ///< "1-Feb-1994"

}  // namespace understudy::mail::imap
