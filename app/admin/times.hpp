/// Moments as administrators write them. Always UTC.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace understudy::app {

/// "2026-03-01", "2026-03-01 12:00", "2026-03-01T12:00:00Z". nullopt: it is none of these, or no day of the calendar.
std::optional<base::WallTime> parse_moment(std::string_view text);

}  // namespace understudy::app
