/// How times and flags stand in the records of an account, whichever table they are in.
#pragma once

#include "archive/mailbox/change.hpp"
#include "base/codec.hpp"

namespace understudy::archive::mailbox {

inline std::uint64_t to_millis(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
inline base::WallTime from_millis(std::uint64_t millis) {
  return base::WallTime(std::chrono::milliseconds(millis));
}

inline void encode_flags(base::Writer& out, const Flags& flags) {
  out.u8(flags.system).varint(flags.keywords.size());
  for (const auto& keyword : flags.keywords) out.text(keyword);
}
inline Flags decode_flags(base::Reader& in) {
  Flags flags;
  flags.system = in.u8();
  for (auto count = in.varint(); count > 0 && in.ok(); --count) flags.keywords.emplace_back(in.text());
  return flags;
}

/// The source of a message, and beside it whether it was put back out of the bin.
inline constexpr std::uint8_t put_back_mark = 0x80;
inline std::uint8_t encode_source(const Message& message) {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(message.source) | (message.put_back ? put_back_mark : 0));
}
inline void decode_source(std::uint8_t octet, Message& message) {
  message.source = static_cast<Source>(octet & ~put_back_mark);
  message.put_back = (octet & put_back_mark) != 0;
}

/// Distances: some octets a range.
void encode_uids(base::Writer& out, const Uids& uids);
/// A set that nothing encodes to makes `in` fail.
Uids decode_uids(base::Reader& in);

}  // namespace understudy::archive::mailbox
