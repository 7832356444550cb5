/// The stored hashes of the journal's tree: written as it grows, completed where an earlier version left none, never believed.
#include "archive/commit/commit_staged.hpp"
#include "archive/journal/proof/check.hpp"
#include "archive/journal/proof/make.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/stored_nodes.hpp"
#include "archive/journal/verify.hpp"
#include "tests/support/archive_world.hpp"
#include "tests/unit/archive/proof_definition.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Table;
using test::ArchiveWorld;
using test::Letter;

namespace {

constexpr std::size_t entries = 600;  // two complete blocks of 256 and a rest

/// A world with `entries` letters.
struct Grown {
  ArchiveWorld world;
  Grown() {
    BOOST_REQUIRE(world.open());
    for (std::size_t i = 0; i < entries; ++i) {
      Letter letter("Message-ID: <" + std::to_string(i) + "@world.example>\r\n\r\nx\r\n");
      letter.to("a@example.org").file("a@example.org");
      BOOST_REQUIRE(world.accept(letter));
    }
  }
  test::Records nodes() {
    const auto stored = test::dump(world.store());
    const auto found = stored.find({Table::nodes, journal::shard_of(0)});
    return found == stored.end() ? test::Records() : found->second;
  }
  void write(const std::function<void(store::Batch&)>& change) {
    store::Batch batch(journal::shard_of(0));
    change(batch);
    BOOST_REQUIRE(world.store().commit(std::span(&batch, 1), store::Sync::now));
  }
  std::vector<std::string> faults(journal::Extent extent = {}) {
    auto verdict = journal::verify(world.store(), world.store().bodies(), extent, {});
    BOOST_REQUIRE(verdict.has_value());
    return verdict->faults;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_nodes)

BOOST_AUTO_TEST_CASE(each_complete_subtree_is_told_once_with_its_hash) {
  const test::Definition tree(70);
  journal::Frontier frontier;
  std::map<journal::proof::Node, base::Digest> told;
  for (std::uint64_t index = 0; index < 70; ++index)
    frontier.append(tree.leaf(index), [&](journal::proof::Node node, const base::Digest& hash) {
      BOOST_TEST(told.emplace(node, hash).second);
      BOOST_TEST((index + 1 == (node.index + 1) << node.level));
    });
  std::size_t expected = 0;
  for (unsigned level = 1; level < 7; ++level)
    for (std::uint64_t index = 0; index < 70u >> level; ++index, ++expected)
      BOOST_TEST((told.at({level, index}) == tree.mth(index << level, (index + 1) << level)));
  BOOST_TEST(told.size() == expected);
}

BOOST_AUTO_TEST_CASE(the_nodes_over_256_entries_are_stored_with_the_last_of_them) {
  Grown grown;
  const auto stored = grown.nodes();
  BOOST_TEST(stored.size() == entries / 256);
  const auto leaf = [&](std::uint64_t index) { return journal::read_leaf(grown.world.store(), {0, index}); };
  const journal::proof::ComputedNodes computed(leaf);
  for (std::uint64_t index = 0; index < entries / 256; ++index) {
    const journal::proof::Node node{8, index};
    BOOST_TEST((*computed.hash(node) == base::digest_from(stored.at(journal::node_key(node)))));
  }
  BOOST_TEST(grown.faults().empty());
}

BOOST_AUTO_TEST_CASE(proofs_made_of_stored_nodes_close_for_every_entry_and_every_size) {
  Grown grown;
  const auto nodes = journal::stored_nodes(grown.world.store(), 0);
  const auto root = journal::read_numbers(grown.world.store(), 0)->frontier.root();
  const auto head = journal::proof::make_head(nodes, entries);
  BOOST_REQUIRE(head.has_value());
  BOOST_TEST((head->root == root));
  for (std::uint64_t index = 0; index < entries; index += 7) {
    const auto path = journal::proof::make_inclusion(nodes, index, entries);
    BOOST_REQUIRE(path.has_value());
    const auto leaf = journal::read_leaf(grown.world.store(), {0, index});
    BOOST_TEST(journal::proof::check_inclusion(*leaf, index, *head, *path).has_value(), "entry " << index);
  }
  for (std::uint64_t size = 1; size <= entries; size += 13) {
    const auto first = journal::proof::make_head(nodes, size);
    const auto path = journal::proof::make_consistency(nodes, size, entries);
    BOOST_REQUIRE((first && path));
    BOOST_TEST(journal::proof::check_consistency(*first, *head, *path).has_value(), "size " << size);
  }
}

BOOST_AUTO_TEST_CASE(a_store_without_nodes_gets_them_at_its_start_also_where_that_was_cut) {
  Grown grown;
  const auto stored = grown.nodes();
  for (std::size_t left : {std::size_t{0}, std::size_t{1}}) {
    grown.write([&](store::Batch& batch) {
      for (const auto& [key, value] : stored) batch.erase(Table::nodes, key);
      auto at = stored.begin();
      for (std::size_t i = 0; i < left; ++i, ++at) batch.put(Table::nodes, at->first, at->second);
    });
    grown.world.close();
    BOOST_REQUIRE(grown.world.open());
    BOOST_TEST((grown.nodes() == stored));
  }
}

BOOST_AUTO_TEST_CASE(missing_nodes_are_staged_a_few_at_a_time) {
  Grown grown;
  const auto stored = grown.nodes();
  grown.write([&](store::Batch& batch) {
    for (const auto& [key, value] : stored) batch.erase(Table::nodes, key);
  });
  std::size_t rounds = 0;
  for (std::optional from(journal::first_missing); from; ++rounds) {
    commit::Stage stage(grown.world.store());
    auto next = journal::stage_missing_nodes(stage, grown.world.store(), 0, entries, *from, 1);
    BOOST_REQUIRE(next.has_value());
    BOOST_REQUIRE(commit::commit_staged(grown.world.store(), stage));
    from = *next;
  }
  BOOST_TEST(rounds == stored.size());
  BOOST_TEST((grown.nodes() == stored));
}

BOOST_AUTO_TEST_CASE(a_node_that_is_wrong_or_missing_is_found_by_any_extent_that_touches_it) {
  Grown grown;
  const auto stored = grown.nodes();
  for (const bool gone : {false, true}) {
    for (std::uint64_t index = 0; index < stored.size(); ++index) {
      const auto key = journal::node_key({8, index});
      grown.write([&](store::Batch& batch) {
        auto bad = stored.at(key);
        bad[31] = static_cast<char>(bad[31] ^ 1);
        gone ? batch.erase(Table::nodes, key) : batch.put(Table::nodes, key, bad);
      });
      BOOST_TEST(grown.faults().size() == 1u);
      journal::Extent inside;
      inside.from = inside.to = index * 256 + 100;
      BOOST_TEST(!grown.faults(inside).empty());
      grown.write([&](store::Batch& batch) { batch.put(Table::nodes, key, stored.at(key)); });
    }
  }
  BOOST_TEST(grown.faults().empty());
}

BOOST_AUTO_TEST_CASE(an_extent_finds_what_is_wrong_within_it_and_gives_the_head_of_all) {
  Grown grown;
  const auto key = base::Writer().u64(300).take();
  const auto good = grown.world.store().get(journal::shard_of(0), Table::leaves, key);
  auto bad = **good;
  bad[0] = static_cast<char>(bad[0] ^ 1);
  grown.write([&](store::Batch& batch) { batch.put(Table::leaves, key, bad); });
  journal::Extent before, inside, beyond;
  before.to = 255;
  inside.from = inside.to = 300;
  beyond.from = entries + 1;
  BOOST_TEST(grown.faults(before).empty());       // entry 300 lies under a node, which is right
  BOOST_TEST(grown.faults(inside).size() == 2u);  // the leaf is not the entry's, and does not give the node
  BOOST_TEST(
      (journal::verify(grown.world.store(), grown.world.store().bodies(), beyond, {}).error().code == base::errc::not_found));
  const auto verdict = journal::verify(grown.world.store(), grown.world.store().bodies(), before, {});
  BOOST_TEST(verdict->entries == 256u);
  BOOST_TEST((verdict->root == journal::read_numbers(grown.world.store(), 0)->frontier.root()));
}

BOOST_AUTO_TEST_SUITE_END()
