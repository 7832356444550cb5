/// Time and chance for tests: a clock that stands still until it is moved, and octets that are the same at every run.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace understudy::sim {

class SimClock final : public base::Clock {
 public:
  base::WallTime now() const override { return wall_; }
  base::SteadyTime steady() const override { return steady_; }
  void advance(base::SteadyTime by) {
    steady_ += by;
    wall_ += by;
  }
  void set_wall(base::WallTime to) { wall_ = to; }  ///< the administrator, or NTP, moves the hands

 private:
  base::WallTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
  base::SteadyTime steady_{1'000'000};
};

/// splitmix64: reproducible, for tests alone.
class SimRandom final : public base::Random {
 public:
  explicit SimRandom(std::uint64_t seed) : state_(seed) {}
  std::string octets(std::size_t count) override {
    std::string out;
    while (out.size() < count) {
      std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
      mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
      out.push_back(static_cast<char>((mixed ^ mixed >> 31) & 0xff));
    }
    return out;
  }

 private:
  std::uint64_t state_;
};

}  // namespace understudy::sim
