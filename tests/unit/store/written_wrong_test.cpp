/// `check_writes`: where what is on the medium is not what came, the sender keeps the message, and nothing else is touched.
#include "tests/support/captured_log.hpp"
#include "tests/support/store_bodies_model.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::RocksHarness;
using test::RocksSetup;

namespace {

constexpr Shard journal{ShardKind::journal, 0};

RocksSetup checking() {
  RocksSetup made = RocksSetup::told();
  made.options.check_writes = CheckWrites::on;
  return made;
}

BodyRef keep(Store& store, const std::string& octets) {
  const SealedBody body = test::write_body(store, octets);
  Batch batch(journal);
  batch.hold(body);
  BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
  return body.ref();
}

/// Flips a bit in the middle of the blocks that are written as they come.
void flip_a_block(RocksHarness& harness) {
  for (const auto& path : harness.files().files())
    if (path.ends_with(".blk")) harness.files().change(path, [](std::string& octets) { octets[octets.size() / 2] ^= 4; });
}

void require_goes_on(RocksHarness& harness, const std::string& octets) {
  BOOST_TEST(!harness.store().stopped());
  const BodyRef next = keep(harness.store(), octets);
  BOOST_TEST((test::read_body(harness.store(), next) == octets));
  harness.cut_power(0);
  BOOST_TEST((test::read_body(harness.store(), next) == octets));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(written_wrong)

BOOST_AUTO_TEST_CASE(a_body_that_was_written_wrong_is_refused_and_the_next_one_is_taken) {
  RocksHarness harness(checking());
  const std::string octets = test::noise(60'000, 1);
  const auto before = harness.store().figures();
  {
    const test::CapturedLog log;
    auto writer = harness.store().bodies().create();
    BOOST_REQUIRE(writer->append(octets).has_value());
    flip_a_block(harness);
    const auto sealed = writer->seal();
    BOOST_REQUIRE(!sealed);
    BOOST_TEST((sealed.error().code == base::errc::damaged));
    BOOST_TEST(!writer->seal().has_value());
    BOOST_TEST(log.lines("store.written_wrong").find("octets=60000") != std::string::npos);
  }
  const auto after = harness.store().figures();
  BOOST_TEST(after.octets_accepted == before.octets_accepted);
  BOOST_TEST(after.live_octets == before.live_octets);
  require_goes_on(harness, octets);
}

BOOST_AUTO_TEST_CASE(an_attachment_that_is_damaged_where_it_is_stored_is_not_taken_for_what_came) {
  for (const auto check : {CheckWrites::off, CheckWrites::on}) {
    RocksSetup with = RocksSetup::told();
    with.options.check_writes = check;
    RocksHarness harness(with);
    keep(harness.store(), test::message_with(1, 1000, {3}));
    flip_a_block(harness);
    const std::string again = test::message_with(2, 1000, {3});
    auto writer = harness.store().bodies().create();
    BOOST_REQUIRE(writer->append(again).has_value());
    BOOST_TEST(writer->seal().has_value() == (check == CheckWrites::off));  // what the checking is for
    writer.reset();
    if (check == CheckWrites::on) require_goes_on(harness, test::message_with(3, 1000, {4}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
