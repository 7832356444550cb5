/// The keys that sign the heads of a journal's tree, as the journal itself tells them: an entry for the first key and one for
/// each that follows. Whoever knows one key can follow to the next: each statement is signed by the key before. Never does I/O.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/ed25519.hpp"

namespace understudy::archive::journal {

struct KeyChange {
  /// By the key that was in force until then.
  struct Consent {
    base::PublicKey by;
    base::Signature signature{};
    bool operator==(const Consent&) const = default;
  };
  base::PublicKey key;
  std::optional<Consent> consent;  ///< nullopt: the first key, or one that follows a key that was lost

  /// `former` agrees to `key`.
  static KeyChange agreed(const base::PublicKey& key, const base::SigningKey& former);
  /// Is the consent what it says? true where there is none.
  bool holds() const;

  void encode(base::Writer& out) const;
  static KeyChange decode(base::Reader& in);
  bool operator==(const KeyChange&) const = default;
};

}  // namespace understudy::archive::journal
