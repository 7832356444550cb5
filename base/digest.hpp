/// SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104) over OpenSSL, and comparison in constant time for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace understudy::base {

using Digest = std::array<std::uint8_t, 32>;

inline std::string_view view(const Digest& d) {
  return {reinterpret_cast<const char*>(d.data()), d.size()};
}
/// The first 32 octets of `octets`; zeros where there are fewer.
Digest digest_from(std::string_view octets);

/// SHA-256 of octets that come in pieces. One thread. Copying it copies the state so far.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&);
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  Sha256& update(std::string_view octets);
  /// Ends it; update() is not allowed afterwards.
  Digest finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Digest sha256(std::string_view octets);
Digest hmac_sha256(std::string_view key, std::string_view octets);
/// Time depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace understudy::base
