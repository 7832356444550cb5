#include "archive/custody/marks.hpp"

namespace understudy::archive::custody {
namespace {
constexpr std::uint8_t version = 1;
}

std::string Announcement::encode() const {
  base::Writer out(version);
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count())).varint(lives.size());
  for (const auto& [life, partition, marks] : lives)
    out.raw(mail::smtp::view(life.incarnation)).u16(partition).u64(marks.next).u64(marks.low);
  return out.take();
}

base::Result<Announcement> Announcement::decode(std::string_view octets, const InstanceId& giver) {
  const auto wrong = [] { return base::fail("marks of custody", base::errc::malformed); };
  base::Reader in(octets);
  if (in.u8() > version) return base::fail("marks of custody", base::errc::unsupported);
  Announcement announced;
  announced.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  const auto count = in.varint();
  if (!in.ok() || count > max_lives) return wrong();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    LifeMarks life;
    life.life = {giver, mail::smtp::instance_id_from(in.raw(sizeof(InstanceId)))};
    life.partition = in.u16();
    life.marks.next = in.u64();
    life.marks.low = in.u64();
    if (life.marks.low == 0 || life.marks.low > life.marks.next) return wrong();
    announced.lives.push_back(life);
  }
  if (!in.ok() || !in.at_end()) return wrong();
  return announced;
}

base::Result<Announcement> announcement_of(const store::Reader& reader, std::uint16_t partition, const InstanceId& instance,
                                           base::WallTime now) {
  auto lives = read_lives(reader, partition, instance);
  if (!lives) return std::unexpected(lives.error());
  return Announcement{now, std::move(*lives)};
}

}  // namespace understudy::archive::custody
