/// An order to the other machine: end there what was ended here, so that no ledger keeps what the journal forgot; and the
/// signed answer. Signed is the hash of an order, which has a salt: so the signature can be kept when the order, which names
/// the message, is gone. Never does I/O, decides nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/custody/number.hpp"
#include "archive/custody/receipt.hpp"
#include "archive/custody/recipients.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/ed25519.hpp"
#include "base/result.hpp"

namespace understudy::archive::endings {

/// Of a reason, in UTF-8, given by a person or a rule.
inline constexpr std::size_t max_reason = 200;
/// Not empty, not too long, UTF-8 without control characters.
bool is_reason(std::string_view reason);

struct Order {
  static constexpr std::size_t max_octets = 60 * 1024;  ///< encoded: it is kept as one record

  /// A message by the number under which one of the machines handed it to the other, and those of its recipients who end.
  struct Item {
    custody::Number number;
    base::Digest digest{};  ///< of the octets as they were handed over
    custody::Names recipients;
    bool operator==(const Item&) const = default;
  };

  custody::Salt salt{};
  custody::Life by;         ///< who orders
  std::uint64_t index = 0;  ///< of the entry of its journal that tells of the ending: the order's name
  base::WallTime time{};    ///< of that entry
  std::string reason;
  std::vector<Item> items;  ///< one at least
  bool operator==(const Order&) const = default;

  /// Is there room for one more?
  bool takes(const Item& item) const;
  std::string encode() const;
  /// errc::malformed; errc::unsupported: a later version. One value has one encoding.
  static base::Result<Order> decode(std::string_view octets);
  base::Digest hash() const { return base::sha256(encode()); }
};

struct SignedOrder {
  Order order;
  base::Signature signature{};
  bool operator==(const SignedOrder&) const = default;

  static SignedOrder sign(Order order, const base::SigningKey& key);
  bool signed_by(const base::PublicKey& key) const;
  std::string encode() const;
  static base::Result<SignedOrder> decode(std::string_view octets);  ///< as Order; looks at no signature
};
/// Of an order that is gone: is this its signature?
bool signed_order(const custody::Life& by, std::uint64_t index, const base::Digest& order, const base::PublicKey& key,
                  const base::Signature& signature);

/// What came of an order.
enum class Came : std::uint8_t {
  nothing = 0,   ///< no answer yet
  waiting = 1,   ///< for a person, or until nobody is owed the message any more
  done = 2,      ///< ended there, by this order or before
  not_here = 3,  ///< never had it
  declined = 4,  ///< by a person
  refused = 5,   ///< it is no order that can be carried out: the answer says why
};
std::string_view word(Came came);
/// Nothing more will come of it.
inline bool is_final(Came came) {
  return came != Came::nothing && came != Came::waiting;
}

struct Answer {
  custody::Life to;         ///< who ordered
  std::uint64_t index = 0;  ///< of the order there
  base::Digest order{};     ///< its hash
  Came came = Came::nothing;
  custody::Life by;                       ///< who answers
  std::optional<std::uint64_t> ended_by;  ///< index of the entry of its journal that tells of the ending, where it has one
  base::WallTime time{};
  std::string why;  ///< at most max_reason octets
  bool operator==(const Answer&) const = default;

  std::string encode() const;
  static base::Result<Answer> decode(std::string_view octets);
};

struct SignedAnswer {
  Answer answer;
  base::Signature signature{};
  bool operator==(const SignedAnswer&) const = default;

  static SignedAnswer sign(Answer answer, const base::SigningKey& key);
  bool signed_by(const base::PublicKey& key) const;
  std::string encode() const;
  static base::Result<SignedAnswer> decode(std::string_view octets);
};

}  // namespace understudy::archive::endings
