/// A store that gets a new incarnation is the same store under another name, whatever crashes on the way.
#include <set>

#include <boost/test/data/test_case.hpp>

#include "archive/store/open.hpp"
#include "tests/support/store_harness.hpp"
#include "tests/support/store_workload.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::Engine;
using test::StoreWorkload;
namespace data = boost::unit_test::data;

namespace {

constexpr Engine on_disk[] = {Engine::rocksdb, Engine::rocksdb_encrypted};

test::RocksSetup setup_of(Engine engine) {
  const test::RocksSetup setup;
  return engine == Engine::rocksdb ? setup : setup.encrypted();
}

void require_same(const std::string& difference, std::string_view when) {
  BOOST_REQUIRE_MESSAGE(difference.empty(), when << ": " << difference);
}

std::string incarnation(test::RocksHarness& harness) {
  return harness.store().identity().incarnation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(renew)

BOOST_DATA_TEST_CASE(it_keeps_everything_and_goes_on_through_power_cuts_of_its_new_life, data::make(on_disk), engine) {
  test::RocksHarness harness(setup_of(engine));
  StoreWorkload work(5);
  const std::string instance = harness.store().identity().instance;
  std::set<std::string> lives{incarnation(harness)};
  for (std::uint64_t life = 1; life <= 6; ++life) {
    for (int i = 0; i < 40; ++i) BOOST_REQUIRE(work.step(harness.store()).has_value());
    if (life % 2 == 0) {
      harness.files().die();  // its end is in the log alone
      harness.close();
      harness.files().come_back();
    } else {
      harness.close();
    }
    const auto renewed = harness.renew();
    BOOST_REQUIRE(renewed.has_value());
    BOOST_REQUIRE(harness.open().has_value());
    BOOST_TEST(incarnation(harness) == renewed->incarnation);
    BOOST_TEST(harness.store().identity().instance == instance);
    BOOST_TEST(lives.insert(renewed->incarnation).second);
    require_same(work.check_after_crash(harness.store()), "after the renewal");
    for (int i = 0; i < 10; ++i) BOOST_REQUIRE(work.step(harness.store()).has_value());
    harness.cut_power(life);
    require_same(work.check_after_crash(harness.store()), "after a power cut of the new life");
    BOOST_TEST(incarnation(harness) == renewed->incarnation);
    BOOST_REQUIRE(harness.store().bodies().sweep().has_value());
  }
}

BOOST_DATA_TEST_CASE(a_power_cut_on_the_way_leaves_a_whole_store_of_one_name, data::make(on_disk), engine) {
  test::RocksHarness harness(setup_of(engine));
  StoreWorkload work(6);
  int as_it_was = 0, renewed = 0;
  for (std::uint64_t cut = 1; cut <= 90; ++cut) {
    for (int i = 0; i < 4; ++i) BOOST_REQUIRE(work.step(harness.store()).has_value());
    const std::string before = incarnation(harness);
    harness.files().die();
    harness.close();
    harness.files().come_back();
    harness.files().die_at(cut);
    const auto done = harness.renew();
    const bool was_told = done && !harness.files().dead();  // a dead machine tells nobody
    harness.cut_power(cut);
    require_same(work.check_after_crash(harness.store()), "cut " + std::to_string(cut));
    const bool is_new = incarnation(harness) != before;
    BOOST_TEST((is_new || !was_told), "cut " << cut << ": it was said to be renewed");
    ++(is_new ? renewed : as_it_was);
  }
  BOOST_TEST(as_it_was > 5);
  BOOST_TEST(renewed > 5);
}

BOOST_AUTO_TEST_CASE(it_is_refused_while_somebody_has_the_store_open) {
  test::RocksHarness harness;
  const auto before = incarnation(harness);
  const auto refused = harness.renew();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == base::errc::busy), refused.error().text());
  harness.reopen();
  BOOST_TEST(incarnation(harness) == before);
}

BOOST_AUTO_TEST_SUITE_END()
