/// The name of an outbox entry.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "archive/position.hpp"
#include "archive/store/shard.hpp"
#include "base/digest.hpp"
#include "routing/route.hpp"

namespace understudy::archive::outbox {

/// The journal entry that caused it, and a number among the outbox entries of that one. The shard says where it lies: it is
/// the hop's at enqueueing and stays, whatever later routes say.
struct Id {
  Position position;
  std::uint16_t ordinal = 0;
  std::uint64_t shard = 0;
  auto operator<=>(const Id&) const = default;

  store::Shard where() const { return {store::ShardKind::outbox, shard}; }
  /// Order of acceptance within a shard.
  std::string key() const {
    base::Writer out;
    position.encode(out);
    return out.u16(ordinal).take();
  }
  static Id from_key(std::uint64_t shard, std::string_view key) {
    base::Reader in(key);
    Id id;
    id.position = Position::decode(in);
    id.ordinal = in.u16();
    id.shard = shard;
    return id;
  }
  /// "0.17.0": without the shard, which users need not know.
  std::string text() const { return position.text() + "." + std::to_string(ordinal); }
  void encode(base::Writer& out) const {
    position.encode(out);
    out.u16(ordinal).u64(shard);
  }
  static Id decode(base::Reader& in) {
    Id id;
    id.position = Position::decode(in);
    id.ordinal = in.u16();
    id.shard = in.u64();
    return id;
  }
};

/// Two hops whose texts collide share a shard and nothing else.
inline std::uint64_t shard_of(const routing::Hop& hop) {
  const auto digest = base::sha256(hop.text);
  return base::Reader(base::view(digest)).u64();
}

}  // namespace understudy::archive::outbox
