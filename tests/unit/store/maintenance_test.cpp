/// What the engine does behind everybody's back: as fast as it may, as often as it must, and whatever befalls it.
#include "archive/store/rocksdb/throttle.hpp"
#include "tests/support/store_bodies_model.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::ForgetfulFileSystem;
using test::RocksHarness;
using test::RocksSetup;

namespace {

constexpr Shard journal{ShardKind::journal, 0};
constexpr int a_minute = 130;  // rounds, and some more

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

std::vector<std::string> block_segments(RocksHarness& harness) {
  std::vector<std::string> out;
  for (const auto& path : harness.files().files())
    if (path.ends_with(".blk")) out.push_back(path);
  return out;
}

bool is_there(RocksHarness& harness, const std::string& path) {
  return harness.files().FileExists(path, {}, nullptr).ok();
}

/// Closed block segments of three bodies each, of which only the first lives.
struct HalfDead {
  HalfDead() : harness(RocksSetup::told()) {
    std::vector<BodyRef> dead;
    for (std::uint64_t i = 0; i < 3; ++i) {
      live.push_back(keep(harness.store(), large(i)));
      for (const std::uint64_t seed : {100, 200}) dead.push_back(keep(harness.store(), large(seed + i)));
      harness.reopen();
    }
    release(harness.store(), dead);
    segments = block_segments(harness);
    BOOST_REQUIRE(segments.size() == 3u);
  }
  void require_whole(std::string_view when) {
    for (std::uint64_t i = 0; i < live.size(); ++i)
      BOOST_REQUIRE_MESSAGE(test::read_body(harness.store(), live[i]) == large(i), when << ": body " << i);
  }
  RocksHarness harness;
  std::vector<BodyRef> live;
  std::vector<std::string> segments;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(maintenance)

BOOST_AUTO_TEST_CASE(the_pieces_that_are_read_wait_together_as_long_as_one_of_their_octets_whatever_their_size) {
  constexpr std::uint64_t a_second = 32u << 20;
  for (const std::uint64_t piece : {1ull, 200ull, 33'000ull, 1ull << 20, 5ull << 20, 1ull << 33}) {
    Throttle throttle(a_second);
    const std::uint64_t pieces = std::min<std::uint64_t>((64u << 20) / piece + 1, 1'000'000);
    std::chrono::microseconds waited{};
    std::uint64_t waits = 0;
    for (std::uint64_t i = 0; i < pieces; ++i) {
      const auto time = throttle.wait_after(piece);
      waited += time;
      waits += time.count() != 0 ? 1 : 0;
    }
    const double due = static_cast<double>(pieces * piece) * 1e6 / a_second;
    const double told = static_cast<double>(waited.count());
    BOOST_TEST(told <= due, "pieces of " << piece);
    BOOST_TEST(told >= due - 1e6 / 32 - static_cast<double>(waits), "pieces of " << piece);  // the last mebibyte
    BOOST_TEST(waits <= pieces * piece / (1u << 20), "pieces of " << piece);                 // each is worth one
  }
}

BOOST_AUTO_TEST_CASE(a_segment_that_cannot_be_read_stays_and_the_others_go) {
  HalfDead store;
  auto& harness = store.harness;
  for (const auto& path : store.segments)  // whichever is chosen first
    harness.files().fail_reads(path, 1000, ForgetfulFileSystem::Fault::io_error);
  BOOST_REQUIRE(harness.maintain().has_value());  // told in the log, and no trouble of everybody's
  harness.files().heal();
  harness.maintain(20);
  int left = 0;
  for (const auto& path : store.segments) left += is_there(harness, path) ? 1 : 0;
  BOOST_TEST(left == 1);
  BOOST_TEST(!harness.store().stopped());
  store.require_whole("with a segment given up");
  harness.reopen();  // it can be read again
  harness.maintain(20);
  for (const auto& path : store.segments) BOOST_TEST(!is_there(harness, path));
  store.require_whole("collected");
}

BOOST_AUTO_TEST_CASE(what_is_thrown_in_a_round_is_an_error_of_that_round_and_the_next_ones_do_their_work) {
  HalfDead store;
  auto& harness = store.harness;
  for (const auto& path : store.segments) harness.files().fail_reads(path, 1000, ForgetfulFileSystem::Fault::no_memory);
  for (int i = 0; i < 3; ++i) BOOST_TEST(!harness.maintain().has_value());
  BOOST_TEST(!harness.store().stopped());
  harness.files().heal();
  harness.maintain(20);
  for (const auto& path : store.segments) BOOST_TEST(!is_there(harness, path));
  store.require_whole("collected");
}

BOOST_AUTO_TEST_CASE(a_part_that_was_freed_while_a_session_had_it_pinned_goes_when_the_session_has_gone) {
  RocksHarness harness(RocksSetup::told());
  auto& store = harness.store();
  const BodyRef first = keep(store, test::message_with(1, 400, {7}));
  auto session = store.bodies().create();
  BOOST_REQUIRE(session->append(test::message_with(2, 400, {7})).has_value());
  BOOST_REQUIRE(session->seal().has_value());
  BOOST_REQUIRE(store.figures().parts_found > 0u);
  release(store, {first});
  harness.maintain(a_minute);
  BOOST_TEST(store.figures().live_octets > 0u);  // the session may still name it
  session.reset();
  harness.maintain(a_minute);
  BOOST_TEST(store.figures().live_octets == 0u);
}

BOOST_AUTO_TEST_CASE(blocks_that_a_start_would_read_are_bounded_like_commits) {
  auto setup = RocksSetup::told();
  setup.engine.replay_octets = 1u << 30;
  setup.engine.replay_log_octets = 64 * 1024;
  RocksHarness harness(setup);
  for (std::uint64_t i = 0; i < 12; ++i) keep(harness.store(), test::noise(4000, i));
  BOOST_REQUIRE(harness.maintain().has_value());
  BOOST_TEST(harness.store().figures().record_octets == 0u);  // 48 KiB
  harness.kill();
  for (std::uint64_t i = 12; i < 18; ++i) keep(harness.store(), test::noise(4000, i));
  BOOST_REQUIRE(harness.maintain().has_value());
  const auto flushed = harness.store().figures().record_octets;
  BOOST_TEST(flushed > 0u);  // 72 KiB, of which the opening had to read the first
  for (std::uint64_t i = 18; i < 28; ++i) keep(harness.store(), test::noise(4000, i));
  BOOST_REQUIRE(harness.maintain().has_value());
  BOOST_TEST(harness.store().figures().record_octets == flushed);  // 40 KiB since then
}

BOOST_AUTO_TEST_SUITE_END()
