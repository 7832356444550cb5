/// Why a SASL exchange ended without an identity. What the peer is told is the business of its protocol.
#pragma once

#include <cstdint>

namespace understudy::mail::sasl {

enum class Failure : std::uint8_t {
  malformed,    ///< bad base64, or a message that does not follow its mechanism
  too_long,     ///< a token over its limit
  cancelled,    ///< the client sent "*"
  rejected,     ///< wrong password, unknown user, foreign authorization identity: never said which
  unsupported,  ///< no such mechanism here
  unavailable,  ///< our own trouble; worth another try
};

}  // namespace understudy::mail::sasl
