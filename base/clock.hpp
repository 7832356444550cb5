/// The time, as a thing that is handed in: the system's, or a test's that stands still until it is moved.
#pragma once

#include <chrono>

namespace understudy::base {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;   ///< UTC; may jump
using SteadyTime = std::chrono::duration<std::int64_t, std::milli>;  ///< since some start; never goes back

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;       // any thread
  virtual SteadyTime steady() const = 0;  // any thread
  /// As steady(), as finely as can be told: for how long something took that takes less than some milliseconds. Any thread.
  virtual std::chrono::nanoseconds stopwatch() const { return steady(); }
};

/// The machine's clocks (CLOCK_REALTIME, CLOCK_BOOTTIME).
class SystemClock final : public Clock {
 public:
  WallTime now() const override;
  SteadyTime steady() const override;
  std::chrono::nanoseconds stopwatch() const override;
};

}  // namespace understudy::base
