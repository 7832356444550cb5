/// Memory of commands that hold something of every message of a mailbox while they run (SORT, THREAD): counted for all sessions
/// together, so that many of them at once cannot take what the server needs for mail.
#pragma once

#include <atomic>
#include <cstdint>

namespace understudy::archive::access {

/// What is held now. Any thread. Made once; outlives all shares.
class WorkMemory {
 public:
  std::uint64_t held() const { return held_.load(std::memory_order_relaxed); }

 private:
  friend class WorkShare;
  std::atomic<std::uint64_t> held_{0};
};

/// What one command holds of it, until its end. One thread at a time.
class WorkShare {
 public:
  /// `most`: octets that all shares may hold together.
  WorkShare(WorkMemory& of, std::uint64_t most) : of_(of), most_(most) {}
  ~WorkShare() { of_.held_ -= taken_; }
  WorkShare(const WorkShare&) = delete;
  WorkShare& operator=(const WorkShare&) = delete;

  /// false: there is not so much.
  bool take(std::uint64_t octets) {
    taken_ += octets;
    return (of_.held_ += octets) <= most_;
  }

 private:
  WorkMemory& of_;
  std::uint64_t most_;
  std::uint64_t taken_ = 0;
};

}  // namespace understudy::archive::access
