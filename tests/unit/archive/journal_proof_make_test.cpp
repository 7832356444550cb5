/// Proofs about the journal's tree as they are made, against the definition.
#include <cstdlib>
#include <random>
#include <set>

#include "archive/journal/proof/check.hpp"
#include "archive/journal/proof/make.hpp"
#include "archive/journal/tree.hpp"
#include "base/codec.hpp"
#include "tests/unit/archive/proof_definition.hpp"

using namespace understudy;
using namespace understudy::archive::journal::proof;
using base::errc;
using test::code;
using test::Definition;
using test::from_leaves;

namespace {

constexpr std::uint64_t most = 70;

/// Knows the subtrees on every `step`th level.
ComputedNodes knowing_levels(const Definition& tree, unsigned step, std::uint64_t& reads) {
  return ComputedNodes(
      [&tree, &reads](std::uint64_t index) -> base::Result<base::Digest> {
        ++reads;
        return tree.leaf(index);
      },
      [&tree, &reads, step](Node node) -> base::Result<std::optional<base::Digest>> {
        if (node.level % step != 0) return std::nullopt;
        ++reads;
        return tree.mth(node.index << node.level, (node.index + 1) << node.level);
      });
}

/// Answers whatever is asked.
class AnyNodes final : public Nodes {
 public:
  base::Result<base::Digest> hash(Node) const override { return base::Digest(); }
};

std::uint64_t seed() {
  const char* given = std::getenv("UNDERSTUDY_SEED");
  return given ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

Path path_of_hex(const std::vector<std::string>& hashes) {
  Path path;
  for (const auto& hash : hashes) path.push_back(base::digest_from(base::from_hex(hash).value_or("")));
  return path;
}

/// What the Certificate Transparency project tests its own trees with.
const std::vector<std::string> octets = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> roots = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
struct Known {
  std::uint64_t number, size;
  std::vector<std::string> path;
};
const std::string zero_to_1 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                  zero_to_3 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                  one = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                  two_to_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                  four = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                  four_to_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                  four_to_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                  six_to_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const std::vector<Known> inclusions = {{0, 1, {}},
                                       {0, 8, {one, two_to_3, four_to_7}},
                                       {5, 8, {four, six_to_7, zero_to_3}},
                                       {2, 3, {zero_to_1}},
                                       {1, 5, {roots[1], two_to_3, four}}};
const std::vector<Known> consistencies = {
    {1, 1, {}}, {1, 8, {one, two_to_3, four_to_7}}, {6, 8, {four_to_5, six_to_7, zero_to_3}}, {2, 5, {two_to_3, four}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_proof_make)

BOOST_AUTO_TEST_CASE(heads_and_paths_of_the_eight_leaves_of_certificate_transparency_are_the_published_ones) {
  Definition tree;
  for (std::size_t i = 0; i < octets.size(); ++i) tree.mark(i, base::from_hex(octets[i]).value_or(""));
  const auto nodes = from_leaves(tree);
  for (std::uint64_t size = 0; size <= 8; ++size) {
    auto head = make_head(nodes, size);
    BOOST_REQUIRE(head);
    BOOST_TEST(base::to_hex(base::view(head->root)) == roots[size]);
  }
  for (const auto& [index, size, path] : inclusions) {
    auto made = make_inclusion(nodes, index, size);
    BOOST_REQUIRE(made);
    BOOST_TEST((*made == path_of_hex(path)), "leaf " << index << " of " << size);
  }
  for (const auto& [first, second, path] : consistencies) {
    auto made = make_consistency(nodes, first, second);
    BOOST_REQUIRE(made);
    BOOST_TEST((*made == path_of_hex(path)), first << " to " << second);
  }
}

BOOST_AUTO_TEST_CASE(every_leaf_of_every_small_tree_has_the_path_of_the_definition_and_it_closes) {
  const Definition tree(most);
  const auto nodes = from_leaves(tree);
  understudy::archive::journal::Frontier frontier;
  for (std::uint64_t size = 0; size <= most; ++size) {
    auto head = make_head(nodes, size);
    BOOST_REQUIRE(head);
    BOOST_TEST((*head == tree.head(size)));
    BOOST_TEST((head->root == frontier.root()));
    for (std::uint64_t index = 0; index < size; ++index) {
      auto path = make_inclusion(nodes, index, size);
      BOOST_REQUIRE(path);
      BOOST_TEST((*path == tree.inclusion(index, 0, size)), "leaf " << index << " of " << size);
      BOOST_TEST(check_inclusion(tree.leaf(index), index, *head, *path).has_value(), "leaf " << index << " of " << size);
    }
    frontier.append(tree.leaf(size));
  }
}

BOOST_AUTO_TEST_CASE(every_two_small_trees_have_the_path_of_the_definition_and_it_closes) {
  const Definition tree(most);
  const auto nodes = from_leaves(tree);
  for (std::uint64_t second = 0; second <= most; ++second) {
    for (std::uint64_t first = 0; first <= second; ++first) {
      auto path = make_consistency(nodes, first, second);
      BOOST_REQUIRE(path);
      BOOST_TEST((*path == (first == 0 ? Path() : tree.consistency(first, 0, second))), first << " to " << second);
      BOOST_TEST(check_consistency(tree.head(first), tree.head(second), *path).has_value(), first << " to " << second);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_proof_is_made_for_sizes_or_nodes_that_cannot_be) {
  const AnyNodes any;
  BOOST_TEST((code(make_head(any, max_size + 1)) == errc::malformed));
  BOOST_TEST((code(make_inclusion(any, 0, 0)) == errc::malformed));
  BOOST_TEST((code(make_inclusion(any, 8, 8)) == errc::malformed));
  BOOST_TEST((code(make_inclusion(any, 0, max_size + 1)) == errc::malformed));
  BOOST_TEST((code(make_consistency(any, 9, 8)) == errc::malformed));
  BOOST_TEST((code(make_consistency(any, 1, max_size + 1)) == errc::malformed));
  const Definition tree(8);
  const auto nodes = from_leaves(tree);
  BOOST_TEST((code(nodes.hash({0, max_size})) == errc::malformed));
  BOOST_TEST((code(nodes.hash({63, 1})) == errc::malformed));
  BOOST_TEST((code(nodes.hash({64, 0})) == errc::malformed));
  BOOST_TEST((code(nodes.hash({~0u, ~0ull})) == errc::malformed));
}

BOOST_AUTO_TEST_CASE(what_is_known_of_the_nodes_changes_no_proof) {
  const Definition tree(most);
  const auto at = seed();
  BOOST_TEST_CONTEXT("UNDERSTUDY_SEED=" << at) {
    std::mt19937_64 draw(at);
    for (int round = 0; round < 200; ++round) {
      std::set<Node> known;
      for (unsigned level = 1; level <= 6; ++level)
        for (std::uint64_t index = 0; index < most >> level; ++index)
          if (draw() % 3 == 0) known.insert({level, index});
      const ComputedNodes nodes([&](std::uint64_t index) { return base::Result<base::Digest>(tree.leaf(index)); },
                                [&](Node node) -> base::Result<std::optional<base::Digest>> {
                                  if (!known.contains(node)) return std::nullopt;
                                  return tree.mth(node.index << node.level, (node.index + 1) << node.level);
                                });
      const auto second = draw() % most + 1, first = draw() % second + 1;
      const auto inclusion = make_inclusion(nodes, first - 1, second);
      const auto consistency = make_consistency(nodes, first, second);
      BOOST_REQUIRE(inclusion);
      BOOST_REQUIRE(consistency);
      BOOST_TEST((*inclusion == tree.inclusion(first - 1, 0, second)));
      BOOST_TEST((*consistency == tree.consistency(first, 0, second)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_proof_over_a_million_leaves_reads_few_records_where_every_eighth_level_is_known) {
  constexpr std::uint64_t size = 1'000'000;
  Definition tree(3);
  tree.mark(size - 1, "the last");
  std::uint64_t reads = 0;
  const auto nodes = knowing_levels(tree, 8, reads);
  for (std::uint64_t index : {0ull, 255ull, 256ull, 65'535ull, 500'000ull, 999'423ull, 999'424ull, 999'998ull, 999'999ull}) {
    reads = 0;
    const auto path = make_inclusion(nodes, index, size);
    BOOST_REQUIRE(path);
    BOOST_TEST(check_inclusion(tree.leaf(index), index, tree.head(size), *path).has_value());
    BOOST_TEST(reads <= 655u, reads << " reads for leaf " << index);
    reads = 0;
    const auto subproof = make_consistency(nodes, index + 1, size);
    BOOST_REQUIRE(subproof);
    BOOST_TEST(check_consistency(tree.head(index + 1), tree.head(size), *subproof).has_value());
    BOOST_TEST(reads <= 655u, reads << " reads from size " << index + 1);
  }
}

BOOST_AUTO_TEST_CASE(every_read_that_fails_fails_the_proof_with_its_code) {
  const Definition tree(most);
  for (std::size_t failing = 0, reads = 1; failing < reads; ++failing) {
    reads = 0;
    const ComputedNodes nodes(
        [&](std::uint64_t index) -> base::Result<base::Digest> {
          if (reads++ == failing) return base::fail("leaf", errc::io);
          return tree.leaf(index);
        },
        [&](Node) -> base::Result<std::optional<base::Digest>> {
          if (reads++ == failing) return base::fail("node", errc::io);
          return std::nullopt;
        });
    std::size_t failures = 0;
    for (const auto& what :
         {code(make_head(nodes, 13)), code(make_inclusion(nodes, 5, 13)), code(make_consistency(nodes, 7, 13))})
      if (what == errc::io) ++failures;
    BOOST_TEST(failures == (failing < reads ? 1u : 0u));
  }
}

BOOST_AUTO_TEST_CASE(proofs_over_trees_of_any_size_are_those_of_the_definition) {
  const auto at = seed();
  BOOST_TEST_MESSAGE("UNDERSTUDY_SEED=" << at);
  BOOST_TEST_CONTEXT("UNDERSTUDY_SEED=" << at) {
    std::mt19937_64 draw(at);
    for (int round = 0; round < 300; ++round) {
      const auto second = round == 0 ? max_size : draw() % (std::uint64_t{1} << (1 + draw() % 40)) + 1;
      const auto first = round == 0 ? max_size - 1 : draw() % second + 1;
      const auto index = draw() % 4 == 0 ? second - 1 : draw() % second;
      Definition tree;
      for (auto mark : {index, first - 1, second - 1, draw() % second, draw() % second})
        tree.mark(mark, "leaf " + std::to_string(mark));
      std::uint64_t reads = 0;
      const auto nodes = knowing_levels(tree, 3, reads);

      const auto path = make_inclusion(nodes, index, second);
      BOOST_REQUIRE(path);
      BOOST_TEST((*path == tree.inclusion(index, 0, second)), "leaf " << index << " of " << second);
      BOOST_TEST(path->size() <= max_path);
      BOOST_TEST(check_inclusion(tree.leaf(index), index, tree.head(second), *path).has_value());
      BOOST_TEST(!check_inclusion(tree.leaf(index), index ^ 1, tree.head(second), *path));

      const auto subproof = make_consistency(nodes, first, second);
      BOOST_REQUIRE(subproof);
      BOOST_TEST((*subproof == tree.consistency(first, 0, second)), first << " to " << second);
      BOOST_TEST(subproof->size() <= max_path);
      BOOST_TEST(check_consistency(tree.head(first), tree.head(second), *subproof).has_value());
      if (round == 0) BOOST_TEST(subproof->size() == max_path);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
