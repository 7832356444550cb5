#include "relay/peer/frame.hpp"

#include "base/bytes.hpp"

namespace understudy::relay::peer {
namespace {
constexpr std::size_t length_octets = 4;
}

void append_frame(std::string& out, std::uint8_t type, std::string_view body) {
  base::put_be(out, static_cast<std::uint32_t>(1 + body.size()));
  base::put_be(out, type);
  out.append(body);
}

void FrameReader::feed(std::string_view piece) {
  if (at_ > held_.size() / 2) {  // each octet is moved once at most for every octet that was taken out
    held_.erase(0, at_);
    at_ = 0;
  }
  held_.append(piece);
}

base::Result<std::optional<Frame>> FrameReader::next() {
  const std::string_view left = std::string_view(held_).substr(at_);
  if (left.size() < length_octets) return std::nullopt;
  const std::uint32_t length = base::Reader(left).u32();
  if (length == 0) return base::fail("a frame without a type", base::errc::malformed);
  if (length > max_frame) return base::fail("a frame of " + std::to_string(length) + " octets", base::errc::too_long);
  if (left.size() - length_octets < length) return std::nullopt;
  Frame frame;
  frame.type = static_cast<std::uint8_t>(left[length_octets]);
  frame.body = left.substr(frame_head_octets, length - 1);
  at_ += length_octets + length;
  return frame;
}

}  // namespace understudy::relay::peer
