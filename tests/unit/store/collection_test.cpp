/// The room of freed bodies comes back, and what is still held is not copied about for nothing.
#include <chrono>
#include <thread>

#include "archive/store/rocksdb/blob_collection.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;

namespace {

constexpr Shard journal{ShardKind::journal, 0};

std::uint64_t blob_octets(const test::ForgetfulFileSystem& files) {
  std::uint64_t octets = 0;
  for (const auto& path : files.files())
    if (path.ends_with(".blob")) octets += files.content(path).size();
  return octets;
}

std::vector<BodyRef> write_bodies(Store& store, int count) {
  std::vector<BodyRef> refs;
  for (int i = 0; i < count; ++i) {
    auto writer = store.bodies().create();
    BOOST_REQUIRE(writer->append(test::noise(60'000, static_cast<std::uint64_t>(i))).has_value());
    auto body = writer->seal();
    Batch batch(journal);
    batch.hold(*body);
    BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
    refs.push_back(body->ref());
  }
  return refs;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(collection)

BOOST_AUTO_TEST_CASE(the_longest_run_of_old_files_that_is_half_garbage_is_collected) {
  BOOST_TEST(share_to_collect({}) == 0);
  BOOST_TEST(share_to_collect({{1, 100, 0}, {2, 100, 0}}) == 0);
  BOOST_TEST(share_to_collect({{1, 100, 49}, {2, 100, 0}}) == 0);
  BOOST_TEST(share_to_collect({{2, 100, 0}, {1, 100, 50}}) == 0.5);  // by number, not by place
  BOOST_TEST(share_to_collect({{1, 100, 100}, {2, 100, 0}, {3, 100, 0}, {4, 100, 0}}) == 0.5);
  BOOST_TEST(share_to_collect({{1, 100, 10}, {2, 100, 90}, {3, 100, 0}, {4, 100, 0}}) == 0.5);
  BOOST_TEST(share_to_collect({{1, 100, 100}, {2, 100, 100}}) == 1);
}

BOOST_AUTO_TEST_CASE(the_room_of_freed_bodies_comes_back) {
  test::RocksHarness harness;
  const auto refs = write_bodies(harness.store(), 200);
  harness.reopen();
  const std::uint64_t before = blob_octets(harness.files());
  BOOST_TEST(before > 190 * 60'000);
  Batch batch(journal);
  for (std::size_t i = 0; i < refs.size(); ++i)
    if (i % 10 != 0) batch.release(refs[i]);
  BOOST_REQUIRE(harness.store().commit({&batch, 1}, Sync::now).has_value());
  for (int look = 0; look < 200 && blob_octets(harness.files()) > before / 3; ++look) {
    if (look % 20 < 8) harness.reopen();  // each flushes: tables enough for a compaction to begin
    BOOST_REQUIRE(harness.store().bodies().sweep().has_value());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // it is RocksDB's own thread that does it
  }
  BOOST_TEST(blob_octets(harness.files()) <= before / 3);
  for (std::size_t i = 0; i < refs.size(); i += 10) {
    auto octets = harness.store().bodies().open(refs[i])->read(0, 4096);
    BOOST_TEST((octets && *octets == test::noise(60'000, i).substr(0, 4096)));
  }
}

BOOST_AUTO_TEST_SUITE_END()
