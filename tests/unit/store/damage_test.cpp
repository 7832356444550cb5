/// Flipped octets anywhere in the files of a RocksDB store: it refuses to open, or what it reads is right or an error.
#include <boost/test/data/test_case.hpp>

#include "tests/support/store_harness.hpp"
#include "tests/support/store_workload.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::StoreWorkload;
namespace data = boost::unit_test::data;

namespace {

/// Some life, so that there are tables, segments and a log.
void fill(test::RocksHarness& harness, StoreWorkload& work) {
  for (int i = 0; i < 150; ++i) BOOST_REQUIRE(work.step(harness.store()).has_value());
  harness.reopen();
  for (int i = 0; i < 20; ++i) BOOST_REQUIRE(work.step(harness.store()).has_value());
  BOOST_REQUIRE(harness.store().commit({}, Sync::now).has_value());
  harness.close();
}

struct Tally {
  int refused = 0, opened = 0;
};

void flip_and_read(test::RocksHarness& harness, const StoreWorkload& work, std::uint64_t seed, Tally& tally) {
  std::mt19937_64 draw(seed);
  const auto paths = harness.files().files();
  const std::string path = paths[draw() % paths.size()];
  const std::size_t size = harness.files().content(path).size();
  if (size == 0) return;
  const std::size_t at = draw() % size;
  harness.files().change(path, [&](std::string& octets) { octets[at] ^= static_cast<char>(1 << draw() % 8); });
  auto opened = harness.open();
  ++(opened ? tally.opened : tally.refused);
  if (!opened) {
    BOOST_TEST(!opened.error().context.empty());
    return;
  }
  const std::string wrong = work.check_damaged(harness.store());
  BOOST_TEST(wrong.empty(), "seed " << seed << ", octet " << at << " of " << path << ": " << wrong);
  harness.close();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(damage)

BOOST_DATA_TEST_CASE(a_flipped_octet_is_refused_or_told_and_never_read,
                     data::make({test::Engine::rocksdb, test::Engine::rocksdb_encrypted}), engine) {
  const test::RocksSetup setup;
  test::RocksHarness harness(engine == test::Engine::rocksdb ? setup : setup.encrypted());
  StoreWorkload work(4711);
  fill(harness, work);
  const auto whole = harness.files().save();
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    harness.files().load(whole);
    flip_and_read(harness, work, seed, tally);
  }
  BOOST_TEST_MESSAGE("refused " << tally.refused << ", opened " << tally.opened);
  BOOST_TEST(tally.refused > 0);
  BOOST_TEST(tally.opened > 0);
}

BOOST_AUTO_TEST_CASE(a_flipped_octet_in_a_chunk_is_told_as_damage) {
  test::RocksHarness harness;
  const std::string octets = test::noise(60'000, 1);
  BodyRef ref;
  {
    auto writer = harness.store().bodies().create();
    BOOST_REQUIRE(writer->append(octets).has_value());
    auto sealed = writer->seal();
    BOOST_REQUIRE(sealed.has_value());
    Batch batch(Shard{ShardKind::journal, 0});
    batch.hold(*sealed);
    BOOST_REQUIRE(harness.store().commit({&batch, 1}, Sync::now).has_value());
    ref = sealed->ref();
  }
  harness.reopen();  // its segments are closed
  harness.close();
  int damaged = 0;
  for (const auto& path : harness.files().files()) {
    if (!path.ends_with(".blk")) continue;
    harness.files().change(path, [](std::string& file) { file[file.size() / 2] ^= 1; });
    ++damaged;
  }
  BOOST_REQUIRE(damaged > 0);
  BOOST_REQUIRE(harness.open().has_value());
  const auto reader = harness.store().bodies().open(ref);
  int told = 0;
  for (std::uint64_t offset = 0; offset < ref.size; offset += ref.chunk_size) {
    auto some = reader->read(offset, ref.chunk_size);
    if (some) BOOST_TEST((octets.substr(offset, ref.chunk_size) == *some));
    if (!some && some.error().code == base::errc::damaged) ++told;
  }
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_SUITE_END()
