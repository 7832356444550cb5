/// Stores put together from copies of different moments: refused where mail would be lost, repaired where the journal is the
/// newest.
#include "archive/instance.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using routing::EntryKind;
using test::ArchiveWorld;
using test::Letter;

namespace {

const std::string bob = "bob@example.org";

Letter letter(const std::string& name) {
  Letter letter("Message-ID: <" + name + "@world.example>\r\n\r\n" + name + "\r\n");
  letter.to(bob).file(bob);
  letter.to("x@far.example").enqueue(EntryKind::relay, "mx:far.example");
  return letter;
}

/// A store with the records of one kind of shard from one copy and all others from another.
void restore(ArchiveWorld& world, const test::Dump& others, const test::Dump& of_kind, store::ShardKind kind) {
  std::map<store::Shard, store::Batch> batches;
  const auto add = [&](const test::Dump& from, bool wanted) {
    for (const auto& [place, records] : from) {
      const auto& [table, shard] = place;
      if ((shard.kind == kind) != wanted) continue;
      auto& batch = batches.try_emplace(shard, shard).first->second;
      for (const auto& [key, value] : records) batch.put(table, key, value);
    }
  };
  add(others, false);
  add(of_kind, true);
  store::MemoryStore store(world.disk);
  for (const auto& [shard, batch] : batches) BOOST_REQUIRE(store.commit(std::span(&batch, 1), store::Sync::now));
}

struct Moments {
  test::Dump before, after;
};

Moments moments(bool remove_account = false) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  BOOST_REQUIRE(world.accept(letter("one")));
  BOOST_REQUIRE(world.accept(letter("two")));
  Moments found;
  found.before = test::dump(world.store());
  BOOST_REQUIRE(world.accept(letter("three")));
  BOOST_REQUIRE(world.accept(letter("four")));
  if (remove_account) {
    BOOST_REQUIRE(
        world.change([](commit::Stage& stage, commit::Owners& owners) { return owners.directory.remove(stage, bob); }));
  }
  found.after = test::dump(world.store());
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recovery)

BOOST_AUTO_TEST_CASE(a_shard_that_is_newer_than_the_journal_is_refused_and_named) {
  struct Row {
    store::ShardKind kind;
    bool removed;
    const char* named;
  };
  for (const Row& row :
       {Row{store::ShardKind::account, false, "account 1"}, Row{store::ShardKind::outbox, false, "outbox shard"},
        Row{store::ShardKind::directory, true, "directory 0"}}) {
    const auto [before, after] = moments(row.removed);
    ArchiveWorld world;
    restore(world, before, after, row.kind);
    const auto opened = world.open();
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == base::errc::damaged));
    for (const char* part : {"journal is older", "has 2 entries", "knows of 4", row.named})
      BOOST_TEST(opened.error().text().find(part) != std::string::npos, opened.error().text());
  }
}

BOOST_AUTO_TEST_CASE(an_account_that_was_made_after_the_journal_ends_is_refused) {
  ArchiveWorld from;
  BOOST_REQUIRE(from.open());
  const auto before = test::dump(from.store());
  BOOST_REQUIRE(from.accept(Letter("to nobody").to("x@far.example").enqueue(EntryKind::relay, "mx:far.example")));
  directory::AccountRecord record;
  record.name = "carol@example.org";
  BOOST_REQUIRE(from.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto added = owners.directory.add(stage, record);
    if (!added) return std::unexpected(added.error());
    return {};
  }));
  const auto after = test::dump(from.store());
  ArchiveWorld world;
  restore(world, before, after, store::ShardKind::directory);
  const auto opened = world.open();
  BOOST_REQUIRE(!opened);
  BOOST_TEST(opened.error().text().find("carol@example.org") != std::string::npos, opened.error().text());
}

/// What an engine without a common moment for all shards has to offer: the journal's copy last, with the `p` of before.
BOOST_AUTO_TEST_CASE(where_the_journal_is_the_newest_of_all_shards_everything_is_filed_again) {
  auto [before, after] = moments();
  const std::pair journal{store::Table::journal_state, store::Shard{store::ShardKind::journal, 0}};
  after[journal]["p"] = before[journal]["p"];
  ArchiveWorld world;
  restore(world, before, after, store::ShardKind::journal);
  BOOST_REQUIRE(world.open());
  BOOST_TEST(world.messages(bob).size() == 4u);
  BOOST_TEST(world.entries().size() == 4u);
}

BOOST_AUTO_TEST_CASE(the_key_of_the_peer_is_kept_beside_our_own) {
  store::MemoryDisk disk;
  sim::SimRandom random{1};
  std::string own;
  {
    store::MemoryStore store(disk);
    const auto first = load_instance(store, routing::Role::in_charge, random);
    BOOST_REQUIRE(first);
    own = first->made_key;
    BOOST_TEST(first->peer_made_key.empty());
    BOOST_TEST(bool(keep_peer_made_key(store, std::string(32, 'p'))));
    const auto refused = keep_peer_made_key(store, "short");
    BOOST_TEST((!refused && refused.error().code == base::errc::malformed));
  }
  store::MemoryStore store(disk);
  const auto again = load_instance(store, routing::Role::archive, random);
  BOOST_REQUIRE(again);
  BOOST_TEST(again->made_key == own);
  BOOST_TEST(again->peer_made_key == std::string(32, 'p'));
}

BOOST_AUTO_TEST_SUITE_END()
