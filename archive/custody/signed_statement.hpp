/// What one machine says of its book in a report, signed by the key that signs its journal's heads (RFC 8032). Never does I/O,
/// and reads nothing of what is said.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/ed25519.hpp"

namespace understudy::archive::custody {

struct SignedStatement {
  static constexpr std::size_t max_octets =
      1000 * 1000;  ///< of the statement: with its question it fits into one frame of the link

  std::string octets;  ///< JSON in UTF-8 (docs/custody.md)
  base::PublicKey key{};
  base::Signature signature{};
  bool operator==(const SignedStatement&) const = default;

  static SignedStatement sign(std::string octets, const base::SigningKey& key) {
    auto signature = key.sign(context, octets);
    return {std::move(octets), key.public_key(), signature};
  }
  bool holds() const { return base::verify(key, context, octets, signature); }

  void encode(base::Writer& out) const { out.raw(key.view()).raw(base::view(signature)).text(octets); }
  static SignedStatement decode(base::Reader& in) {
    SignedStatement statement;
    statement.key = base::PublicKey::from(in.raw(sizeof(base::PublicKey)));
    statement.signature = base::signature_from(in.raw(sizeof(base::Signature)));
    statement.octets = in.text();
    return statement;
  }

 private:
  static constexpr std::string_view context = "understudy custody report";
};

}  // namespace understudy::archive::custody
