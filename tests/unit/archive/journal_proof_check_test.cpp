/// Proofs about the journal's tree as they are checked: what was changed in any way is refused.
#include <utility>

#include "archive/journal/proof/check.hpp"
#include "archive/journal/tree.hpp"
#include "tests/unit/archive/proof_definition.hpp"

using namespace understudy;
using namespace understudy::archive::journal::proof;
using base::errc;
using test::code;
using test::Definition;
using test::sha;

namespace {

constexpr std::uint64_t most = 70;

/// `try_it` with each bit of `hash` flipped, one at a time.
template <class Try>
void for_each_flip(base::Digest& hash, Try try_it) {
  for (int bit = 0; bit < 256; ++bit) {
    const auto flip = static_cast<std::uint8_t>(1 << bit % 8);
    hash[static_cast<std::size_t>(bit / 8)] ^= flip;
    try_it();
    hash[static_cast<std::size_t>(bit / 8)] ^= flip;
  }
}

/// The path with one hash more or less, at either end and in the middle.
std::vector<Path> of_other_length(const Path& path) {
  std::vector<Path> all;
  for (std::size_t i = 0; i < path.size(); ++i) {
    all.push_back(path);
    all.back().erase(all.back().begin() + static_cast<std::ptrdiff_t>(i));
  }
  for (std::size_t i = 0; i <= path.size(); ++i) {
    all.push_back(path);
    all.back().insert(all.back().begin() + static_cast<std::ptrdiff_t>(i), sha("one more"));
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_proof_check)

BOOST_AUTO_TEST_CASE(a_path_with_one_hash_more_or_less_is_malformed) {
  const Definition tree(most);
  for (std::uint64_t size = 1; size <= 40; ++size) {
    for (std::uint64_t index = 0; index < size; ++index)
      for (const auto& path : of_other_length(tree.inclusion(index, 0, size)))
        BOOST_TEST((code(check_inclusion(tree.leaf(index), index, tree.head(size), path)) == errc::malformed));
    for (std::uint64_t first = 0; first <= size; ++first)
      for (const auto& path : of_other_length(first == 0 ? Path() : tree.consistency(first, 0, size)))
        BOOST_TEST((code(check_consistency(tree.head(first), tree.head(size), path)) == errc::malformed));
  }
}

BOOST_AUTO_TEST_CASE(a_leaf_is_not_proven_under_another_index) {
  const Definition tree(most);
  for (std::uint64_t size = 2; size <= 40; ++size)
    for (std::uint64_t index = 0; index < size; ++index)
      for (std::uint64_t other = 0; other < size + 2; ++other)
        if (other != index)
          BOOST_TEST(!check_inclusion(tree.leaf(index), other, tree.head(size), tree.inclusion(index, 0, size)));
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_in_leaf_path_or_head_is_refused) {
  const Definition tree(most);
  for (std::uint64_t size : {1u, 2u, 3u, 6u, 8u, 21u, 64u, 70u}) {
    for (std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1}) {
      auto leaf = tree.leaf(index);
      auto head = tree.head(size);
      auto path = tree.inclusion(index, 0, size);
      const auto refused = [&] { BOOST_TEST((code(check_inclusion(leaf, index, head, path)) == errc::refused)); };
      for_each_flip(leaf, refused);
      for_each_flip(head.root, refused);
      for (auto& hash : path) for_each_flip(hash, refused);
    }
    for (std::uint64_t first : {std::uint64_t{1}, size / 2, size - 1, size}) {
      if (first == 0) continue;
      auto earlier = tree.head(first), later = tree.head(size);
      auto path = tree.consistency(first, 0, size);
      const auto refused = [&] { BOOST_TEST((code(check_consistency(earlier, later, path)) == errc::refused)); };
      for_each_flip(earlier.root, refused);
      for_each_flip(later.root, refused);
      for (auto& hash : path) for_each_flip(hash, refused);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_journal_whose_past_was_rewritten_is_not_consistent_by_either_path) {
  for (std::uint64_t first = 1; first <= 20; ++first) {
    const Definition told(most);
    for (std::uint64_t changed = 0; changed < first; ++changed) {
      Definition rewritten(most);
      rewritten.mark(changed, "another past");
      for (std::uint64_t second = first; second <= 24; ++second)
        for (const auto* tree : {&told, &std::as_const(rewritten)}) {
          const auto path = tree->consistency(first, 0, second);
          BOOST_TEST((code(check_consistency(told.head(first), rewritten.head(second), path)) == errc::refused));
        }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_proof_is_refused_by_its_name) {
  const Definition tree(8);
  const auto leaf = tree.leaf(0);
  const auto head = tree.head(8);
  const Path long_path(max_path + 1), longest(max_path), path = tree.inclusion(0, 0, 8);
  BOOST_TEST((code(check_inclusion(leaf, 0, head, long_path)) == errc::too_long));
  BOOST_TEST((code(check_inclusion(leaf, 0, head, longest)) == errc::malformed));
  BOOST_TEST((code(check_inclusion(leaf, 8, head, path)) == errc::malformed));
  BOOST_TEST((code(check_inclusion(leaf, ~0ull, head, path)) == errc::malformed));
  BOOST_TEST((code(check_inclusion(leaf, 0, tree.head(0), {})) == errc::malformed));
  BOOST_TEST((code(check_inclusion(leaf, 0, {max_size + 1, head.root}, path)) == errc::malformed));
  BOOST_TEST((code(check_inclusion(leaf, 0, {~0ull, head.root}, longest)) == errc::malformed));

  const auto subproof = tree.consistency(3, 0, 8);
  BOOST_TEST((code(check_consistency(tree.head(3), head, long_path)) == errc::too_long));
  BOOST_TEST((code(check_consistency(tree.head(3), head, longest)) == errc::malformed));
  BOOST_TEST((code(check_consistency(tree.head(3), head, {})) == errc::malformed));
  BOOST_TEST((code(check_consistency(tree.head(4), head, {})) == errc::malformed));
  BOOST_TEST((code(check_consistency(head, tree.head(3), subproof)) == errc::malformed));
  BOOST_TEST((code(check_consistency(head, tree.head(0), {})) == errc::malformed));
  BOOST_TEST((code(check_consistency(tree.head(3), {max_size + 1, head.root}, subproof)) == errc::malformed));
  BOOST_TEST((code(check_consistency({~0ull, head.root}, {~0ull, head.root}, {})) == errc::malformed));
  BOOST_TEST((code(check_consistency(head, {8, leaf}, {})) == errc::refused));
  BOOST_TEST((code(check_consistency({0, leaf}, head, {})) == errc::refused));
  BOOST_TEST((code(check_consistency({0, leaf}, {0, leaf}, {})) == errc::refused));
}

BOOST_AUTO_TEST_CASE(a_tree_does_not_follow_from_a_larger_one_though_the_hashes_close) {
  const auto end = sha("end"), on_the_right = sha("right"), middle = sha("middle"), left = sha("left");
  const auto node = [](const auto& one, const auto& other) { return understudy::archive::journal::node_hash(one, other); };
  const auto seven = node(left, node(middle, end)), five = node(left, node(middle, node(end, on_the_right)));
  const Path path = {end, on_the_right, middle, left};
  BOOST_TEST((code(check_consistency({7, seven}, {5, five}, path)) == errc::malformed));
  BOOST_TEST(check_consistency({7, seven}, {8, five}, path).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
