/// What a witness gives: its signature over another machine's signed tree head, saying that this head continues every head of
/// that journal that it has seen before. It does not say that the entries are there. Never does I/O.
#pragma once

#include <string>
#include <string_view>

#include "archive/journal/head.hpp"
#include "base/clock.hpp"
#include "base/ed25519.hpp"
#include "base/result.hpp"

namespace understudy::archive::witness {

struct Countersignature {
  base::WallTime time{};
  base::PublicKey key;
  base::Signature signature{};
  bool operator==(const Countersignature&) const = default;
};

/// A signed head with its countersignature: as both machines keep it, and as it travels.
struct Countersigned {
  journal::SignedHead head;
  Countersignature by;

  static Countersigned sign(const journal::SignedHead& head, const base::SigningKey& key, base::WallTime now);
  /// Both signatures. Whose keys they are the caller has to know.
  bool holds() const;

  std::string encode() const;
  /// errc::damaged; errc::unsupported for a later version.
  static base::Result<Countersigned> decode(std::string_view octets);
  bool operator==(const Countersigned&) const = default;
};

}  // namespace understudy::archive::witness
