/// The grammar of a segment: frames, each with a check that covers its place. docs/store-engine.md has it as a whole. Never
/// does I/O.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "archive/store/body.hpp"
#include "archive/store/content/recipe.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::segments {

using content::Location;

/// A point in a segment, between two frames.
struct Place {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const Place&) const = default;
};

enum class FrameKind : std::uint8_t { head = 1, commit = 2, block = 3 };

struct Frame {
  FrameKind kind = FrameKind::head;
  std::string_view payload;
};

inline constexpr std::size_t frame_head_octets = 13;  ///< length, kind, check

/// Appends the frame of this payload, whose parts stand here in order, for this place in a segment.
void append_frame(std::string& out, Place place, FrameKind kind, std::initializer_list<std::string_view> payload);
/// Octets of the payload, from the first 4 octets of a frame.
std::uint32_t payload_octets(std::string_view frame);
/// What its fifth octet says, true or not.
inline FrameKind kind_of(std::string_view frame) {
  return static_cast<FrameKind>(frame[4]);
}
/// `octets`: exactly one frame, which it keeps a view of. errc::damaged: cut, or its check is of other octets or another place.
base::Result<Frame> parse_frame(std::string_view octets, Place place);

/// The first frame of every segment.
struct Head {
  base::Digest incarnation{};     ///< SHA-256 of its text
  std::uint64_t last_commit = 0;  ///< log: the commit before the first one here; the last segment that says so follows it
  std::string encode() const;
  static base::Result<Head> decode(std::string_view payload);
};

/// Whose block it is: asked by the collector.
struct Owner {
  enum class Kind : std::uint8_t { body = 1, part = 2 } kind = Kind::body;
  BodyId body;              ///< body
  std::uint32_t index = 0;  ///< body: number of its own block
  base::Digest digest{};    ///< part
  std::string encode() const;
};

struct Block {
  Owner owner;
  std::string_view coded;  ///< for content::BlockCodec
};
base::Result<Block> parse_block(std::string_view payload);

struct Commit {
  std::uint64_t number = 0;
  std::string batch;  ///< as RocksDB writes it
};
/// Appends the payload: compressed where that is shorter.
std::string encode_commit(std::uint64_t number, std::string_view batch);
/// errc::damaged. No more memory than `max_batch` octets is taken.
base::Result<Commit> parse_commit(std::string_view payload);
inline constexpr std::uint64_t max_batch = 1ull << 30;

}  // namespace understudy::archive::store::segments
