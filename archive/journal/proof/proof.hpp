/// What proofs about a journal's tree speak of: heads and paths, RFC 9162 §2.1.3 and §2.1.4. Values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/digest.hpp"

namespace understudy::archive::journal::proof {

/// More leaves than any journal will have, so that no arithmetic on sizes overflows.
constexpr std::uint64_t max_size = std::uint64_t{1} << 63;
/// The longest path that a tree of max_size leaves can need. Whoever reads a path from outside refuses a longer one.
constexpr std::size_t max_path = 64;

/// The tree over the first `size` leaves. Says nothing by itself: the two belong together only where something that is trusted,
/// a signature, covers both.
struct Head {
  std::uint64_t size = 0;
  base::Digest root{};
  bool operator==(const Head&) const = default;
};

/// In the order of the RFC: from the leaves up.
using Path = std::vector<base::Digest>;

}  // namespace understudy::archive::journal::proof
