/// A store that was put back from an older copy goes on beyond what clients may have been told since: no UID, MODSEQ or folder
/// number is given twice, at no cut of the start; and what they were told then means nothing.
#include "archive/check/accounts.hpp"
#include "archive/check/mailboxes.hpp"
#include "archive/check/tables.hpp"
#include "archive/mailbox/live_account.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "archive/mailbox/view.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using mailbox::Flags;
using mailbox::Restored;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

const std::string alice = "alice@example.org";
const std::string bob = "bob@example.org";
const std::string second_life(32, '2'), third_life(32, '3');

std::vector<std::string> faults(ArchiveWorld& world) {
  check::Findings found;
  const auto names = check::account_names(world.store());
  BOOST_REQUIRE(check::mailboxes(world.store(), world.store().bodies(), names, {}, {}, found, {}));
  BOOST_REQUIRE(check::accounts(world.store(), {}, found, {}));
  return found.faults;
}

mailbox::AccountState state_of(ArchiveWorld& world, mailbox::AccountNumber account) {
  auto state = mailbox::load_state(world.store(), account);
  BOOST_REQUIRE(state);
  return std::move(*state);
}

/// Three messages, and a copy of the machine as it is then.
struct Put {
  ArchiveWorld world;
  mailbox::AccountNumber account = 0;
  store::MemoryDisk copy;

  Put() {
    BOOST_REQUIRE(world.open());
    TestMailbox box(world, alice);
    account = box.number;
    for (int i = 0; i < 3; ++i) BOOST_REQUIRE(box.append("INBOX", "Subject: " + std::to_string(i) + "\r\n\r\n"));
    world.close();
    copy = world.disk;
    BOOST_REQUIRE(world.open());
  }
  void put_back(const std::string& incarnation) {
    world.close();
    world.disk = copy.restored(incarnation);
    BOOST_REQUIRE(world.open());
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(gone_on)

BOOST_AUTO_TEST_CASE(nothing_is_given_twice_and_the_log_says_why) {
  Put put;
  TestMailbox box(put.world, alice);
  BOOST_TEST(box.append("INBOX", "lost").value() == 4u);
  BOOST_REQUIRE(box.flags("INBOX", 1, {Flags::flagged, {}}));
  BOOST_REQUIRE(box.make("Lost"));
  TestMailbox lost(put.world, bob);
  const auto before = state_of(put.world, put.account);
  put.put_back(second_life);
  const auto after = state_of(put.world, put.account);
  BOOST_TEST(after.life.incarnation == second_life);
  BOOST_TEST(after.last_modseq > before.last_modseq);
  for (const auto& [number, folder] : after.folders) {
    BOOST_TEST(folder.uid_validity == before.folders.at(number).uid_validity);
    BOOST_TEST(folder.uid_next > before.folders.at(number).uid_next);
    BOOST_TEST(folder.highest_modseq > before.last_modseq);
  }
  BOOST_TEST(after.next_folder > before.next_folder);
  BOOST_TEST(TestMailbox(put.world, "carol@example.org").number > lost.number);
  TestMailbox again(put.world, alice);
  BOOST_TEST(again.append("INBOX", "new").value() == 4u + Restored::uids_passed);
  BOOST_TEST(put.world.messages(alice, "INBOX").size() == 4u);
  BOOST_TEST(faults(put.world).empty());
  const auto dumped = test::dump(put.world.store(), put.account);
  put.world.close();
  {
    store::MemoryStore store(put.world.disk, 64);
    BOOST_REQUIRE(mailbox::rebuild(store, put.account));
  }
  BOOST_REQUIRE(put.world.open());
  BOOST_TEST((test::dump(put.world.store(), put.account) == dumped));
}

BOOST_AUTO_TEST_CASE(is_done_once_for_each_life) {
  Put put;
  put.put_back(second_life);
  const auto first = state_of(put.world, put.account);
  put.world.close();
  BOOST_REQUIRE(put.world.open());
  BOOST_TEST((state_of(put.world, put.account) == first));
  put.world.close();
  put.world.disk = put.world.disk.restored(third_life);
  BOOST_REQUIRE(put.world.open());
  const auto second = state_of(put.world, put.account);
  BOOST_TEST(second.life.incarnation == third_life);
  BOOST_TEST(second.last_modseq > first.last_modseq);
  BOOST_TEST(second.life.unknown_from == first.life.unknown_from);
  BOOST_TEST(second.life.unknown_to == second.last_modseq);
  BOOST_TEST(faults(put.world).empty());
}

BOOST_AUTO_TEST_CASE(what_a_client_was_told_in_a_life_that_is_over_is_unknown) {
  Put put;
  const auto before = state_of(put.world, put.account).last_modseq;
  put.put_back(second_life);
  auto live = mailbox::LiveAccount::open(put.world.store(), put.account);
  BOOST_REQUIRE(live);
  const auto image = (*live)->image(1);
  BOOST_REQUIRE(image);
  BOOST_TEST((*image)->known(before) == before);
  BOOST_TEST((*image)->known(before + 1) == 0u);
  BOOST_TEST((*image)->known(before + 1'000'000) == 0u);
  BOOST_TEST((*image)->known((*image)->highest) == (*image)->highest);
  BOOST_TEST((*image)->known((*image)->highest - 1) == 0u);
}

/// It may have given nearly all of its UIDs: then they begin to mean something else.
BOOST_AUTO_TEST_CASE(a_folder_without_room_gets_another_uidvalidity) {
  Put put;
  const auto shard = mailbox::shard_of(put.account);
  auto folder = mailbox::find_folder(put.world.store(), put.account, "INBOX").value();
  folder.folder.uid_next = std::numeric_limits<mailbox::Uid>::max() - 1000;
  store::Batch batch(shard);
  batch.put(store::Table::folders, mailbox::keys::folder(folder.number), folder.folder.encode());
  put.world.close();
  {
    store::MemoryStore store(put.copy, 64);
    BOOST_REQUIRE(store.commit({&batch, 1}, store::Sync::now));
  }
  put.put_back(second_life);
  const auto after = mailbox::find_folder(put.world.store(), put.account, "INBOX").value();
  BOOST_TEST(after.folder.uid_validity > folder.folder.uid_validity);
  BOOST_TEST(after.folder.uid_next == folder.folder.uid_next);
}

BOOST_AUTO_TEST_SUITE_END()
