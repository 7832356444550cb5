/// A receipt: this machine has this message, for these recipients, durably. And what is looked at before one is believed. It is
/// good only under the signature of its batch (receipt_batch.hpp). Never does I/O.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "archive/custody/number.hpp"
#include "archive/custody/recipients.hpp"
#include "archive/position.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::archive::custody {

/// Random octets that stand nowhere but in what they belong to: once that is gone, its hash says nothing, not even to who
/// guesses all of the rest.
using Salt = std::array<std::uint8_t, 16>;
Salt draw_salt(base::Random& random);

struct Receipt {
  /// Of one number. Whoever hands over more of them takes a further number.
  static constexpr std::size_t max_recipients = 2000;

  Number number;          ///< the sender's
  base::Digest digest{};  ///< of the octets as they came
  Names recipients;       ///< that it covers
  Position position;      ///< of the entry in the journal of who gives it
  base::WallTime time{};  ///< of that entry
  Life by;                ///< who gives it
  Salt salt{};            ///< drawn each time it is made
  bool operator==(const Receipt&) const = default;

  std::string encode() const;
  /// errc::malformed; errc::unsupported: a later version. One value has one encoding.
  static base::Result<Receipt> decode(std::string_view octets);
  /// Of its encoding: what stands for it in the octets that are signed.
  base::Digest hash() const { return base::sha256(encode()); }
};

/// Why a receipt is not believed.
enum class Fault : std::uint8_t {
  forged,             ///< not signed by the key that was pinned for the peer
  other_incarnation,  ///< of another sender, or of a life of our store that we do not know
  unknown_number,     ///< a number that was not given out
  digest,             ///< other octets than those that were handed over
  recipients,         ///< somebody who is not owed
  replayed,           ///< in a batch whose number another one had: only one of them can be kept
};
/// "other-incarnation": for logs, metrics and listings.
std::string_view word(Fault fault);

/// What the sender's book says of the number.
struct OwedNumber {
  base::Digest digest;
  const Names& recipients;  ///< all that were ever owed by it
};
/// Of a receipt whose batch was signed as it should be. `ourselves`: as numbers are given out now; `owed`: nullopt where the
/// book has no such number. nullopt: it holds.
std::optional<Fault> fault_in(const Receipt& receipt, const Life& ourselves, const std::optional<OwedNumber>& owed);

}  // namespace understudy::archive::custody
