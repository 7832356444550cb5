#include "relay/schedule/hop_queue.hpp"

namespace understudy::relay {

void HopQueue::put(const Id& id, base::WallTime due) {
  const auto found = due_.find(id);
  if (found != due_.end()) {
    waiting_.erase({found->second, id});
    found->second = due;
    if (taken_.contains(id)) return;
    ready_.erase(id);
  } else {
    due_.emplace(id, due);
  }
  waiting_.emplace(due, id);
}

void HopQueue::remove(const Id& id) {
  const auto found = due_.find(id);
  if (found == due_.end()) return;
  waiting_.erase({found->second, id});
  ready_.erase(id);
  taken_.erase(id);
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
  ready_.erase(ready_.begin());
  taken_.insert(id);
  return id;
}

void HopQueue::put_back(const Id& id, base::WallTime due) {
  taken_.erase(id);
  if (due_.contains(id)) put(id, due);
}

std::optional<base::WallTime> HopQueue::claim(const Id& id) {
  const auto found = due_.find(id);
  if (found == due_.end() || taken_.contains(id)) return std::nullopt;
  waiting_.erase({found->second, id});
  ready_.erase(id);
  taken_.insert(id);
  return found->second;
}

void HopQueue::release_all(base::WallTime now) {
  for (auto& [id, due] : due_) {
    waiting_.erase({due, id});
    due = now;
    if (!taken_.contains(id)) ready_.insert(id);
  }
}

std::optional<base::WallTime> HopQueue::next_due() const {
  if (!ready_.empty()) return due_.find(*ready_.begin())->second;
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

std::size_t HopQueue::ready(base::WallTime now) {
  promote(now);
  return ready_.size();
}

}  // namespace understudy::relay
