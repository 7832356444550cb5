#include "relay/schedule/turns.hpp"

namespace understudy::relay {

void Turns::call(const std::string& who, base::WallTime when, std::size_t lane) {
  if (const auto known = callers_.find(who); known != callers_.end()) {
    if (Caller& caller = known->second; caller.place && when <= seen_) {
      lines_.at(lane).insert(lines_.at(std::exchange(caller.lane, lane)).extract(*caller.place));
      return;
    }
    drop(who);
  }
  callers_.emplace(who, Caller{when, lane, std::nullopt});
  asleep_.emplace(when, who);
}

void Turns::drop(const std::string& who) {
  const auto known = callers_.find(who);
  if (known == callers_.end()) return;
  if (known->second.place) lines_.at(known->second.lane).erase(*known->second.place);
  asleep_.erase({known->second.when, who});
  callers_.erase(known);
}

void Turns::line_up(base::WallTime now) {
  seen_ = now;
  while (!asleep_.empty() && asleep_.begin()->first <= now) {
    const auto& who = asleep_.begin()->second;
    Caller& caller = callers_.at(who);
    caller.place = next_place_;
    lines_.at(caller.lane).emplace(next_place_++, who);
    asleep_.erase(asleep_.begin());
  }
}

const Turns::Line* Turns::first_line(Open open) const {
  const Line* first = nullptr;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const Line& line = lines_[lane];
    if (open[lane] && !line.empty() && (!first || line.begin()->first < first->begin()->first)) first = &line;
  }
  return first;
}

std::optional<std::string> Turns::next(base::WallTime now, Open open) {
  line_up(now);
  const auto* line = first_line(open);
  if (!line) return std::nullopt;
  std::string who = line->begin()->second;
  drop(who);
  return who;
}

std::optional<base::WallTime> Turns::next_time(Open open) const {
  if (const auto* line = first_line(open)) return callers_.at(line->begin()->second).when;
  if (asleep_.empty()) return std::nullopt;
  return asleep_.begin()->first;
}

}  // namespace understudy::relay
