#include "archive/store/wake_list.hpp"

#include <algorithm>

namespace understudy::archive::store {

WakeList::Ticket::~Ticket() {
  if (auto list = list_.lock()) list->remove(this);
  const std::lock_guard lock(gate_->mutex);
  gate_->open = false;
}

std::unique_ptr<WakeList::Ticket> WakeList::add(Shard shard, std::function<void()> wake) {
  auto ticket = std::unique_ptr<Ticket>(new Ticket(shard, std::move(wake)));
  ticket->list_ = weak_from_this();
  const std::lock_guard lock(mutex_);
  entries_.push_back({shard, ticket.get(), ticket->gate_});
  return ticket;
}

void WakeList::wake(const std::set<Shard>& shards) {
  std::vector<Entry> due;
  {
    const std::lock_guard lock(mutex_);
    std::ranges::copy_if(entries_, std::back_inserter(due), [&](const Entry& e) { return shards.contains(e.shard); });
  }
  for (const Entry& entry : due) {
    const std::lock_guard lock(entry.gate->mutex);
    if (entry.gate->open && entry.ticket->wake_) entry.ticket->wake_();
  }
}

void WakeList::remove(const Ticket* ticket) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const Entry& e) { return e.ticket == ticket; });
}

}  // namespace understudy::archive::store
