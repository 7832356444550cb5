/// The name of a journal entry: its partition and its leaf index there.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/text.hpp"

namespace understudy::archive {

struct Position {
  std::uint16_t partition = 0;
  std::uint64_t index = 0;  ///< from 0, without gaps
  auto operator<=>(const Position&) const = default;

  /// "0.17"
  std::string text() const { return std::to_string(partition) + "." + std::to_string(index); }
  static std::optional<Position> parse(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto partition = base::to_number(text.substr(0, dot));
    const auto index = base::to_number(text.substr(dot + 1));
    if (!partition || *partition > 0xffff || !index) return std::nullopt;
    return Position{static_cast<std::uint16_t>(*partition), *index};
  }
  void encode(base::Writer& out) const { out.u16(partition).u64(index); }
  static Position decode(base::Reader& in) {
    Position p;
    p.partition = in.u16();
    p.index = in.u64();
    return p;
  }
};

}  // namespace understudy::archive
