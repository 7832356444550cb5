/// The value of XCUSTODY, a parameter of MAIL between two machines that have agreed on it (RFC 5321 §2.2.2): under which number
/// of the sender's a message is handed over, and the SHA-256 of its octets. docs/custody.md says what both sides do with it.
/// Grammar only.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"

namespace understudy::mail::smtp {

/// Names an installation, or one life of its store.
using InstanceId = std::array<std::uint8_t, 16>;
inline std::string_view view(const InstanceId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}
/// The first 16 octets of `octets`; zeros where there are fewer.
InstanceId instance_id_from(std::string_view octets);
/// 32 hexadecimal digits.
std::optional<InstanceId> parse_instance_id(std::string_view text);

/// Of one message that a machine owes another. Unique for ever.
struct CustodyNumber {
  InstanceId instance{};        ///< of the sender
  InstanceId incarnation{};     ///< of its store when the number was given
  std::uint16_t partition = 0;  ///< of its journal
  std::uint64_t number = 0;     ///< from 1, without gaps
  auto operator<=>(const CustodyNumber&) const = default;

  /// "instance.incarnation.partition.number": hexadecimal digits in lower case, then decimal ones.
  std::string text() const;
  /// One text for one number but for the case of hexadecimal digits: no leading zeros, no 0.
  static std::optional<CustodyNumber> parse(std::string_view text);
};

struct Custody {
  static constexpr std::size_t max_text = 156;

  CustodyNumber number;
  base::Digest digest{};  ///< SHA-256 of the octets as they travel, without transparency
  bool operator==(const Custody&) const = default;

  std::string text() const;  ///< number ":" digest in hexadecimal
  static std::optional<Custody> parse(std::string_view text);
};

}  // namespace understudy::mail::smtp
