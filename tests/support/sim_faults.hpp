/// Makes the Nth step of I/O fail: reads, writes, handshakes, connects and look-ups are counted together.
#pragma once

#include <cstdint>
#include <optional>

#include "base/net/errc.hpp"

namespace understudy::sim {

class SimFaults {
 public:
  /// Step `n` (the first is 1) fails with `how`, once; 0: none.
  void fail_at(std::uint64_t n, net::errc how = net::errc::reset) {
    fail_at_ = n;
    how_ = how;
  }
  /// Counts one step. The error that it fails with, if it does.
  std::optional<net::errc> step() {
    if (++steps_ != fail_at_) return std::nullopt;
    return how_;
  }
  std::uint64_t steps() const { return steps_; }
  bool hit() const { return fail_at_ != 0 && steps_ >= fail_at_; }

 private:
  std::uint64_t steps_ = 0;
  std::uint64_t fail_at_ = 0;
  net::errc how_ = net::errc::reset;
};

}  // namespace understudy::sim
