/// Checks proofs about a journal's tree that somebody else made: RFC 9162 §2.1.3.2 and §2.1.4.2. Trusts nothing in them; at
/// most 128 hashes are computed, whatever comes. Needs no journal. Any thread.
///
/// errc::too_long: more hashes than max_path. errc::malformed: an index or a size that cannot be, a path of another length
/// than index and sizes ask for. errc::refused: the hashes do not give the heads, so something is not what it was.
#pragma once

#include <cstdint>
#include <span>

#include "archive/journal/proof/proof.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal::proof {

/// `leaf`, as leaf number `index`, is in the tree. The caller has computed `leaf` himself, from the entry: a hash that came
/// with the proof may be that of an inner node.
base::Result<> check_inclusion(const base::Digest& leaf, std::uint64_t index, const Head& head,
                               std::span<const base::Digest> path);

/// The first leaves of the tree of `second` are those of the tree of `first`, all of them and unchanged.
base::Result<> check_consistency(const Head& first, const Head& second, std::span<const base::Digest> path);

}  // namespace understudy::archive::journal::proof
