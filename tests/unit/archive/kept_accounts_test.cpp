/// Which accounts the owner keeps in memory.
#include "archive/mailbox/owner.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;

namespace {

struct Kept {
  store::MemoryDisk disk;
  store::MemoryStore store{disk, 64};
  sim::SimClock clock;
  mailbox::Owner owner{store, clock, 3};
  commit::Stage stage{store};

  /// As a member of a group does.
  void use(mailbox::AccountNumber account) {
    stage.savepoint();
    owner.savepoint();
    BOOST_REQUIRE(owner.ensure_folders(stage, account, {}));
  }
  void end_group() {
    BOOST_REQUIRE(store.commit(stage.take(), store::Sync::now));
    owner.trim();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(kept_accounts)

BOOST_AUTO_TEST_CASE(the_account_that_was_not_used_for_longest_goes_and_no_other) {
  Kept kept;
  for (const mailbox::AccountNumber account : {1u, 2u, 3u}) kept.use(account);
  kept.end_group();
  BOOST_TEST(kept.owner.kept() == 3u);
  kept.use(1);
  kept.use(4);
  BOOST_TEST(kept.owner.kept() == 4u);  // within a group all stay
  kept.end_group();
  BOOST_TEST(kept.owner.kept() == 3u);
  for (const mailbox::AccountNumber account : {1u, 3u, 4u}) BOOST_TEST(kept.owner.keeps(account));
  BOOST_TEST(!kept.owner.keeps(2));
}

BOOST_AUTO_TEST_CASE(an_account_that_went_is_read_again_as_it_was) {
  Kept kept;
  for (mailbox::AccountNumber account = 1; account <= 50; ++account) {
    kept.use(account);
    kept.end_group();
  }
  for (mailbox::AccountNumber account = 1; account <= 50; ++account) {
    BOOST_REQUIRE(kept.owner.make_folder(kept.stage, account, "More", {}));
    kept.end_group();
    const auto state = mailbox::load_state(kept.store, account);
    BOOST_REQUIRE(state);
    BOOST_TEST(state->folders.size() == 2u);
    BOOST_TEST(state->last_modseq == 2u);
  }
  BOOST_TEST(kept.owner.kept() == 3u);
}

BOOST_AUTO_TEST_CASE(what_a_member_that_failed_touched_is_not_kept) {
  Kept kept;
  kept.use(1);
  kept.stage.savepoint();
  kept.owner.savepoint();
  for (const char* name : {"One", "Two"}) BOOST_REQUIRE(kept.owner.make_folder(kept.stage, 2, name, {}));
  kept.stage.roll_back();
  kept.owner.roll_back();
  BOOST_TEST(kept.owner.keeps(1));
  BOOST_TEST(!kept.owner.keeps(2));
  kept.use(2);
  kept.end_group();
  BOOST_TEST(mailbox::load_state(kept.store, 2)->folders.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
