#include "relay/inbound/space_guard.hpp"

#include "base/log.hpp"

namespace understudy::relay {
namespace {

constexpr base::SteadyTime measure_every = std::chrono::seconds(1);

void tell(Space space, std::uint64_t free_octets, std::uint64_t floor) {
  if (space == Space::low)
    base::log::error("space.low", {{"free", free_octets}, {"floor", floor}, {"mail", "is put off with 452"}});
  else
    base::log::info("space.enough", {{"free", free_octets}, {"floor", floor}, {"mail", "is taken again"}});
}

}  // namespace

Space judge_space(Space before, std::uint64_t free_octets, std::uint64_t floor) {
  const std::uint64_t needed = before == Space::low ? floor + floor / 8 : floor;
  return free_octets < needed ? Space::low : Space::enough;
}

SpaceGuard::SpaceGuard(Measure free_octets, const base::Clock& clock) : free_octets_(std::move(free_octets)), clock_(clock) {}

SpaceGuard::Seen SpaceGuard::see(std::uint64_t floor) {
  const auto now = clock_.steady();
  const std::lock_guard lock(mutex_);
  if (!measured_at_ || now - *measured_at_ >= measure_every) {
    measured_ = free_octets_();
    measured_at_ = now;
  }
  const auto space = judge_space(space_, measured_, floor);
  if (space != space_) tell(space, measured_, floor);
  space_ = space;
  return {space, measured_};
}

Space SpaceGuard::look(std::uint64_t floor) {
  return see(floor).space;
}

base::Result<> SpaceGuard::admit(std::uint64_t floor, std::uint64_t announced) {
  const auto seen = see(floor);
  if (floor == 0 || (seen.space == Space::enough && announced <= seen.free_octets - floor)) return {};
  return base::fail("server.free_space", base::errc::busy);
}

}  // namespace understudy::relay
