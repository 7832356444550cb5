/// How octets of a message are got back from octets that are stored: as they are, or as the lines of base64 (RFC 2045 §6.8)
/// that they came as. Pure.
#pragma once

#include <cstdint>

namespace understudy::archive::store::content {

struct Form {
  enum class Kind : std::uint8_t { as_is = 0, base64_crlf = 1, base64_lf = 2 };
  enum class LastEnd : std::uint8_t { missing = 0, there = 1 };

  Kind kind = Kind::as_is;
  std::uint8_t line = 0;              ///< base64: characters of a full line, a multiple of 4, 4 to 252
  LastEnd last_end = LastEnd::there;  ///< base64: whether the last line has its line end
  bool operator==(const Form&) const = default;
};

/// Octets in the message of `stored` octets in this form. No overflow below 2^60.
std::uint64_t octets_in_message(const Form& form, std::uint64_t stored);

}  // namespace understudy::archive::store::content
