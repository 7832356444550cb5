/// One journal entry: what arrived, from whom, for whom, and the plan that was made of it; and its leaf in the tree.
///
/// The leaf is H(0x00, version, position, H(nonce, common), H(nonce_1, part_1), ..., H(nonce_n, part_n)): a random nonce of 32
/// octets for the common part and for each recipient's. So the entry, or one recipient's part of it, can be ended (octets and
/// nonce go, the inner hash stays: ending.hpp) without changing the leaf, and nobody can guess what was there. Never does I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/custody/number.hpp"
#include "archive/journal/destruction.hpp"
#include "archive/journal/ending.hpp"
#include "archive/journal/key_change.hpp"
#include "archive/outbox/entry.hpp"
#include "archive/outbox/id.hpp"
#include "archive/position.hpp"
#include "archive/store/body.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/random.hpp"
#include "mail/smtp/envelope.hpp"
#include "routing/facts.hpp"
#include "routing/plan.hpp"

namespace understudy::archive::journal {

/// What this entry does to outbox entries of earlier messages: a bounce and the end of what it tells of are one commit.
struct Settlement {
  outbox::Id id;
  /// The entry as it stands afterwards; nullopt: it ends.
  std::optional<outbox::Entry> left;
  /// Forward-paths that nobody tries any more: their places are free again. Not stored: what it frees is in the same batch.
  std::vector<mail::address::Address> given_up = {};
  /// Forward-paths that a next hop took which gives no receipts: nobody waits for one. Not stored either.
  std::vector<mail::address::Address> without_receipt = {};
  /// Of the outbox entry, for both of these.
  std::optional<mail::smtp::Custody> custody = {};
};

struct Entry {
  Position position;
  base::WallTime time{};          ///< of the commit
  mail::smtp::Envelope envelope;  ///< all recipients, Bcc too
  routing::Origin origin;
  routing::MessageFacts facts;  ///< of `from` the first address only
  routing::Plan plan;           ///< as it was carried out: places that were filled before are not in it
  store::BodyRef body;
  std::string made;  ///< unique of the Message-ID of a message made here; empty: it came from outside
  std::vector<Settlement> settlements;
  std::optional<custody::Number> custody;  ///< the sender's, under which it came
  std::optional<custody::Number> owed;     ///< ours, the first of those under which it leaves
  Endings endings;                         ///< of earlier entries
  std::optional<KeyChange> key_change;
  std::optional<Destruction> destruction;

  /// One that tells of endings or of keys has no recipients and no body.
  bool brings_message() const { return endings.empty() && !key_change && !destruction; }
};

inline constexpr std::size_t nonce_size = 32;

struct SealedPart {
  base::Digest hash{};      ///< H(nonce, octets)
  std::string nonce;        ///< empty: the part was ended, or cannot be read
  std::string octets;       ///< of a part that was ended: by which entry
  std::string locked = {};  ///< as it is stored where it is under somebody's key: sealed_parts.hpp
  /// Why a part that is under a key cannot be read.
  enum class State : std::uint8_t { in_clear, key_destroyed, key_missing, damaged } state = State::in_clear;
};

/// The octets and nonces of an entry as stored, and what stays of a part that was ended.
struct Sealed {
  using Part = SealedPart;
  Position position;
  Part common;
  std::vector<Part> parts;  ///< one for each recipient, in order
  // Of an entry that has parts under keys; in no hash.
  std::string holders = {};                 ///< who opens the common part, and those that are under the same key
  std::optional<store::BodyRef> body = {};  ///< that the journal holds for it, also when nobody can read the common part

  base::Digest leaf() const;
  /// Every part that is still there has the hash it claims, and one that was ended has nothing else in it.
  bool consistent() const;
};

/// Draws the nonces.
SealedPart seal_part(std::string octets, base::Random& random);
Sealed seal(const Entry& entry, base::Random& random);
/// errc::damaged; errc::not_found where the common part was ended, errc::no_key where its key was destroyed. Recipients whose
/// part was ended, or cannot be read, come back empty.
base::Result<Entry> open(const Sealed& sealed);
/// The same, without any recipient.
base::Result<Entry> open_common(const Sealed& sealed);

/// Stored form, in segments of at most 60 KiB each: the first is the log's record, the others lie beside it.
std::vector<std::string> to_segments(const Sealed& sealed);
base::Result<Sealed> from_segments(Position position, const std::vector<std::string>& segments);
/// How many segments follow the first one. errc::damaged; errc::unsupported for a later version.
base::Result<std::uint32_t> later_segments(std::string_view first);

}  // namespace understudy::archive::journal
