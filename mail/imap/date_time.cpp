#include "mail/imap/date_time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"

namespace understudy::mail::imap {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Digits alone, as many as there are octets; at most four are ever asked for.
std::optional<unsigned> digits(std::string_view text) {
  const auto value = base::to_number(text);
  return value ? std::optional(static_cast<unsigned>(*value)) : std::nullopt;
}

std::optional<month> month_of(std::string_view word) {
  const auto found = std::ranges::find_if(month_names, [&](std::string_view name) { return base::iequals(word, name); });
  if (found == month_names.end()) return std::nullopt;
  return month(static_cast<unsigned>(found - month_names.begin()) + 1);
}

/// "-Jul-1996" behind a day that was read.
std::optional<sys_days> date_of(unsigned day_of_month, std::string_view rest) {
  constexpr std::size_t size = 9;
  if (rest.size() != size || rest[0] != '-' || rest[4] != '-') return std::nullopt;
  const auto which_month = month_of(rest.substr(1, 3));
  const auto which_year = digits(rest.substr(5));
  if (!which_month || !which_year) return std::nullopt;
  const year_month_day date{year(static_cast<int>(*which_year)), *which_month, day(day_of_month)};
  return date.ok() ? std::optional(sys_days(date)) : std::nullopt;
}

/// "02:44:25"
std::optional<seconds> time_of(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = digits(text.substr(0, 2));
  const auto minute = digits(text.substr(3, 2));
  const auto second = digits(text.substr(6));
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return hours(*hour) + minutes(*minute) + seconds(std::min(*second, 59u));
}

/// "-0700"
std::optional<minutes> zone_of(std::string_view text) {
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto value = digits(text.substr(1));
  if (!value || *value / 100 > 23 || *value % 100 > 59) return std::nullopt;
  const minutes size = hours(*value / 100) + minutes(*value % 100);
  return text[0] == '-' ? -size : size;
}

}  // namespace

std::optional<DateTime> parse_date_time(std::string_view text) {
  constexpr std::size_t size = 26;  // every part of it has a fixed width
  if (text.size() != size || text[11] != ' ' || text[20] != ' ') return std::nullopt;
  const auto day_of_month = digits(text.substr(text[0] == ' ' ? 1 : 0, text[0] == ' ' ? 1 : 2));
  if (!day_of_month) return std::nullopt;
  const auto date = date_of(*day_of_month, text.substr(2, 9));
  const auto time = time_of(text.substr(12, 8));
  const auto zone = zone_of(text.substr(21));
  if (!date || !time || !zone) return std::nullopt;
  return DateTime{*date + *time - *zone, *zone};
}

std::string format_date_time(base::WallTime moment, minutes zone) {
  constexpr sys_seconds first = sys_days(year(0) / 1 / 1);
  constexpr sys_seconds last = sys_days(year(10000) / 1 / 1) - seconds(1);
  const auto local = std::clamp(floor<seconds>(moment) + zone, first, last);
  const auto midnight = floor<days>(local);
  const year_month_day date(midnight);
  const hh_mm_ss clock(local - midnight);
  const auto offset = static_cast<int>(abs(zone).count());
  std::array<char, 64> out{};
  const int size =
      std::snprintf(out.data(), out.size(), "%2u-%s-%04d %02d:%02d:%02d %c%02d%02d", static_cast<unsigned>(date.day()),
                    month_names[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), zone < minutes(0) ? '-' : '+', offset / 60, offset % 60);
  return std::string(out.data(), static_cast<std::size_t>(size));
}

std::optional<sys_days> parse_date(std::string_view text) {
  const auto dash = text.find('-');
  if (dash != 1 && dash != 2) return std::nullopt;
  const auto day_of_month = digits(text.substr(0, dash));
  return day_of_month ? date_of(*day_of_month, text.substr(dash)) : std::nullopt;
}

std::string format_date(sys_days day) {
  const year_month_day date(day);
  std::array<char, 32> out{};
  const int size = std::snprintf(out.data(), out.size(), "%u-%s-%04d", static_cast<unsigned>(date.day()),
                                 month_names[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()));
  return std::string(out.data(), static_cast<std::size_t>(size));
}

}  // namespace understudy::mail::imap
