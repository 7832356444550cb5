#include "archive/custody/desk.hpp"

namespace understudy::archive::custody {
namespace {
constexpr std::uint16_t partition = 0;
}

InstanceId Desk::instance() const {
  const auto& names = archive_.store().identity();
  const auto life = Life::parse(names.instance, names.incarnation);
  return life ? life->instance : InstanceId();
}

base::Result<Announcement> Desk::announcement(base::WallTime now) const {
  return announcement_of(archive_.store(), partition, instance(), now);
}

base::Result<Standing> Desk::standing(const Number& number, base::WallTime before) const {
  if (number.instance != instance() || number.partition != partition) return Standing::unknown;
  return standing_of(archive_.store(), number, before);
}

base::Result<GapLook> Desk::look(const Upto& upto, std::string_view from, const GapCounts& counts) const {
  return look_for_gaps(archive_.store(), upto, from, counts);
}

base::Result<GapPage> Desk::gaps(std::string_view from, std::size_t most) const {
  return read_gaps(archive_.store(), from, most);
}

}  // namespace understudy::archive::custody
