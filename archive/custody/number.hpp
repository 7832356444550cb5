/// Under which number a message is handed over, as it is stored. Its text, and what the numbers mean, stand in
/// mail/smtp/custody.hpp. Never does I/O.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "mail/smtp/custody.hpp"

namespace understudy::archive::custody {

using mail::smtp::InstanceId;
using Number = mail::smtp::CustodyNumber;

/// Whose numbers they are: an installation, and one life of its store.
struct Life {
  InstanceId instance{};
  InstanceId incarnation{};
  auto operator<=>(const Life&) const = default;

  /// From 32 hexadecimal digits each. errc::malformed.
  static base::Result<Life> parse(std::string_view instance, std::string_view incarnation);
  void encode(base::Writer& out) const { out.raw(mail::smtp::view(instance)).raw(mail::smtp::view(incarnation)); }
  static Life decode(base::Reader& in);
};

inline Life life_of(const Number& number) {
  return {number.instance, number.incarnation};
}
inline Number number_of(const Life& life, std::uint16_t partition, std::uint64_t number) {
  return {life.instance, life.incarnation, partition, number};
}

/// 42 octets, which sort by number.
void encode(base::Writer& out, const Number& number);
Number decode_number(base::Reader& in);

}  // namespace understudy::archive::custody
