/// `rebuild` gives the mailbox back exactly, also when it is cut at each of its writes.
#include "archive/mailbox/rebuild.hpp"

#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Faults;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

/// More than two groups of changes.
void fill(ArchiveWorld& world, const std::string& account) {
  TestMailbox box(world, account);
  for (int i = 0; i < 150; ++i) {
    const auto uid = box.append("INBOX", "message " + std::to_string(i));
    BOOST_REQUIRE(uid);
    BOOST_REQUIRE(box.flags("INBOX", *uid, {mailbox::Flags::seen, {"$k" + std::to_string(i % 3)}}));
    if (i % 2) BOOST_REQUIRE(box.copy("INBOX", *uid, "Archive"));
    if (i % 3 == 0) BOOST_REQUIRE(box.move("INBOX", *uid, "Trash"));
    if (i % 5 == 0) static_cast<void>(box.expunge("Trash", 1 + static_cast<mailbox::Uid>(i / 5)));
    if (i % 7 == 0) BOOST_REQUIRE(box.make("Box/" + std::to_string(i)));
    if (i % 14 == 0) BOOST_REQUIRE(box.copy("INBOX", *box.append("INBOX", "x"), "Box/" + std::to_string(i)));
    if (i % 28 == 0) BOOST_REQUIRE(box.remove("Box/" + std::to_string(i)));
  }
  BOOST_REQUIRE(box.rename("Nothing", "Box2").error().code == base::errc::not_found);
  BOOST_REQUIRE(box.rename("Box", "Box2"));  // which only stands above others
  BOOST_REQUIRE(box.rename("Box2/7", "Box"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rebuild)

BOOST_AUTO_TEST_CASE(a_rebuilt_account_is_the_same_in_every_table_and_every_octet) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  fill(world, "alice@example.org");
  const auto number = world.number_of("alice@example.org");
  world.close();
  const auto bodies = world.disk.durable().bodies();
  store::MemoryStore store(world.disk, 64);
  const auto before = test::dump(store, number);
  const auto rebuilt = mailbox::rebuild(store, number);
  BOOST_REQUIRE(rebuilt);
  BOOST_TEST(rebuilt->changes > 500u);
  BOOST_TEST((test::dump(store, number) == before));
  BOOST_TEST(!*mailbox::unfinished(store, number));
  BOOST_TEST(world.disk.durable().bodies() == bodies);
  BOOST_TEST(world.disk.durable().unheld().empty());
}

BOOST_AUTO_TEST_CASE(a_rebuild_cut_at_any_point_is_ended_by_the_next_start_and_gives_the_same) {
  for (auto kept : {Faults::Kept::none, Faults::Kept::some, Faults::Kept::all}) {
    ArchiveWorld world;
    BOOST_REQUIRE(world.open());
    fill(world, "alice@example.org");
    const auto number = world.number_of("alice@example.org");
    const auto before = test::dump(world.store());
    world.close();
    for (std::uint64_t point = 1;; ++point) {
      Faults faults;
      faults.crash_at(point, kept, point);
      {
        store::MemoryStore store(world.disk, faults, 64);
        if (mailbox::rebuild(store, number)) break;
      }
      BOOST_TEST_REQUIRE(point < 200u);
      if (point % 2) {  // cut twice
        Faults again;
        again.crash_at(point / 2 + 1, kept, point);
        store::MemoryStore store(world.disk, again, 64);
        static_cast<void>(mailbox::rebuild(store, number));
      }
      BOOST_REQUIRE(world.open());
      BOOST_TEST((test::dump(world.store()) == before), "cut at " << point);
      world.close();
      BOOST_TEST(world.disk.durable().unheld().empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(an_account_in_the_middle_of_a_rebuild_cannot_be_loaded) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  fill(world, "alice@example.org");
  const auto number = world.number_of("alice@example.org");
  world.close();
  Faults faults;
  faults.crash_at(5, Faults::Kept::all);
  {
    store::MemoryStore store(world.disk, faults, 64);
    BOOST_REQUIRE(!mailbox::rebuild(store, number));
  }
  store::MemoryStore store(world.disk, 64);
  BOOST_TEST(*mailbox::unfinished(store, number));
  BOOST_TEST((mailbox::load_state(store, number).error().code == base::errc::busy));
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_read_leaves_the_mailbox_as_it_was) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  fill(world, "alice@example.org");
  const auto number = world.number_of("alice@example.org");
  world.close();
  store::MemoryStore store(world.disk, 64);
  store::Batch batch(mailbox::shard_of(number));
  batch.put(store::Table::account_log, base::Writer().u64(600).take(), "\x01\x04");
  BOOST_REQUIRE(store.commit(std::span(&batch, 1), store::Sync::now));
  const auto before = test::dump(store, number);
  BOOST_TEST((mailbox::rebuild(store, number).error().code == base::errc::damaged));
  BOOST_TEST((test::dump(store, number) == before));
}

BOOST_AUTO_TEST_CASE(a_body_that_had_gone_and_came_back_survives_a_rebuild) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox alice(world, "alice@example.org"), bob(world, "bob@example.org");
  BOOST_REQUIRE(alice.append("INBOX", "shared"));
  const auto message = alice.messages("INBOX")[0].message;
  BOOST_REQUIRE(bob.file("INBOX", message));
  BOOST_REQUIRE(bob.expunge("INBOX", 1));
  BOOST_REQUIRE(bob.append("Trash", "other"));
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(bob.flags("Trash", 1, {}));  // in another commit of the rebuild
  BOOST_REQUIRE(bob.file("INBOX", message));
  BOOST_REQUIRE(alice.expunge("INBOX", 1));  // bob alone holds it
  world.close();
  {
    store::MemoryStore store(world.disk, 64);
    BOOST_REQUIRE(mailbox::rebuild(store, bob.number));
  }
  BOOST_REQUIRE(world.open());
  BOOST_TEST(world.octets_of(message.body) == "shared");
}

BOOST_AUTO_TEST_SUITE_END()
