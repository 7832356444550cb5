#include "relay/schedule/held_notices.hpp"

#include <algorithm>

namespace understudy::relay {

void HeldNotices::held(const std::string& cause, Notice notice) {
  const bool known = causes_.contains(cause) || causes_.size() < most_causes;
  Cause& its = causes_[known ? cause : std::string()];
  its.latest = std::move(notice);
  its.count += 1;
}

std::optional<Notice> HeldNotices::take(base::WallTime now) {
  std::erase_if(causes_, [now](const auto& named) { return named.second.count == 0 && named.second.not_before <= now; });
  for (auto& [name, cause] : causes_) {
    if (cause.count == 0 || cause.not_before > now) continue;
    Notice notice = std::move(cause.latest);
    if (cause.count > 1)
      notice.text =
          "This is the latest of " + std::to_string(cause.count) + " messages; " + notice.all + ".\r\n\r\n" + notice.text;
    cause = {now + pause, {}, 0};
    return notice;
  }
  return std::nullopt;
}

std::optional<base::WallTime> HeldNotices::next() const {
  std::optional<base::WallTime> first;
  for (const auto& [name, cause] : causes_)
    if (cause.count > 0) first = first ? std::min(*first, cause.not_before) : cause.not_before;
  return first;
}

}  // namespace understudy::relay
