// Which accounts are kept in memory; each of them is in live_account.cpp.
#include <algorithm>
#include <utility>

#include "archive/mailbox/live_account.hpp"

namespace understudy::archive::mailbox {

base::Result<std::shared_ptr<LiveAccount>> LiveAccounts::get(AccountNumber account) {
  const std::lock_guard lock(mutex_);
  const auto lately = std::ranges::find(lately_, account, [](const auto& each) { return each->number(); });
  if (lately != lately_.end()) {
    lately_.splice(lately_.begin(), lately_, lately);
    auto found = lately_.front();
    drop_idle();  // it may have grown meanwhile, and so may others
    return found;
  }
  auto live = open_[account].lock();
  if (!live) {
    auto opened = LiveAccount::open(store_, account);
    if (!opened) return opened;
    live = std::move(*opened);
    open_[account] = live;
  }
  lately_.push_front(live);
  drop_idle();
  return live;
}

/// Those used last stay, as far as they fit; the very last one whatever it takes.
void LiveAccounts::drop_idle() {
  std::uint64_t octets = 0;
  std::size_t count = 0;
  auto at = lately_.begin();
  for (; at != lately_.end(); ++at, ++count) {
    octets += (*at)->octets();
    if (count == most_.accounts || (count > 0 && octets > most_.octets)) break;
  }
  while (at != lately_.end()) {
    const auto number = (*at)->number();
    at = lately_.erase(at);
    if (open_[number].expired()) open_.erase(number);
  }
}

}  // namespace understudy::archive::mailbox
