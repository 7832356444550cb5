#include "relay/schedule/turns.hpp"

namespace understudy::relay {

void Turns::call(const std::string& who, base::WallTime when) {
  if (const auto known = callers_.find(who); known != callers_.end()) {
    if (known->second.place && when <= seen_) return;
    drop(who);
  }
  callers_.emplace(who, Caller{when, std::nullopt});
  asleep_.emplace(when, who);
}

void Turns::drop(const std::string& who) {
  const auto known = callers_.find(who);
  if (known == callers_.end()) return;
  if (known->second.place) line_.erase(*known->second.place);
  asleep_.erase({known->second.when, who});
  callers_.erase(known);
}

void Turns::line_up(base::WallTime now) {
  seen_ = now;
  while (!asleep_.empty() && asleep_.begin()->first <= now) {
    const auto& who = asleep_.begin()->second;
    callers_.at(who).place = next_place_;
    line_.emplace(next_place_++, who);
    asleep_.erase(asleep_.begin());
  }
}

std::optional<std::string> Turns::next(base::WallTime now) {
  line_up(now);
  if (line_.empty()) return std::nullopt;
  std::string who = line_.begin()->second;
  drop(who);
  return who;
}

std::optional<base::WallTime> Turns::next_time() const {
  if (!line_.empty()) return callers_.at(line_.begin()->second).when;
  if (asleep_.empty()) return std::nullopt;
  return asleep_.begin()->first;
}

}  // namespace understudy::relay
