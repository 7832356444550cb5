#include "archive/journal/proof/check.hpp"

#include <bit>

#include "archive/journal/tree.hpp"

namespace understudy::archive::journal::proof {
namespace {

/// The way up from a node. `at`: its number on its level; `last`: that of the last node there (fn and sn of the RFC).
class Climb {
 public:
  Climb(std::uint64_t at, std::uint64_t last) : at_(at), last_(last) {}

  bool at_root() const { return last_ == 0; }

  /// To the largest complete subtree that ends with the node.
  void to_largest_ending_here() {
    while (at_ & 1) up();
  }

  enum class Sibling { left, right };
  /// To the next node that has a sibling below it, which is on this side. Not at the root.
  Sibling step() {
    const bool left = (at_ & 1) != 0 || at_ == last_;
    // The last node of a level that has no sibling there is its own parent.
    if (left)
      while ((at_ & 1) == 0 && at_ != 0) up();
    up();
    return left ? Sibling::left : Sibling::right;
  }

 private:
  void up() {
    at_ >>= 1;
    last_ >>= 1;
  }

  std::uint64_t at_, last_;
};

/// Nothing is to be climbed where both heads are of one size or the first is of none.
base::Result<> check_without_path(const Head& first, const Head& second, std::span<const base::Digest> path) {
  if (!path.empty()) return base::fail("consistency proof: too many hashes", base::errc::malformed);
  if (first.size == 0 && first.root != base::sha256({}))
    return base::fail("consistency proof: not the head of an empty tree", base::errc::refused);
  if (first.size == second.size && first.root != second.root)
    return base::fail("consistency proof: two heads of one size", base::errc::refused);
  return {};
}

}  // namespace

base::Result<> check_inclusion(const base::Digest& leaf, std::uint64_t index, const Head& head,
                               std::span<const base::Digest> path) {
  if (path.size() > max_path) return base::fail("inclusion proof", base::errc::too_long);
  if (head.size > max_size || index >= head.size) return base::fail("inclusion proof: index or size", base::errc::malformed);
  Climb climb(index, head.size - 1);
  auto hash = leaf;
  for (const auto& sibling : path) {
    if (climb.at_root()) return base::fail("inclusion proof: too many hashes", base::errc::malformed);
    hash = climb.step() == Climb::Sibling::left ? node_hash(sibling, hash) : node_hash(hash, sibling);
  }
  if (!climb.at_root()) return base::fail("inclusion proof: too few hashes", base::errc::malformed);
  if (hash != head.root) return base::fail("inclusion proof: not the tree head", base::errc::refused);
  return {};
}

base::Result<> check_consistency(const Head& first, const Head& second, std::span<const base::Digest> path) {
  if (path.size() > max_path) return base::fail("consistency proof", base::errc::too_long);
  if (second.size > max_size || first.size > second.size) return base::fail("consistency proof: sizes", base::errc::malformed);
  if (first.size == 0 || first.size == second.size) return check_without_path(first, second, path);
  if (path.empty()) return base::fail("consistency proof: too few hashes", base::errc::malformed);

  // Both heads are computed from the last subtree that both trees have whole. Where it is all of the first, the path leaves it
  // out.
  Climb climb(first.size - 1, second.size - 1);
  climb.to_largest_ending_here();
  const bool given = !std::has_single_bit(first.size);
  auto first_root = given ? path.front() : first.root;
  auto second_root = first_root;
  for (const auto& sibling : path.subspan(given ? 1 : 0)) {
    if (climb.at_root()) return base::fail("consistency proof: too many hashes", base::errc::malformed);
    if (climb.step() == Climb::Sibling::left) {
      first_root = node_hash(sibling, first_root);
      second_root = node_hash(sibling, second_root);
    } else {
      second_root = node_hash(second_root, sibling);
    }
  }
  if (!climb.at_root()) return base::fail("consistency proof: too few hashes", base::errc::malformed);
  if (first_root != first.root) return base::fail("consistency proof: not the first tree head", base::errc::refused);
  if (second_root != second.root) return base::fail("consistency proof: not the second tree head", base::errc::refused);
  return {};
}

}  // namespace understudy::archive::journal::proof
