/// One entry of the outbox: a message and those of its recipients that leave for one hop together.
/// RFC 5321 §4.5.4 (retry strategies), RFC 3461 (what a relay keeps for reports).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archive/outbox/id.hpp"
#include "archive/store/body.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "mail/smtp/custody.hpp"
#include "mail/smtp/envelope.hpp"
#include "mail/smtp/reply.hpp"
#include "routing/plan.hpp"

namespace understudy::archive::outbox {

enum class State : std::uint8_t {
  pending = 0,
  delivered = 1,  ///< taken by the next hop
  failed = 2,     ///< refused for good or expired
  held = 3,       ///< a copy or homeward mail that was refused for good: waits for an administrator
};

struct Target {
  routing::EntryKind kind = routing::EntryKind::relay;
  mail::smtp::Recipient recipient;  ///< forward-path and DSN parameters as they go to the next hop
  State state = State::pending;
  mail::smtp::Reply last_reply;  ///< code 0: none yet; stored cut to max_reply
  std::string last_host;         ///< next hop that gave it
};

/// Octets of a reply's lines, and how many of them, that an entry keeps: a peer may say more than a record holds.
inline constexpr std::size_t max_reply = 250, max_reply_lines = 8;
inline constexpr std::size_t max_held = 1024;  ///< octets of the reason why an entry is kept back
inline constexpr std::size_t max_host = 100;   ///< octets of a host name that an entry keeps

struct Entry {
  Id id;
  routing::Hop hop;
  mail::smtp::Envelope envelope;  ///< all but the recipients, which are in `targets`
  std::vector<Target> targets;
  store::BodyRef body;
  bool odd_octets = false;  ///< leaves by BDAT only
  bool eight_bit = false;
  std::string message_id;         ///< for logs and listings
  base::WallTime created{};       ///< when the message was accepted
  base::WallTime next_attempt{};  ///< never before
  std::uint32_t attempts = 0;
  bool delay_told = false;     ///< the sender has had his delay notice
  std::string held;            ///< why an administrator keeps it back; empty: he does not
  std::uint32_t revision = 0;  ///< changes by an administrator: an attempt that knows fewer began before the last one
  /// The number under which it is owed to the next hop, and the digest of its octets; nullopt: it is not.
  std::optional<mail::smtp::Custody> custody;

  bool pending() const;  ///< at least one target is
  std::string encode() const;
  /// errc::damaged
  static base::Result<Entry> decode(std::uint64_t shard, std::string_view key, std::string_view value);
};

/// Octets of an encoded entry; recipients beyond it go into a further entry.
inline constexpr std::size_t max_entry = 48 * 1024;

}  // namespace understudy::archive::outbox
