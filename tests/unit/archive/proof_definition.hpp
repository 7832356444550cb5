/// What proofs about the journal's tree are held against: the recursive definitions of RFC 9162 §2.1, written a second time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "archive/journal/proof/nodes.hpp"
#include "archive/journal/proof/proof.hpp"

namespace understudy::test {

using archive::journal::proof::ComputedNodes;
using archive::journal::proof::Head;
using archive::journal::proof::Path;

inline base::Digest sha(const std::string& octets) {
  return base::sha256(octets);
}

/// A tree of which some leaves are marked. The others have all the same hash, so that a range without a mark costs nothing,
/// however long it is. In the words of the RFC, with D[from:to] for the leaves `from` to `to` - 1.
class Definition {
 public:
  explicit Definition(std::uint64_t marked = 0) {
    for (std::uint64_t i = 0; i < marked; ++i) mark(i, "leaf " + std::to_string(i));
  }
  void mark(std::uint64_t index, const std::string& octets) { marked_[index] = sha(std::string(1, '\0') + octets); }
  base::Digest leaf(std::uint64_t index) const { return marked_.contains(index) ? marked_.at(index) : plain_; }

  /// MTH(D[from:to])
  base::Digest mth(std::uint64_t from, std::uint64_t to) const {
    const auto n = to - from;
    if (n == 0) return sha("");
    const auto next = marked_.lower_bound(from);
    const bool uniform = next == marked_.end() || next->first >= to;
    if (uniform && uniform_.contains(n)) return uniform_.at(n);
    const auto hash = n == 1 ? leaf(from) : pair(mth(from, from + k(n)), mth(from + k(n), to));
    if (uniform) uniform_[n] = hash;
    return hash;
  }
  /// PATH(m, D[from:to])
  Path inclusion(std::uint64_t m, std::uint64_t from, std::uint64_t to) const {
    const auto n = to - from;
    if (n == 1) return {};
    if (m < k(n)) return joined(inclusion(m, from, from + k(n)), mth(from + k(n), to));
    return joined(inclusion(m - k(n), from + k(n), to), mth(from, from + k(n)));
  }
  /// SUBPROOF(m, D[from:to], b)
  Path consistency(std::uint64_t m, std::uint64_t from, std::uint64_t to, bool b = true) const {
    const auto n = to - from;
    if (m == n) return b ? Path() : Path{mth(from, to)};
    if (m <= k(n)) return joined(consistency(m, from, from + k(n), b), mth(from + k(n), to));
    return joined(consistency(m - k(n), from + k(n), to, false), mth(from, from + k(n)));
  }
  Head head(std::uint64_t size) const { return {size, mth(0, size)}; }

 private:
  static base::Digest pair(const base::Digest& left, const base::Digest& right) {
    return sha("\1" + std::string(base::view(left)) + std::string(base::view(right)));
  }
  static Path joined(Path path, const base::Digest& last) {
    path.push_back(last);
    return path;
  }
  /// The largest power of two smaller than n.
  static std::uint64_t k(std::uint64_t n) {
    std::uint64_t power = 1;
    while (power < n - power) power *= 2;
    return power;
  }

  base::Digest plain_ = sha(std::string("\0plain", 6));
  std::map<std::uint64_t, base::Digest> marked_;
  mutable std::map<std::uint64_t, base::Digest> uniform_;
};

inline ComputedNodes from_leaves(const Definition& tree) {
  return ComputedNodes([&tree](std::uint64_t index) { return base::Result<base::Digest>(tree.leaf(index)); });
}

/// nullopt: it went well.
template <class T>
std::optional<base::errc> code(const base::Result<T>& result) {
  if (result) return std::nullopt;
  return static_cast<base::errc>(result.error().code.value());
}

}  // namespace understudy::test
