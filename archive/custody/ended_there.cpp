#include "archive/custody/ended_there.hpp"

namespace understudy::archive::custody {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view context = "understudy ended";

}  // namespace

std::string EndedThere::encode() const {
  base::Writer out(version);
  by.encode(out);
  custody::encode(out, number);
  return out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count())).take();
}

SignedEnded SignedEnded::sign(const EndedThere& ended, const base::SigningKey& key) {
  return {ended, key.sign(context, ended.encode())};
}

bool SignedEnded::signed_by(const base::PublicKey& key) const {
  return base::verify(key, context, ended.encode(), signature);
}

std::string SignedEnded::encode() const {
  return base::Writer().raw(base::view(signature)).raw(ended.encode()).take();
}

base::Result<SignedEnded> SignedEnded::decode(std::string_view octets) {
  base::Reader in(octets);
  SignedEnded all;
  all.signature = base::signature_from(in.raw(sizeof(base::Signature)));
  if (in.u8() > version) return base::fail("what has ended", base::errc::unsupported);
  all.ended.by = Life::decode(in);
  all.ended.number = decode_number(in);
  all.ended.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  if (!in.ok() || !in.at_end() || all.encode() != octets) return base::fail("what has ended", base::errc::malformed);
  return all;
}

std::string encode_all(const std::vector<SignedEnded>& all) {
  std::string octets;
  for (const auto& each : all) octets += each.encode();
  return octets;
}

base::Result<std::vector<SignedEnded>> decode_all(std::string_view octets, std::size_t most) {
  if (octets.size() % SignedEnded::octets != 0 || octets.size() / SignedEnded::octets > most)
    return base::fail("what has ended", base::errc::malformed);
  std::vector<SignedEnded> all;
  for (; !octets.empty(); octets.remove_prefix(SignedEnded::octets)) {
    auto each = SignedEnded::decode(octets.substr(0, SignedEnded::octets));
    if (!each) return std::unexpected(each.error());
    all.push_back(std::move(*each));
  }
  return all;
}

}  // namespace understudy::archive::custody
