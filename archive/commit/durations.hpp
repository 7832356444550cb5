/// How long things took, counted by fixed bounds: what a histogram is drawn from. Never asks a clock.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace understudy::archive::commit {

/// One thread at a time.
class Durations {
 public:
  static constexpr std::array bounds{std::chrono::milliseconds(1),   std::chrono::milliseconds(3),
                                     std::chrono::milliseconds(10),  std::chrono::milliseconds(30),
                                     std::chrono::milliseconds(100), std::chrono::milliseconds(300),
                                     std::chrono::milliseconds(1000)};

  void add(std::chrono::nanoseconds took) {
    const auto bound = std::ranges::lower_bound(bounds, took);
    ++counts_[static_cast<std::size_t>(bound - bounds.begin())];
    sum_ += took;
  }
  /// Of those that took longer than the bound before this one, and at most this one. The last, behind all bounds: longer.
  const std::array<std::uint64_t, bounds.size() + 1>& counts() const { return counts_; }
  std::chrono::nanoseconds sum() const { return sum_; }

 private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  std::chrono::nanoseconds sum_{};
};

}  // namespace understudy::archive::commit
