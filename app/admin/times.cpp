#include "app/admin/times.hpp"

#include "base/text.hpp"

namespace understudy::app {
namespace {

/// Takes as many digits as it is told, and the mark behind them.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}
  std::optional<unsigned> take(std::size_t count) {
    const auto number = text_.size() < count ? std::nullopt : base::to_number(text_.substr(0, count));
    if (!number) return std::nullopt;
    text_.remove_prefix(count);
    return static_cast<unsigned>(*number);
  }
  bool mark(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == any_of.npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

/// "12:00", "12:00:00", then perhaps "Z".
std::optional<std::chrono::seconds> time_of_day(Digits& in) {
  const auto hour = in.take(2);
  if (!hour || *hour > 23 || !in.mark(":")) return std::nullopt;
  const auto minute = in.take(2);
  if (!minute || *minute > 59) return std::nullopt;
  std::chrono::seconds time = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (in.mark(":")) {
    const auto second = in.take(2);
    if (!second || *second > 59) return std::nullopt;
    time += std::chrono::seconds(*second);
  }
  in.mark("Z");
  if (!in.at_end()) return std::nullopt;
  return time;
}

}  // namespace

std::optional<base::WallTime> parse_moment(std::string_view text) {
  Digits in(text);
  const auto year = in.take(4);
  if (!year || !in.mark("-")) return std::nullopt;
  const auto month = in.take(2);
  if (!month || !in.mark("-")) return std::nullopt;
  const auto day = in.take(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  const base::WallTime midnight = std::chrono::sys_days(date);
  if (in.at_end()) return midnight;
  if (!in.mark("T ")) return std::nullopt;
  const auto time = time_of_day(in);
  if (!time) return std::nullopt;
  return midnight + *time;
}

}  // namespace understudy::app
