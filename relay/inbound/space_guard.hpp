/// Keeps strangers from filling the medium: below a floor of free space mail is put off with 452 4.3.1 (RFC 5321 §4.2.3, RFC
/// 3463 X.3.1) while there is still room for what the server itself must write: outcomes of deliveries, flushes, a restart.
/// Mail is taken again by itself once there is space.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace understudy::relay {

enum class Space : std::uint8_t { enough, low };

/// Low below the floor, and then until an eighth of it is free above: what is about to be taken would else switch it to and
/// fro.
Space judge_space(Space before, std::uint64_t free_octets, std::uint64_t floor);

/// Any thread. Looks at the medium once a second at most, when it is asked; logs each change.
class SpaceGuard {
 public:
  using Measure = std::function<std::uint64_t()>;  ///< octets that are free; any thread
  SpaceGuard(Measure free_octets, const base::Clock& clock);

  Space look(std::uint64_t floor);
  /// errc::busy: the space is low, or would be with `announced` octets more.
  base::Result<> admit(std::uint64_t floor, std::uint64_t announced = 0);

 private:
  struct Seen {
    Space space;
    std::uint64_t free_octets;
  };
  Seen see(std::uint64_t floor);

  Measure free_octets_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::optional<base::SteadyTime> measured_at_;
  std::uint64_t measured_ = 0;
  Space space_ = Space::enough;
};

}  // namespace understudy::relay
