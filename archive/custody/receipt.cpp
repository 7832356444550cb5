#include "archive/custody/receipt.hpp"

#include <algorithm>

namespace understudy::archive::custody {
namespace {
constexpr std::uint8_t version = 2;
}

Salt draw_salt(base::Random& random) {
  Salt salt;
  const auto octets = random.octets(salt.size());
  std::copy_n(octets.begin(), salt.size(), salt.begin());
  return salt;
}

std::string Receipt::encode() const {
  base::Writer out(version);
  out.raw(view(salt));
  custody::encode(out, number);
  out.raw(base::view(digest));
  custody::encode(out, recipients);
  position.encode(out);
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
  by.encode(out);
  return out.take();
}

base::Result<Receipt> Receipt::decode(std::string_view octets) {
  base::Reader in(octets);
  if (in.u8() != version) return base::fail("receipt", base::errc::unsupported);
  Receipt receipt;
  std::ranges::copy(in.raw(sizeof(Salt)), receipt.salt.begin());
  receipt.number = decode_number(in);
  receipt.digest = base::digest_from(in.raw(sizeof(base::Digest)));
  receipt.recipients = decode_names(in, max_recipients);
  receipt.position = Position::decode(in);
  receipt.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  receipt.by = Life::decode(in);
  if (!in.ok() || !in.at_end() || receipt.number.number == 0 || receipt.encode() != octets)
    return base::fail("receipt", base::errc::malformed);
  return receipt;
}

std::string_view word(Fault fault) {
  switch (fault) {
    case Fault::forged:
      return "forged";
    case Fault::other_incarnation:
      return "other-incarnation";
    case Fault::unknown_number:
      return "unknown-number";
    case Fault::digest:
      return "digest";
    case Fault::recipients:
      return "recipients";
    case Fault::replayed:
      return "replayed";
  }
  return "unknown";
}

std::optional<Fault> fault_in(const Receipt& receipt, const Life& ourselves, const std::optional<OwedNumber>& owed) {
  if (receipt.number.instance != ourselves.instance) return Fault::other_incarnation;
  if (!owed) return life_of(receipt.number) == ourselves ? Fault::unknown_number : Fault::other_incarnation;
  if (receipt.digest != owed->digest) return Fault::digest;
  if (receipt.recipients.empty() || !without(receipt.recipients, owed->recipients).empty()) return Fault::recipients;
  return std::nullopt;
}

}  // namespace understudy::archive::custody
