#include "mail/header/date.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "mail/header/lexer.hpp"

namespace understudy::mail::header {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view date_specials = ",:";

/// At most `most` digits; no sign.
std::optional<unsigned> number(std::string_view text, std::size_t most) {
  if (text.empty() || text.size() > most) return std::nullopt;
  const auto value = base::to_number(text);
  if (!value) return std::nullopt;
  return static_cast<unsigned>(*value);
}

std::optional<month> month_of(std::string_view word) {
  const auto found = std::ranges::find_if(month_names, [&](std::string_view name) { return base::istarts_with(word, name); });
  if (found == month_names.end()) return std::nullopt;
  return month(static_cast<unsigned>(found - month_names.begin()) + 1);
}

std::optional<year> year_of(std::string_view word) {
  const auto value = number(word, 4);
  if (!value) return std::nullopt;
  if (word.size() == 4) return *value < 1900 ? std::nullopt : std::optional(year(static_cast<int>(*value)));
  if (word.size() == 2 && *value < 50) return year(static_cast<int>(*value) + 2000);
  if (word.size() < 2) return std::nullopt;
  return year(static_cast<int>(*value) + 1900);
}

/// "+0130"; nullopt: no numeric zone.
std::optional<minutes> offset_of(std::string_view word) {
  if (word.size() != 5 || (word[0] != '+' && word[0] != '-')) return std::nullopt;
  const auto digits = number(word.substr(1), 4);
  if (!digits || *digits % 100 > 59 || *digits / 100 > 23) return std::nullopt;
  const minutes size = hours(*digits / 100) + minutes(*digits % 100);
  return word[0] == '-' ? -size : size;
}

/// RFC 5322 §4.3: names that are not known, and the military letters, which RFC 822 got wrong, mean nothing is known.
minutes zone_of(std::string_view word) {
  struct Zone {
    std::string_view name;
    int hours;
  };
  constexpr std::array<Zone, 8> american = {
      {{"EDT", -4}, {"EST", -5}, {"CDT", -5}, {"CST", -6}, {"MDT", -6}, {"MST", -7}, {"PDT", -7}, {"PST", -8}}};
  if (const auto offset = offset_of(word)) return *offset;
  const auto found = std::ranges::find_if(american, [&](const Zone& zone) { return base::iequals(zone.name, word); });
  return found == american.end() ? minutes(0) : hours(found->hours);
}

struct TimeOfDay {
  seconds since_midnight{0};
  std::string_view zone;
};

/// hour ":" minute [":" second] [zone]
std::optional<TimeOfDay> parse_time(Lexer& lexer) {
  const auto hour = number(lexer.next_word().raw, 2);
  if (!hour || *hour > 23 || !lexer.next_word().is(':')) return std::nullopt;
  const auto minute = number(lexer.next_word().raw, 2);
  if (!minute || *minute > 59) return std::nullopt;
  TimeOfDay out{hours(*hour) + minutes(*minute), {}};
  Token token = lexer.next_word();
  if (token.is(':')) {
    const auto second = number(lexer.next_word().raw, 2);
    if (!second || *second > 60) return std::nullopt;  // 60: a leap second, which sys_time does not count
    out.since_midnight += seconds(std::min(*second, 59u));
    token = lexer.next_word();
  }
  out.zone = token.raw;
  return out;
}

}  // namespace

std::optional<WrittenDate> parse_written_date(std::string_view value) {
  constexpr std::size_t longest = 1000;  // comments included
  Lexer lexer(value.substr(0, longest), date_specials);
  Token token = lexer.next_word();
  while (token.kind != Token::Kind::end && !number(token.raw, 2)) token = lexer.next_word();  // a day name, in any language
  const auto day_of_month = number(token.raw, 2);
  if (!day_of_month) return std::nullopt;
  const auto month_of_year = month_of(lexer.next_word().raw);
  if (!month_of_year) return std::nullopt;
  const auto which_year = year_of(lexer.next_word().raw);
  if (!which_year) return std::nullopt;
  const year_month_day date{*which_year, *month_of_year, day(*day_of_month)};
  const auto time = parse_time(lexer);
  if (!date.ok() || !time) return std::nullopt;
  const sys_seconds moment = sys_days(date) + time->since_midnight - zone_of(time->zone);
  constexpr sys_seconds first = sys_days(year(1900) / 1 / 1);
  constexpr sys_seconds past_last = sys_days(year(10000) / 1 / 1);
  if (moment < first || moment >= past_last) return std::nullopt;
  return WrittenDate{moment, sys_days(date)};
}

std::optional<sys_seconds> parse_date(std::string_view value) {
  const auto date = parse_written_date(value);
  return date ? std::optional(date->moment) : std::nullopt;
}

std::string format_date(base::WallTime time) {
  const auto whole = floor<seconds>(time);
  const auto midnight = floor<days>(whole);
  const year_month_day date(midnight);
  const hh_mm_ss clock(whole - midnight);
  std::array<char, 64> out{};
  const int size = std::snprintf(out.data(), out.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                                 day_names[weekday(midnight).c_encoding()].data(), static_cast<unsigned>(date.day()),
                                 month_names[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
                                 static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                 static_cast<int>(clock.seconds().count()));
  return std::string(out.data(), static_cast<std::size_t>(size));
}

}  // namespace understudy::mail::header
