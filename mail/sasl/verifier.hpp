/// What is kept of a password: the SCRAM-SHA-256 verifier of RFC 5802 §3 and RFC 7677. It lets a server check a password and
/// does not let its thief log in. Passwords are prepared by SASLprep (RFC 4013) before they are hashed.
#pragma once

#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::mail::sasl {

inline constexpr unsigned default_iterations = 10000;

/// As text: "{SCRAM-SHA-256}iterations,salt,stored-key,server-key", the last three in base64; GNU SASL's own form, so that
/// `gsasl --mkpasswd` makes them too.
struct Verifier {
  unsigned iterations = default_iterations;  ///< 4096 (RFC 7677 §4) to 10,000,000
  std::string salt;                          ///< octets, 1 to 64
  std::string stored_key;                    ///< 32 octets
  std::string server_key;                    ///< 32 octets

  std::string text() const;
  static base::Result<Verifier> parse(std::string_view text);  ///< errc::malformed
  bool operator==(const Verifier&) const = default;
};

/// errc::malformed where SASLprep refuses the password (control characters, not UTF-8, empty) or an argument is out of bounds.
/// Takes milliseconds on purpose: not for a thread that serves others.
base::Result<Verifier> make_verifier(std::string_view password, std::string_view salt, unsigned iterations);
base::Result<Verifier> make_verifier(std::string_view password, base::Random& random, unsigned iterations = default_iterations);

/// As costly as making one. The time does not tell how much of it was right.
bool is_password_of(const Verifier& verifier, std::string_view password);

}  // namespace understudy::mail::sasl
