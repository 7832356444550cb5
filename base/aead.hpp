/// AES-256-GCM (NIST SP 800-38D) and HKDF-SHA-256 (RFC 5869) over OpenSSL, and keys that leave no trace in memory. Never draws
/// a nonce: who seals says how no two are the same under one key. A thread keeps the key that it used last until it uses
/// another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::base {

/// 32 octets that nobody is to see. Zeroed when it goes; has no way to be printed. A copy is a key of its own.
class SecretKey {
 public:
  static constexpr std::size_t size = 32;

  static SecretKey make(Random& random);
  /// nullopt: not of this size. What it came from is the caller's to wipe.
  static std::optional<SecretKey> from(std::string_view octets);
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();

  std::string_view view() const { return {reinterpret_cast<const char*>(octets_.data()), octets_.size()}; }
  bool operator==(const SecretKey& other) const;  ///< in constant time

 private:
  SecretKey() = default;
  std::array<std::uint8_t, size> octets_{};
  friend SecretKey derive(const SecretKey& key, std::string_view salt, std::string_view info);
};

/// Overwrites the octets, so that no compiler leaves it out, and makes it empty.
void wipe(std::string& octets);

/// A key for one use, `info`, by HKDF-SHA-256 with `salt`.
SecretKey derive(const SecretKey& key, std::string_view salt, std::string_view info);

using Nonce = std::array<std::uint8_t, 12>;
/// The number in the last 8 octets, big-endian, behind zeros.
Nonce nonce_of(std::uint64_t number);

inline constexpr std::size_t seal_octets = 16;  ///< what sealing adds: the tag

/// Appends `plain`, encrypted, and the tag over it and `aad` to `out`. Never twice with one key and nonce. Any thread.
void seal(const SecretKey& key, const Nonce& nonce, std::string_view aad, std::string_view plain, std::string& out);
/// What was sealed. errc::damaged: another key, nonce or `aad`, or not the octets that seal() gave. Any thread.
Result<std::string> open(const SecretKey& key, const Nonce& nonce, std::string_view aad, std::string_view sealed);

}  // namespace understudy::base
