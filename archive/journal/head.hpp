/// Signed tree heads: what a journal held at one moment, said under a signature (RFC 9162 §4.10 has the idea; the octets are
/// ours, docs/proofs.md). Whoever has one can later be shown that a journal still begins with all that it speaks of. Never does
/// I/O.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "archive/journal/log.hpp"
#include "archive/journal/proof/proof.hpp"
#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/ed25519.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal {

/// Which tree. A restored store has a new incarnation: another log, that begins as the former one did.
struct LogName {
  std::array<std::uint8_t, 16> instance{};
  std::array<std::uint8_t, 16> incarnation{};
  Book book = Book::mail;
  std::uint16_t partition = 0;

  /// Of 32 hexadecimal digits each. errc::malformed.
  static base::Result<LogName> make(std::string_view instance, std::string_view incarnation, Log log);
  void encode(base::Writer& out) const;
  static LogName decode(base::Reader& in);
  auto operator<=>(const LogName&) const = default;
};

struct TreeHead {
  LogName log;
  proof::Head head;
  base::WallTime time{};
  base::Digest key{};  ///< fingerprint of the key that signs it

  std::string encode() const;  ///< always `octets` long
  /// errc::damaged; errc::unsupported for a later version.
  static base::Result<TreeHead> decode(std::string_view octets);
  static constexpr std::size_t octets = 1 + 16 + 16 + 1 + 2 + 8 + 32 + 8 + 32;
  bool operator==(const TreeHead&) const = default;
};

struct SignedHead {
  TreeHead head;
  base::PublicKey key;
  base::Signature signature{};

  static SignedHead sign(TreeHead head, const base::SigningKey& key);  ///< sets the head's fingerprint
  /// Is it signed by `key`, and the key the one that the head names? Whose key that is the caller has to know.
  bool holds() const;

  std::string encode() const;  ///< as it is stored
  static base::Result<SignedHead> decode(std::string_view value);
  bool operator==(const SignedHead&) const = default;
};

}  // namespace understudy::archive::journal
