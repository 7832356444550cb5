/// The collector: the room of what was freed comes back, and no octet that somebody holds is lost or changed by it, whatever
/// happens meanwhile.
#include <algorithm>
#include <set>

#include "tests/support/store_bodies_model.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::BodiesModel;
using test::RocksHarness;
using test::RocksSetup;

namespace {

constexpr Shard journal{ShardKind::journal, 0};
/// What two segments that are being written, and the commits of one flush, may take.
constexpr std::uint64_t always_there = 6 * 64 * 1024;

void require_right(const std::string& wrong, std::uint64_t seed, const std::string& when) {
  BOOST_REQUIRE_MESSAGE(wrong.empty(), "seed " << seed << ", " << when << ": " << wrong);
}

BodyRef hold(Store& store, const SealedBody& body) {
  Batch batch(journal);
  batch.hold(body);
  BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
  return body.ref();
}

BodyRef keep(Store& store, const std::string& octets) {
  return hold(store, test::write_body(store, octets));
}

void release(Store& store, const std::vector<BodyRef>& bodies) {
  Batch batch(journal);
  for (const BodyRef& body : bodies) batch.release(body);
  BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
}

/// Larger than what goes into the log.
std::string large(std::uint64_t seed) {
  return test::message_with(seed, 14'000, {});
}

std::set<std::string> block_segments(RocksHarness& harness) {
  std::set<std::string> out;
  for (const auto& path : harness.files().files())
    if (path.ends_with(".blk")) out.insert(path);
  return out;
}

/// Everything is let go: after some rounds only what is being written is left.
void require_room_back(RocksHarness& harness, BodiesModel& model, const std::string& when) {
  model.drop_all();
  BOOST_REQUIRE(harness.store().bodies().sweep().has_value());
  harness.maintain(120);
  require_right(model.check(harness.store()), model.seed(), when + ", collected");
  const std::uint64_t live = model.live_octets();
  BOOST_TEST(harness.segment_octets() <= 2 * live + always_there,
             "seed " << model.seed() << ", " << when << ": " << harness.segment_octets() << " octets for " << live);
}

/// Steps, and now and then what may happen to a store, until `steps` are done.
void live_through(std::uint64_t seed, int steps) {
  RocksHarness harness(RocksSetup::told());
  BodiesModel model(seed);
  std::mt19937_64 draw(seed);
  const auto maintain = [&] { return harness.maintain(); };
  const auto told = [&] { return !harness.files().dead(); };
  for (int i = 0; i < steps; ++i) {
    const std::string when = "step " + std::to_string(i);
    auto done = model.step(harness.store(), maintain, told);
    BOOST_REQUIRE_MESSAGE(done, "seed " << seed << ", " << when << ": " << test::why(done));
    if (!harness.files().dead()) require_right(model.check_opened(), seed, when);
    const auto event = draw() % 60;
    if (event == 0) harness.files().die_at(1 + draw() % 200);
    if (!harness.files().dead() && event > 2) continue;
    model.drop_all();
    if (event == 1 && !harness.files().dead())
      harness.reopen();
    else if (event % 2 == 0)
      harness.kill();
    else
      harness.cut_power(draw() % 3 == 0 ? 0 : draw() | 1);
    require_right(model.check_after_crash(harness.store()), seed, when + ", opened again");
  }
  if (harness.files().dead()) {
    model.drop_all();
    harness.kill();
    require_right(model.check_after_crash(harness.store()), seed, "at the end");
  }
  require_room_back(harness, model, "at the end");
  BOOST_REQUIRE(model.release_all(harness.store()).has_value());
  require_room_back(harness, model, "with nothing held");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(collector)

BOOST_AUTO_TEST_CASE(bodies_live_on_through_collections_crashes_and_readers_and_the_room_of_the_others_comes_back) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) live_through(seed, 400);
}

BOOST_AUTO_TEST_CASE(a_collection_that_is_cut_at_any_write_loses_nothing_and_is_done_by_the_next) {
  RocksHarness harness(RocksSetup::told());
  std::vector<BodyRef> kept, freed;
  for (std::uint64_t i = 0; i < 12; ++i) {
    const std::string octets = test::message_with(i, i % 2 == 0 ? 14'000 : 3000, {i % 3, 3 + i % 2});
    (i % 4 == 0 ? kept : freed).push_back(keep(harness.store(), octets));
  }
  release(harness.store(), freed);
  harness.close();  // flushed, and all segments are closed
  const auto before = harness.files().save();
  const auto whole = [&](const std::string& when) {
    for (std::size_t i = 0; i < kept.size(); ++i)
      BOOST_REQUIRE_MESSAGE(
          test::read_body(harness.store(), kept[i]) == test::message_with(i * 4, 14'000, {i * 4 % 3, 3 + i * 4 % 2}),
          when << ": body " << i << ": " << test::read_body(harness.store(), kept[i]).substr(0, 100));
  };
  int cuts = 0;
  for (bool dead = true; dead; ++cuts) {
    harness.close();
    harness.files().load(before);
    BOOST_REQUIRE(harness.open().has_value());
    const std::uint64_t taken = harness.segment_octets();
    harness.files().die_at(static_cast<std::uint64_t>(cuts) + 1);
    for (int i = 0; i < 6; ++i) BOOST_REQUIRE(harness.maintain().has_value());
    dead = harness.files().dead();
    const std::string when = "cut at write " + std::to_string(cuts + 1);
    if (cuts % 3 == 0)
      harness.kill();
    else
      harness.cut_power(cuts % 3 == 1 ? 0 : static_cast<std::uint64_t>(cuts));
    whole(when);
    harness.maintain(20);
    whole(when + ", collected");
    BOOST_TEST(harness.segment_octets() < taken / 2 + 64 * 1024, when);
  }
  BOOST_TEST(cuts > 10);
}

BOOST_AUTO_TEST_CASE(a_segment_of_which_a_third_is_dead_is_collected_only_while_nothing_else_comes) {
  for (const std::uint32_t idle_rounds : {0u, 1'000'000u}) {
    RocksSetup setup = RocksSetup::told();
    setup.engine.idle_rounds = idle_rounds;
    RocksHarness harness(setup);
    std::vector<BodyRef> bodies;
    for (std::uint64_t i = 0; i < 3; ++i) bodies.push_back(keep(harness.store(), large(i)));
    harness.reopen();
    const auto before = block_segments(harness);
    release(harness.store(), {bodies[1]});
    harness.maintain(10);
    BOOST_TEST((block_segments(harness) == before) == (idle_rounds > 0));
    for (const std::uint64_t i : {0u, 2u}) BOOST_TEST((test::read_body(harness.store(), bodies[i]) == large(i)));
  }
}

BOOST_AUTO_TEST_CASE(a_segment_with_a_damaged_block_stays_and_the_others_in_it_are_read) {
  RocksHarness harness(RocksSetup::told());
  std::vector<BodyRef> bodies;
  for (std::uint64_t i = 0; i < 4; ++i) bodies.push_back(keep(harness.store(), large(i)));
  harness.reopen();
  const auto segments = block_segments(harness);
  BOOST_REQUIRE(segments.size() == 1u);
  const std::string path = *segments.begin();
  const std::size_t of_last = harness.files().content(path).size() - 2000;
  harness.files().change(path, [&](std::string& file) { file[of_last] ^= 1; });
  release(harness.store(), {bodies[0], bodies[2]});
  release(harness.store(), {keep(harness.store(), large(9))});  // something else to collect
  harness.maintain(20);
  harness.reopen();  // and it is not forgotten that it is damaged, nor taken for empty
  harness.maintain(20);
  BOOST_TEST(block_segments(harness).contains(path));
  BOOST_TEST((test::read_body(harness.store(), bodies[1]) == large(1)));
  std::uint64_t told = 0, right = 0;
  auto reader = harness.store().bodies().open(bodies[3]);
  for (std::uint64_t at = 0; at < bodies[3].size; at += bodies[3].chunk_size) {
    auto some = reader->read(at, bodies[3].chunk_size);
    if (some) right += large(3).substr(at, some->size()) == *some ? 1 : 0;
    told += !some && some.error().code == base::errc::damaged ? 1 : 0;
  }
  reader.reset();
  BOOST_TEST(told == 1u);
  BOOST_TEST(right == 3u);
  release(harness.store(), {bodies[1], bodies[3]});
  harness.reopen();
  harness.maintain(20);
  BOOST_TEST(!block_segments(harness).contains(path));  // nothing lives in it: it may go, damaged or not
}

BOOST_AUTO_TEST_CASE(a_segment_in_which_a_session_has_written_and_not_committed_stays_until_it_has) {
  for (const bool committed : {true, false}) {
    RocksHarness harness(RocksSetup::told());
    auto writer = harness.store().bodies().create();
    BOOST_REQUIRE(writer->append(large(1).substr(0, 13'000)).has_value());
    const std::string path = *block_segments(harness).begin();
    std::vector<BodyRef> others;
    for (std::uint64_t i = 10; block_segments(harness).size() < 3; ++i) others.push_back(keep(harness.store(), large(i)));
    release(harness.store(), others);
    harness.maintain(20);
    BOOST_TEST(block_segments(harness).contains(path));
    if (committed) {
      BOOST_REQUIRE(writer->append(large(1).substr(13'000)).has_value());
      const BodyRef ref = hold(harness.store(), *writer->seal());
      harness.maintain(20);
      BOOST_TEST((test::read_body(harness.store(), ref) == large(1)));
      writer.reset();
      harness.maintain(20);
      BOOST_TEST((test::read_body(harness.store(), ref) == large(1)));
      harness.cut_power(0);
      BOOST_TEST((test::read_body(harness.store(), ref) == large(1)));
    }
    writer.reset();
    harness.maintain(20);
    BOOST_TEST(!block_segments(harness).contains(path));
  }
}

BOOST_AUTO_TEST_CASE(a_snapshot_keeps_the_segments_of_its_moment_and_no_reader_meets_a_hole) {
  RocksHarness harness(RocksSetup::told());
  std::vector<BodyRef> bodies;
  for (std::uint64_t i = 0; i < 12; ++i) bodies.push_back(keep(harness.store(), large(i)));
  auto snapshot = harness.store().snapshot();
  const auto reader = harness.store().bodies().open(bodies[0]);
  BOOST_TEST((*reader->read(0, 100) == large(0).substr(0, 100)));
  const auto before = block_segments(harness);
  release(harness.store(), {bodies.begin() + 1, bodies.end()});
  harness.maintain(40);
  for (const auto& path : before) BOOST_TEST(harness.files().FileExists(path, {}, nullptr).ok());
  for (std::uint64_t i = 0; i < 12; ++i) BOOST_TEST((test::read_body(*snapshot, bodies[i]) == large(i)), i);
  snapshot.reset();
  BOOST_TEST(block_segments(harness).size() < before.size());
  std::string rest = large(0).substr(0, 100);
  while (true) {
    auto some = reader->read(rest.size(), 1 << 20);
    BOOST_REQUIRE_MESSAGE(some, test::why(some));
    if (some->empty()) break;
    rest += *some;
  }
  BOOST_TEST((rest == large(0)));
}

BOOST_AUTO_TEST_CASE(a_full_medium_puts_a_collection_off_and_stops_nothing) {
  RocksHarness harness(RocksSetup::told());
  std::vector<BodyRef> bodies;
  for (std::uint64_t i = 0; i < 12; ++i) bodies.push_back(keep(harness.store(), large(i)));
  std::vector<BodyRef> freed;
  for (std::size_t i = 0; i < bodies.size(); ++i)
    if (i % 3 != 0) freed.push_back(bodies[i]);
  release(harness.store(), freed);
  harness.reopen();
  for (const std::uint64_t room : {0, 1000, 5000, 9000}) {
    harness.files().set_room(room);
    auto done = harness.maintain();
    BOOST_TEST((!done && done.error().code == base::errc::busy), "room " << room);
    BOOST_TEST(!harness.store().stopped());
    for (std::size_t i = 0; i < bodies.size(); i += 3) BOOST_TEST((test::read_body(harness.store(), bodies[i]) == large(i)));
  }
  harness.files().heal();
  harness.maintain(60);
  for (std::size_t i = 0; i < bodies.size(); i += 3) BOOST_TEST((test::read_body(harness.store(), bodies[i]) == large(i)));
  BOOST_TEST(harness.segment_octets() < 2 * 4 * large(0).size() + always_there);
}

BOOST_AUTO_TEST_SUITE_END()
