#include "app/admin/answers.hpp"

#include <cstdio>

#include "base/codec.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {
AdminAnswer failure(AdminAnswer::Status status, std::string what) {
  AdminAnswer answer;
  answer.status = status;
  boost::json::object told;
  told["error"] = json_text(what);
  answer.value = std::move(told);
  return answer;
}
}  // namespace

AdminAnswer done(boost::json::value value) {
  AdminAnswer answer;
  answer.value = std::move(value);
  return answer;
}
AdminAnswer wrong_usage(std::string what) {
  return failure(AdminAnswer::Status::wrong_usage, std::move(what));
}
AdminAnswer not_found(std::string what) {
  return failure(AdminAnswer::Status::not_found, std::move(what));
}
AdminAnswer failed(std::string what) {
  return failure(AdminAnswer::Status::failed, std::move(what));
}
AdminAnswer refused(std::string what) {
  return failure(AdminAnswer::Status::refused, std::move(what));
}

AdminAnswer failed(const base::Error& error) {
  if (error.code == base::errc::not_found) return not_found(error.text());
  if (error.code == base::errc::malformed || error.code == base::errc::too_long) return wrong_usage(error.text());
  return failed(error.text());
}

boost::json::string json_text(std::string_view octets) {
  if (base::is_utf8(octets)) return boost::json::string(octets);
  boost::json::string text;
  while (!octets.empty()) {
    std::size_t length = 1;
    while (length < 4 && length < octets.size() && !base::is_utf8(octets.substr(0, length))) ++length;
    const bool good = base::is_utf8(octets.substr(0, length));
    text.append(good ? octets.substr(0, length) : std::string_view("\xef\xbf\xbd"));
    octets.remove_prefix(good ? length : 1);
  }
  return text;
}

std::string json_time(base::WallTime time) {
  using std::chrono::floor;
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[40];
  const int length =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02lld:%02lld:%02lld.%03lldZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<long long>(clock.hours().count()), static_cast<long long>(clock.minutes().count()),
                    static_cast<long long>(clock.seconds().count()), static_cast<long long>(clock.subseconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

std::string json_digest(const base::Digest& digest) {
  return base::to_hex(base::view(digest));
}

boost::json::string json_path(const mail::address::ReversePath& path) {
  return path ? json_text(path->text()) : boost::json::string();
}

}  // namespace understudy::app
