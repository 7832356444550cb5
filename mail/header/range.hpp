/// A range of octets in a message: offsets, so that it outlives the buffer that it was found in.
#pragma once

#include <cstdint>
#include <string_view>

namespace understudy::mail::header {

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< one past the last octet; never before begin

  std::uint64_t size() const { return end - begin; }
  bool empty() const { return end == begin; }
  bool contains(const Range& inner) const { return begin <= inner.begin && inner.end <= end; }
  /// The octets themselves; `text` must be what the range was found in.
  std::string_view of(std::string_view text) const { return text.substr(begin, size()); }
  bool operator==(const Range&) const = default;
};

}  // namespace understudy::mail::header
