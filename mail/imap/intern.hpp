/// Equal texts get equal small numbers. In n log n whatever the texts are: no table whose buckets a stranger could fill.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace understudy::mail::imap {

struct Interned {
  std::vector<std::uint32_t> numbers;  ///< of each text, 0 to count - 1; empty texts count like others
  std::uint32_t count = 0;
};

/// At most 2^32 - 1 texts. Which text gets which number means nothing.
Interned intern(std::span<const std::string_view> texts);

}  // namespace understudy::mail::imap
