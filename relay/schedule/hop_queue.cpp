#include "relay/schedule/hop_queue.hpp"

namespace understudy::relay {

void HopQueue::put(const Id& id, base::WallTime due) {
  remove(id);
  due_.emplace(id, due);
  waiting_.emplace(due, id);
}

void HopQueue::remove(const Id& id) {
  const auto found = due_.find(id);
  if (found == due_.end()) return;
  waiting_.erase({found->second, id});
  ready_.erase(id);
  due_.erase(found);
}

void HopQueue::promote(base::WallTime now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    ready_.insert(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

std::optional<HopQueue::Id> HopQueue::take(base::WallTime now) {
  promote(now);
  if (ready_.empty()) return std::nullopt;
  const Id id = *ready_.begin();
  remove(id);
  return id;
}

void HopQueue::release_all(base::WallTime now) {
  waiting_.clear();
  for (auto& [id, due] : due_) {
    due = now;
    ready_.insert(ready_.end(), id);
  }
}

std::size_t HopQueue::ready(base::WallTime now) {
  promote(now);
  return ready_.size();
}

std::optional<base::WallTime> HopQueue::more_than(std::size_t served) const {
  if (ready_.size() > served) return due_.find(*ready_.begin())->second;
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

}  // namespace understudy::relay
