/// Equal ids get equal small numbers. In n log n whatever the ids are: no table whose buckets a stranger could fill.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace understudy::mail::imap {

struct Interned {
  std::vector<std::uint32_t> numbers;  ///< of each id, 0 to count - 1; 0 counts like others
  std::uint32_t count = 0;
};

/// At most 2^32 - 1 ids. Which id gets which number means nothing.
Interned intern(std::span<const std::uint64_t> ids);

}  // namespace understudy::mail::imap
