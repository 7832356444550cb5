#include "archive/store/rocksdb/part_pins.hpp"

namespace understudy::archive::store {

PartPins::Pin::~Pin() {
  pins_->unpin(part_);
}

std::unique_ptr<PartPins::Pin> PartPins::pin(const base::Digest& part) {
  const std::lock_guard lock(mutex_);
  if (going_.contains(part)) return nullptr;
  ++pinned_[part];
  return std::unique_ptr<Pin>(new Pin(shared_from_this(), part));
}

void PartPins::unpin(const base::Digest& part) {
  const std::lock_guard lock(mutex_);
  const auto found = pinned_.find(part);
  if (--found->second == 0) pinned_.erase(found);
}

bool PartPins::begin_to_free(const base::Digest& part) {
  const std::lock_guard lock(mutex_);
  if (pinned_.contains(part)) return false;
  going_.insert(part);
  return true;
}

void PartPins::freed(const std::vector<base::Digest>& parts) {
  const std::lock_guard lock(mutex_);
  for (const auto& part : parts) going_.erase(part);
}

}  // namespace understudy::archive::store
