/// Ed25519 signatures (RFC 8032 §5.1) over OpenSSL, and how keys are written: the public one as "ed25519:" and Base64, the
/// private one as PKCS #8 in PEM (RFC 8410, RFC 5208). What is signed says itself what it is: every use has a context of its
/// own in front of its octets, so that a signature given for one thing is never good for another.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::base {

using Signature = std::array<std::uint8_t, 64>;
inline std::string_view view(const Signature& signature) {
  return {reinterpret_cast<const char*>(signature.data()), signature.size()};
}
/// The first 64 octets of `octets`; zeros where there are fewer.
Signature signature_from(std::string_view octets);

struct PublicKey {
  std::array<std::uint8_t, 32> octets{};

  std::string_view view() const { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }
  /// The first 32 octets of `octets`; zeros where there are fewer.
  static PublicKey from(std::string_view octets);
  std::string text() const;  ///< "ed25519:" and 44 characters of Base64
  static std::optional<PublicKey> parse(std::string_view text);
  /// SHA-256 of the 32 octets: the key's name where 32 octets more would be too many.
  Digest fingerprint() const { return sha256(view()); }
  auto operator<=>(const PublicKey&) const = default;
};

/// Is `signature` that of `key` over `context`, one octet of zero, and `octets`? Any thread. false too for a key that is no
/// point.
bool verify(const PublicKey& key, std::string_view context, std::string_view octets, const Signature& signature);

/// A private key. Any thread; a copy shares it.
class SigningKey {
 public:
  static SigningKey make(Random& random);
  /// errc::malformed: no PEM, or not the key of an Ed25519 pair.
  static Result<SigningKey> from_pem(std::string_view pem);
  std::string to_pem() const;  ///< for a file that its owner alone can read

  const PublicKey& public_key() const { return public_key_; }
  Signature sign(std::string_view context, std::string_view octets) const;

 private:
  struct Impl;
  explicit SigningKey(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
  PublicKey public_key_;
};

}  // namespace understudy::base
