/// Makes proofs about a journal's tree: RFC 9162 §2.1.3.1 (a leaf is in it), §2.1.4.1 (a later tree begins with all of an
/// earlier one). No recursion; the work is what the nodes cost (nodes.hpp). Any thread that the nodes allow.
///
/// errc::malformed: a size or an index that cannot be; other failures are those of the nodes.
#pragma once

#include <cstdint>

#include "archive/journal/proof/nodes.hpp"
#include "archive/journal/proof/proof.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal::proof {

/// The head of the tree as it was when it had `size` leaves. Of an empty one: the hash of the empty string.
base::Result<Head> make_head(const Nodes& nodes, std::uint64_t size);

/// The path from leaf `index` to the head over `size` leaves. At most 63 hashes; of a tree of one leaf: none.
base::Result<Path> make_inclusion(const Nodes& nodes, std::uint64_t index, std::uint64_t size);

/// Shows that the tree of `second` leaves begins with that of `first`. Empty where `first` is `second`, or is 0: every tree
/// begins with the empty one.
base::Result<Path> make_consistency(const Nodes& nodes, std::uint64_t first, std::uint64_t second);

}  // namespace understudy::archive::journal::proof
