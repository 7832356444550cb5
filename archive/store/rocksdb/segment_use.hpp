/// How many octets of each segment's blocks somebody needs: what the collector goes by. Only the RocksDB engine includes it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

namespace understudy::archive::store {

/// By segment: what one commit adds to it and takes away.
using UseChanges = std::map<std::uint64_t, std::int64_t>;

/// Any thread.
class SegmentUse {
 public:
  void set(std::uint64_t segment, std::uint64_t live) {
    const std::lock_guard lock(mutex_);
    live_[segment] = live;
  }
  std::uint64_t live(std::uint64_t segment) const {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(segment);
    return found == live_.end() ? 0 : found->second;
  }
  /// What live() will be after these changes; never below 0.
  std::uint64_t after(std::uint64_t segment, std::int64_t change) const {
    const auto now = static_cast<std::int64_t>(live(segment));
    return static_cast<std::uint64_t>(now + change < 0 ? 0 : now + change);
  }
  void apply(const UseChanges& changes) {
    for (const auto& [segment, change] : changes) set(segment, after(segment, change));
  }
  void forget(std::uint64_t segment) {
    const std::lock_guard lock(mutex_);
    live_.erase(segment);
  }
  std::map<std::uint64_t, std::uint64_t> all() const {
    const std::lock_guard lock(mutex_);
    return live_;
  }
  /// Of all segments together.
  std::uint64_t total() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t octets = 0;
    for (const auto& [segment, live] : live_) octets += live;
    return octets;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> live_;
};

}  // namespace understudy::archive::store
