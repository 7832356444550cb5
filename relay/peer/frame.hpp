/// Frames of the peer link: a length, a type and a body (docs/peer-link.md). Pure: knows no type and does no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace understudy::relay::peer {

inline constexpr std::uint32_t max_frame = 1 << 20;  ///< octets behind the length: type and body
inline constexpr std::size_t frame_head_octets = 5;  ///< length and type

struct Frame {
  std::uint8_t type = 0;
  std::string body;
};

/// Appends a frame to `out`. The body has at most max_frame - 1 octets: who makes it has seen to that.
void append_frame(std::string& out, std::uint8_t type, std::string_view body);

/// Takes octets in pieces of any size, gives whole frames. Holds what came and nothing more: a length that is announced costs
/// no memory until its octets are there. Linear in what it is fed.
class FrameReader {
 public:
  void feed(std::string_view piece);
  /// nullopt: more octets are needed. errc::too_long, errc::malformed (a frame without a type): then the stream is of no use
  /// any more, and each later call says the same.
  base::Result<std::optional<Frame>> next();
  std::size_t held() const { return held_.size() - at_; }  ///< octets of frames that are not whole yet

 private:
  std::string held_;
  std::size_t at_ = 0;  // where the next frame begins
};

}  // namespace understudy::relay::peer
