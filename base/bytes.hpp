/// Big-endian integers and length-prefixed fields: the encoding of every stored key and value.
/// Values grow at their end: a reader that knows fewer fields leaves the rest alone (Reader::rest), so that
/// unknown later fields are kept when the value is written again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace understudy::base {

template <class Int>
void put_be(std::string& out, Int value) {
  for (int shift = static_cast<int>(sizeof(Int)) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
}
/// LEB128, at most 10 octets.
void put_varint(std::string& out, std::uint64_t value);

class Writer {
 public:
  explicit Writer(std::uint8_t version) { u8(version); }
  Writer() = default;
  Writer& u8(std::uint8_t v) { return put_be(out_, v), *this; }
  Writer& u16(std::uint16_t v) { return put_be(out_, v), *this; }
  Writer& u32(std::uint32_t v) { return put_be(out_, v), *this; }
  Writer& u64(std::uint64_t v) { return put_be(out_, v), *this; }
  Writer& varint(std::uint64_t v) { return put_varint(out_, v), *this; }
  Writer& text(std::string_view v) { return put_varint(out_, v.size()), out_.append(v), *this; }  ///< length, octets
  Writer& raw(std::string_view v) { return out_.append(v), *this; }                               ///< octets alone
  std::string take() { return std::move(out_); }
  const std::string& str() const { return out_; }

 private:
  std::string out_;
};

/// Reads what Writer wrote. After the first field that does not fit, every later read gives zero or empty and ok() is
/// false: check once, at the end. Keeps a view of the input.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  std::uint8_t u8() { return static_cast<std::uint8_t>(be(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(be(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(be(4)); }
  std::uint64_t u64() { return be(8); }
  std::uint64_t varint();
  std::string_view text();
  std::string_view raw(std::size_t octets);
  std::string_view rest() { return raw(in_.size()); }
  bool at_end() const { return in_.empty(); }
  bool ok() const { return ok_; }
  /// errc::damaged with `what` as context where a field did not fit.
  Result<> check(std::string_view what) const;

 private:
  std::uint64_t be(std::size_t octets);
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace understudy::base
