/// Frames and owners as the tests of segments write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/store/rocksdb/segments/frame.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::test {

inline const archive::store::segments::Head head{base::sha256("incarnation"), 41};

inline std::string frame_of(std::string_view payload, archive::store::segments::Place place) {
  std::string out;
  append_frame(out, place, archive::store::segments::FrameKind::block, {payload});
  return out;
}

inline bool is_damaged(const auto& result) {
  return !result && result.error().code == base::errc::damaged;
}

inline archive::store::segments::Owner body_owner(std::uint32_t index) {
  archive::store::segments::Owner owner;
  owner.body = {7, 8};
  owner.index = index;
  return owner;
}

inline archive::store::segments::Owner part_owner(std::string_view octets) {
  archive::store::segments::Owner owner;
  owner.kind = archive::store::segments::Owner::Kind::part;
  owner.digest = base::sha256(octets);
  return owner;
}

}  // namespace understudy::test
