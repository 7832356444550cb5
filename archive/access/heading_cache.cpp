#include "archive/access/heading_cache.hpp"

#include <utility>

namespace understudy::archive::access {

HeadingCache::Kept HeadingCache::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->headings;
}

void HeadingCache::keep(const Key& key, Kept headings, std::uint64_t most) {
  constexpr std::uint64_t around = 128;  // nodes of list and map
  const auto octets = headings->octets() + sizeof(Entry) + around;
  const std::lock_guard lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
  if (octets > most) return;
  entries_.push_front({key, std::move(headings), octets});
  by_key_[key] = entries_.begin();
  octets_ += octets;
  while (octets_ > most) drop(std::prev(entries_.end()));
}

std::uint64_t HeadingCache::octets() const {
  const std::lock_guard lock(mutex_);
  return octets_;
}

void HeadingCache::drop(std::list<Entry>::iterator entry) {
  octets_ -= entry->octets;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace understudy::archive::access
