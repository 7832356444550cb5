#include "archive/witness/countersignature.hpp"

#include "base/bytes.hpp"

namespace understudy::archive::witness {
namespace {

constexpr std::string_view context = "understudy witness";
constexpr std::uint8_t version = 1;

std::string signed_octets(const journal::SignedHead& head, base::WallTime time) {
  base::Writer out;
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
  return out.raw(head.head.encode()).raw(base::view(head.signature)).take();
}

}  // namespace

Countersigned Countersigned::sign(const journal::SignedHead& head, const base::SigningKey& key, base::WallTime now) {
  return {head, {now, key.public_key(), key.sign(context, signed_octets(head, now))}};
}

bool Countersigned::holds() const {
  return head.holds() && base::verify(by.key, context, signed_octets(head, by.time), by.signature);
}

std::string Countersigned::encode() const {
  base::Writer out(version);
  out.text(head.encode()).u64(static_cast<std::uint64_t>(by.time.time_since_epoch().count()));
  return out.raw(by.key.view()).raw(base::view(by.signature)).take();
}

base::Result<Countersigned> Countersigned::decode(std::string_view octets) {
  base::Reader in(octets);
  const auto found = in.u8();
  if (in.ok() && found > version) return base::fail("countersigned head", base::errc::unsupported);
  auto head = journal::SignedHead::decode(in.text());
  if (!head) return std::unexpected(head.error());
  Countersigned result;
  result.head = *head;
  result.by.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  result.by.key = base::PublicKey::from(in.raw(32));
  result.by.signature = base::signature_from(in.raw(64));
  if (!in.ok() || found == 0) return base::fail("countersigned head", base::errc::damaged);
  return result;
}

}  // namespace understudy::archive::witness
