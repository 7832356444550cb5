#include "base/clock.hpp"

#include <time.h>

namespace understudy::base {

WallTime SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady() const {
  return std::chrono::duration_cast<SteadyTime>(stopwatch());
}

std::chrono::nanoseconds SystemClock::stopwatch() const {
  timespec ts{};
  clock_gettime(CLOCK_BOOTTIME, &ts);  // goes on while the machine sleeps, as a lease must
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

}  // namespace understudy::base
