/// What a stored body is made of, in the order of its octets, and where each octet is to be found. The record of a body. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/store/content/form.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::content {

/// Octets of an own block or of a part at most, as they were before compression: what a reader holds for one step, whatever a
/// record says.
inline constexpr std::uint32_t max_block_octets = 256 * 1024;

/// Where a block's frame lies. Segments count from 1: 0 is no place.
struct Location {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;  ///< of the whole frame
  bool operator==(const Location&) const = default;
};

/// A run of the body's own octets, stored together.
struct OwnBlock {
  Location at;
  std::uint32_t octets = 0;  ///< not compressed; 1 to max_block_octets
  bool operator==(const OwnBlock&) const = default;
};

/// A part that other bodies may carry too, by its digest.
struct SharedPart {
  std::uint64_t before = 0;  ///< own octets between the part before (or the beginning) and this one
  Form form;
  std::uint32_t stored = 0;  ///< octets of it, decoded, not compressed; 1 to max_block_octets
  base::Digest digest{};     ///< SHA-256 of these
  bool operator==(const SharedPart&) const = default;
};

/// Grammar: recipe = version-1 varint *own varint *shared
///   own    = location varint-octets             location = varint-segment varint-offset varint-length
///   shared = varint-before u8-kind [u8-line u8-last-end] varint-stored 32OCTET     ; line and last-end where it is base64
struct Recipe {
  std::vector<OwnBlock> own;
  std::vector<SharedPart> shared;

  std::string encode() const;
  /// errc::damaged: cut, octets behind its end, an impossible form or length, more than `octets` of the body;
  /// errc::unsupported: a later version. Takes memory in proportion to `value`, not to what it claims. Whether nothing is
  /// missing is seen by steps_of().
  static base::Result<Recipe> decode(std::string_view value, std::uint64_t octets);
  bool operator==(const Recipe&) const = default;
};

/// One thing to load to read on at an offset of the body.
struct Step {
  enum class From : std::uint8_t { own, shared } from = From::own;
  std::size_t index = 0;     ///< in Recipe::own or Recipe::shared
  std::uint64_t begin = 0;   ///< offset in the body of the first octet that it gives
  std::uint64_t octets = 0;  ///< of the body that it gives
  std::uint32_t skip = 0;    ///< own: octets of the block before `begin`'s
};

/// The steps of a body of `octets` octets in order, without gaps; a block that parts stand in the middle of is the matter of
/// several. At most one for each own block and two for each part. errc::damaged: recipe and length do not agree.
base::Result<std::vector<Step>> steps_of(const Recipe& recipe, std::uint64_t octets);

}  // namespace understudy::archive::store::content
