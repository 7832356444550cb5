#include "archive/custody/number.hpp"

namespace understudy::archive::custody {

base::Result<Life> Life::parse(std::string_view instance, std::string_view incarnation) {
  const auto first = mail::smtp::parse_instance_id(instance);
  const auto second = mail::smtp::parse_instance_id(incarnation);
  if (!first || !second) return base::fail("instance or incarnation", base::errc::malformed);
  return Life{*first, *second};
}

Life Life::decode(base::Reader& in) {
  Life life;
  life.instance = mail::smtp::instance_id_from(in.raw(life.instance.size()));
  life.incarnation = mail::smtp::instance_id_from(in.raw(life.incarnation.size()));
  return life;
}

void encode(base::Writer& out, const Number& number) {
  life_of(number).encode(out);
  out.u16(number.partition).u64(number.number);
}

Number decode_number(base::Reader& in) {
  const auto life = Life::decode(in);
  const auto partition = in.u16();
  return number_of(life, partition, in.u64());
}

}  // namespace understudy::archive::custody
