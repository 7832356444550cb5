/// Packs that sessions put together come into the store, however many there are, and none keeps the archive from its end.
#include "archive/access/pack_keeper.hpp"

#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using access::PackKeeper;
using mail::imap::Headings;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

constexpr mailbox::Uid chunks = 40;

struct Offered {
  ArchiveWorld world;
  mailbox::AccountNumber account = 0;

  Offered() {
    BOOST_REQUIRE(world.open());
    TestMailbox box(world, "alice@example.org");
    account = box.number;
    for (mailbox::Uid uid = 1; uid <= chunks * 64; ++uid) BOOST_REQUIRE(box.append("INBOX", "Subject: a\r\n\r\n"));
    store::Batch batch(mailbox::shard_of(account));
    batch.erase_range(store::Table::heading_packs, {}, {});
    BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
  }
  void offer(PackKeeper& keeper, mailbox::MessageChunk::Number number) {
    auto made = std::make_shared<Headings>();
    for (auto uid = std::max(1U, number * 64); uid < (number + 1) * 64; ++uid) {
      const auto message = mailbox::message(world.store(), account, 1, uid).value();
      const auto record =
          world.store().get(mailbox::shard_of(account), store::Table::headings, mailbox::keys::summary(message.body));
      made->add(uid, mail::imap::HeadingView::decode(**record).value());
    }
    keeper.offer({account, 1, number}, made);
  }
  std::size_t kept() {
    std::size_t count = 0;
    auto cursor = world.store().scan(mailbox::shard_of(account), store::Table::heading_packs);
    for (; cursor->valid(); cursor->next()) count += 1;
    return count;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(pack_keeper)

BOOST_AUTO_TEST_CASE(keeps_all_that_is_offered_some_at_a_time) {
  Offered offered;
  PackKeeper keeper(offered.world.archive());
  for (mailbox::MessageChunk::Number number = 0; number < chunks; ++number) offered.offer(keeper, number);
  BOOST_TEST(offered.kept() == 0u);
  BOOST_TEST(offered.world.archive().pump());
  BOOST_TEST(offered.kept() >= 1u);
  BOOST_TEST(offered.kept() < chunks);
  offered.world.pump();
  BOOST_TEST(offered.kept() == chunks);
}

BOOST_AUTO_TEST_CASE(lets_go_of_what_comes_when_many_wait) {
  Offered offered;
  PackKeeper keeper(offered.world.archive());
  offered.offer(keeper, 0);  // on its way: it does not wait any more
  for (std::size_t i = 0; i < PackKeeper::most; ++i) offered.offer(keeper, 1);
  offered.offer(keeper, 2);
  offered.world.pump();
  BOOST_TEST(offered.kept() == 2u);
  offered.offer(keeper, 2);
  offered.world.pump();
  BOOST_TEST(offered.kept() == 3u);
}

BOOST_AUTO_TEST_CASE(lets_go_of_what_waits_when_the_archive_ends) {
  Offered offered;
  {
    PackKeeper keeper(offered.world.archive());
    for (mailbox::MessageChunk::Number number = 0; number < chunks; ++number) offered.offer(keeper, number);
    offered.world.archive().close();
    offered.offer(keeper, 1);
  }
  BOOST_TEST(offered.kept() <= chunks);
}

BOOST_AUTO_TEST_SUITE_END()
