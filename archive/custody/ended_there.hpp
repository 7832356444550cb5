/// What is said in place of a receipt that can be made no more: what came under this number was here, and has ended since
/// (docs/custody.md, *Endings*). It says nothing of the message. Never does I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/custody/number.hpp"
#include "base/clock.hpp"
#include "base/ed25519.hpp"
#include "base/result.hpp"

namespace understudy::archive::custody {

struct EndedThere {
  Life by;                ///< who says so
  Number number;          ///< the sender's
  base::WallTime time{};  ///< when it is said
  bool operator==(const EndedThere&) const = default;

  std::string encode() const;
};

/// Signed by the key that signs the heads of its journal (RFC 8032).
struct SignedEnded {
  static constexpr std::size_t octets = 64 + 1 + 32 + 42 + 8;

  EndedThere ended;
  base::Signature signature{};
  bool operator==(const SignedEnded&) const = default;

  static SignedEnded sign(const EndedThere& ended, const base::SigningKey& key);
  bool signed_by(const base::PublicKey& key) const;
  std::string encode() const;
  /// errc::malformed; errc::unsupported: a later version. Looks at no signature.
  static base::Result<SignedEnded> decode(std::string_view octets);
};

/// At most `most` of them, one behind the other. errc as SignedEnded::decode().
std::string encode_all(const std::vector<SignedEnded>& all);
base::Result<std::vector<SignedEnded>> decode_all(std::string_view octets, std::size_t most);

}  // namespace understudy::archive::custody
