/// How long who reads or writes in the background has to wait, so that it is at most so many octets a second. Never waits
/// itself.
#pragma once

#include <chrono>
#include <cstdint>

namespace understudy::archive::store {

/// One thread at a time.
class Throttle {
 public:
  explicit Throttle(std::uint64_t octets_a_second) : octets_a_second_(octets_a_second) {}

  /// To be waited after so many octets more. Mostly nothing: small pieces are added up to a wait that is worth one.
  std::chrono::microseconds wait_after(std::uint64_t octets) {
    owed_ += octets;
    if (owed_ < octets_at_a_time) return {};
    const std::chrono::microseconds time(owed_ * 1'000'000 / octets_a_second_);
    owed_ = 0;
    return time;
  }

 private:
  static constexpr std::uint64_t octets_at_a_time = 1u << 20;

  std::uint64_t octets_a_second_;
  std::uint64_t owed_ = 0;  // octets that were not waited for yet
};

}  // namespace understudy::archive::store
