#include "archive/store/wake_list.hpp"

#include <algorithm>
#include <iterator>

namespace understudy::archive::store {

WakeList::Ticket::~Ticket() {
  if (auto list = list_.lock()) list->remove(shard_, gate_);
  const std::lock_guard lock(gate_->mutex);
  gate_->open = false;
  if (!gate_->running) gate_->wake = nullptr;
}

std::unique_ptr<WakeList::Ticket> WakeList::add(Shard shard, std::function<void()> wake) {
  auto gate = std::make_shared<Gate>();
  gate->wake = std::move(wake);
  auto ticket = std::unique_ptr<Ticket>(new Ticket(shard, gate, weak_from_this()));
  const std::lock_guard lock(mutex_);
  gates_[shard].push_back(std::move(gate));
  return ticket;
}

WakeList::Gates WakeList::due(const std::set<Shard>& shards) {
  Gates due;
  const std::lock_guard lock(mutex_);
  for (const Shard& shard : shards)
    if (const auto found = gates_.find(shard); found != gates_.end()) std::ranges::copy(found->second, std::back_inserter(due));
  return due;
}

void WakeList::wake(const std::set<Shard>& shards) {
  for (const auto& gate : due(shards)) {
    const std::lock_guard lock(gate->mutex);
    if (!gate->open || !gate->wake) continue;
    gate->running = true;
    gate->wake();
    gate->running = false;
    if (!gate->open) gate->wake = nullptr;
  }
}

void WakeList::remove(Shard shard, const std::shared_ptr<Gate>& gate) {
  const std::lock_guard lock(mutex_);
  const auto found = gates_.find(shard);
  std::erase(found->second, gate);
  if (found->second.empty()) gates_.erase(found);
}

}  // namespace understudy::archive::store
