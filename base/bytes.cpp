#include "base/bytes.hpp"

namespace understudy::base {

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(0x80 | (value & 0x7f)));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

std::uint64_t Reader::be(std::size_t octets) {
  std::uint64_t value = 0;
  for (unsigned char c : raw(octets)) value = value << 8 | c;
  return value;
}

std::uint64_t Reader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t c = u8();
    if (!ok_) return 0;
    if (shift == 63 && c > 1) break;
    value |= (c & 0x7f) << shift;
    if (c < 0x80) return value;
  }
  ok_ = false;
  in_ = {};
  return 0;
}

std::string_view Reader::text() {
  const std::uint64_t octets = varint();
  return raw(octets);
}

std::string_view Reader::raw(std::size_t octets) {
  if (octets > in_.size()) {
    ok_ = false;
    in_ = {};
    return {};
  }
  auto got = in_.substr(0, octets);
  in_.remove_prefix(octets);
  return got;
}

Result<> Reader::check(std::string_view what) const {
  if (!ok_) return fail(std::string(what), errc::damaged);
  return {};
}

}  // namespace understudy::base
