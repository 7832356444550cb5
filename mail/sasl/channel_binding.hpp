/// What ties an authentication to the TLS connection under it: RFC 5929 (tls-unique, up to TLS 1.2), RFC 9266 (tls-exporter).
#pragma once

#include <cstdint>
#include <string>

namespace understudy::mail::sasl {

struct ChannelBinding {
  enum class Kind : std::uint8_t { none, tls_unique, tls_exporter };
  Kind kind = Kind::none;
  std::string octets;
};

}  // namespace understudy::mail::sasl
