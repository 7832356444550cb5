/// How many entries of the audit journal one person can cause: so many at once, then so many a second. Who asks faster waits
/// for his turn; who has too much waiting is told so and is not recorded, so that nobody fills the disk by asking.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "base/clock.hpp"

namespace understudy::archive::audit {

/// Any thread. Grows with the number of people who are let in.
class Pace {
 public:
  struct Limit {
    double at_once = 0;
    double a_second = 0;
    double waiting = 0;  ///< requests that wait for their turn
  };
  Pace(Limit limit, const base::Clock& clock) : limit_(limit), clock_(clock) {}

  /// How long he waits before he goes on; nullopt: too many wait already.
  std::optional<std::chrono::milliseconds> take(std::uint32_t uid);
  const Limit& limit() const { return limit_; }

 private:
  struct Bucket {
    double left = 0;  ///< below 0: so many wait
    base::SteadyTime since{};
  };
  const Limit limit_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::map<std::uint32_t, Bucket> buckets_;  ///< guarded by mutex_
};

}  // namespace understudy::archive::audit
