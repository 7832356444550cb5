#include "archive/store/memory/memory_disk.hpp"

#include <random>

#include "archive/store/memory/subset.hpp"

namespace understudy::archive::store {

MemoryDisk::MemoryDisk() : identity_{"memory", 1, std::string(32, '0'), std::string(32, '0'), base::WallTime{}} {}

void MemoryDisk::sync() {
  for (const MediumWrite& write : unsynced_) durable_.apply(write);
  unsynced_.clear();
}

void MemoryDisk::cut(Faults::Kept kept, std::uint64_t seed) {
  if (kept == Faults::Kept::subset) {
    unsynced_ = subset_of(unsynced_, seed);
    return sync();
  }
  std::size_t stays = 0;
  if (kept == Faults::Kept::all) stays = unsynced_.size();
  if (kept == Faults::Kept::some) stays = std::mt19937_64(seed)() % (unsynced_.size() + 1);
  unsynced_.resize(stays);
  sync();
}

}  // namespace understudy::archive::store
