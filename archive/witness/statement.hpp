/// What a machine tells its witness: its newest signed head, and every key that its journal ever told of, so that a witness who
/// knows one of them can follow to the one that signs now. Never does I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/journal/head.hpp"
#include "archive/journal/key_change.hpp"
#include "base/result.hpp"

namespace understudy::archive::witness {

struct Statement {
  static constexpr std::size_t max_keys = 200;
  static constexpr std::size_t max_octets = 40 * 1024;  ///< a dispute keeps it as one record

  journal::SignedHead head;
  std::vector<journal::KeyChange> keys;  ///< in the order in which they came into force

  std::string encode() const;
  /// errc::damaged, errc::too_long, errc::unsupported.
  static base::Result<Statement> decode(std::string_view octets);
  bool operator==(const Statement&) const = default;
};

}  // namespace understudy::archive::witness
