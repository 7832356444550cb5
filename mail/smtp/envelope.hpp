/// The envelope of one transaction (RFC 5321 §2.3.1) with the parameters that travel on: 8BITMIME (RFC 6152),
/// SMTPUTF8 (RFC 6531), DSN (RFC 3461).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/address/address.hpp"

namespace understudy::mail::smtp {

enum class BodyType : std::uint8_t { seven_bit = 0, eight_bit_mime = 1 };
enum class DsnReturn : std::uint8_t { unspecified = 0, full = 1, headers = 2 };

/// RFC 3461 §4.1. None set: the default (failures, perhaps delays).
struct Notify {
  static constexpr std::uint8_t never = 1, success = 2, failure = 4, delay = 8;
  std::uint8_t bits = 0;
  bool has(std::uint8_t bit) const { return (bits & bit) != 0; }
  bool wants_failure() const { return bits == 0 || has(failure); }
  bool wants_delay() const { return bits == 0 || has(delay); }
  bool operator==(const Notify&) const = default;
};

struct Recipient {
  address::Address forward_path;
  Notify notify;
  std::string orcpt;  ///< as received, xtext still encoded ("rfc822;…"); empty: none
  bool operator==(const Recipient&) const = default;
};

/// Octets as the client sent them, without what it costs to keep them.
inline std::size_t octets_of(const address::ReversePath& path) {
  return path ? path->local.size() + path->domain.size() : 0;
}
inline std::size_t octets_of(const Recipient& recipient) {
  return recipient.forward_path.local.size() + recipient.forward_path.domain.size() + recipient.orcpt.size();
}

struct Envelope {
  address::ReversePath reverse_path;
  std::vector<Recipient> recipients;
  BodyType body = BodyType::seven_bit;
  bool smtputf8 = false;
  DsnReturn dsn_return = DsnReturn::unspecified;
  std::string envid;                  ///< as received, xtext still encoded; empty: none
  std::optional<std::uint64_t> size;  ///< as declared with SIZE=
  bool operator==(const Envelope&) const = default;
};

}  // namespace understudy::mail::smtp
