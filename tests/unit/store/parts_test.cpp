/// Parts that messages share: stored once, there while one body has them, gone with the last, whoever comes and goes at the
/// same time.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/support/store_bodies_model.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::RocksHarness;
using test::RocksSetup;

namespace {

constexpr Shard journal{ShardKind::journal, 0};
constexpr std::uint64_t big = 7;  ///< the attachment of most octets
constexpr std::uint64_t parts_of_big = 3;

Shard shard_of(std::uint64_t thread) {
  return {ShardKind::account, thread + 1};
}

bool hold(Store& store, Shard shard, const SealedBody& body) {
  Batch batch(shard);
  batch.hold(body);
  return store.commit({&batch, 1}, Sync::now).has_value();
}

bool release(Store& store, Shard shard, const BodyRef& body) {
  Batch batch(shard);
  batch.release(body);
  return store.commit({&batch, 1}, Sync::now).has_value();
}

BodyRef keep(Store& store, const std::string& octets) {
  const SealedBody body = test::write_body(store, octets);
  BOOST_REQUIRE(hold(store, journal, body));
  return body.ref();
}

/// What is left when everything that may go has gone.
std::uint64_t octets_left(RocksHarness& harness) {
  harness.reopen();  // what was written into last is closed
  harness.maintain(16);
  return harness.segment_octets();
}

std::string letter(std::uint64_t seed) {
  return test::message_with(seed, 400, {big});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(parts)

BOOST_AUTO_TEST_CASE(an_attachment_of_many_messages_is_stored_once) {
  RocksHarness harness(RocksSetup::told());
  std::vector<BodyRef> refs{keep(harness.store(), letter(0))};
  const std::uint64_t first = harness.segment_octets();
  BOOST_TEST(first > test::attachment_octets(big));
  for (std::uint64_t i = 1; i < 50; ++i) refs.push_back(keep(harness.store(), letter(i)));
  BOOST_TEST(harness.segment_octets() - first < 50u * 1400);  // their own octets, and where the attachment is
  for (std::uint64_t i = 0; i < 50; ++i) BOOST_TEST((test::read_body(harness.store(), refs[i]) == letter(i)));
}

BOOST_AUTO_TEST_CASE(an_attachment_twice_in_one_message_is_stored_once) {
  RocksHarness harness(RocksSetup::told());
  const std::uint64_t before = harness.segment_octets();
  const std::string message = test::message_with(1, 400, {big, big, big});
  const BodyRef ref = keep(harness.store(), message);
  BOOST_TEST(harness.segment_octets() - before < test::attachment_octets(big) + 3000);
  BOOST_TEST((test::read_body(harness.store(), ref) == message));
  BOOST_REQUIRE(release(harness.store(), journal, ref));
  BOOST_TEST(octets_left(harness) < test::attachment_octets(big));
}

BOOST_AUTO_TEST_CASE(an_attachment_goes_with_its_last_message_and_not_before) {
  RocksHarness harness(RocksSetup::told());
  std::vector<BodyRef> refs;
  for (std::uint64_t i = 0; i < 5; ++i) refs.push_back(keep(harness.store(), letter(i)));
  for (std::uint64_t i = 0; i < 4; ++i) BOOST_REQUIRE(release(harness.store(), journal, refs[i]));
  BOOST_TEST(octets_left(harness) > test::attachment_octets(big));
  BOOST_TEST((test::read_body(harness.store(), refs[4]) == letter(4)));
  BOOST_REQUIRE(release(harness.store(), journal, refs[4]));
  BOOST_TEST(octets_left(harness) < test::attachment_octets(big));
}

BOOST_AUTO_TEST_CASE(messages_with_the_same_attachment_that_come_and_go_in_one_commit_leave_it_as_they_should) {
  RocksHarness harness(RocksSetup::told());
  Store& store = harness.store();
  const SealedBody one = test::write_body(store, letter(1));
  const SealedBody two = test::write_body(store, letter(2));  // brings the attachment too: nobody had it yet
  Batch both(journal);
  both.hold(one);
  both.hold(two);
  BOOST_REQUIRE(store.commit({&both, 1}, Sync::now).has_value());
  const SealedBody three = test::write_body(store, letter(3));
  std::vector<Batch> change{Batch(journal), Batch(shard_of(1))};
  change[0].release(one.ref());
  change[0].release(two.ref());
  change[1].hold(three);
  BOOST_REQUIRE(store.commit(change, Sync::now).has_value());
  BOOST_TEST((test::read_body(store, three.ref()) == letter(3)));
  harness.maintain(40);
  harness.cut_power(0);
  BOOST_TEST((test::read_body(harness.store(), three.ref()) == letter(3)));
}

BOOST_AUTO_TEST_CASE(an_attachment_that_a_session_has_found_stays_while_its_last_message_goes) {
  for (const bool committed : {true, false}) {
    RocksHarness harness(RocksSetup::told());
    Store& store = harness.store();
    const BodyRef first = keep(store, letter(1));
    harness.reopen();
    {
      const SealedBody second = test::write_body(harness.store(), letter(2));  // found, not written again
      BOOST_REQUIRE(release(harness.store(), journal, first));
      BOOST_TEST(*harness.store().bodies().sweep() == 0u);
      harness.maintain(40);
      if (committed) {
        BOOST_REQUIRE(hold(harness.store(), journal, second));
        harness.maintain(40);
        BOOST_TEST((test::read_body(harness.store(), second.ref()) == letter(2)));
        harness.cut_power(0);
        BOOST_TEST(*harness.store().bodies().sweep() == 0u);
        BOOST_TEST((test::read_body(harness.store(), second.ref()) == letter(2)));
        BOOST_REQUIRE(release(harness.store(), journal, second.ref()));
      }
    }
    if (!committed) BOOST_TEST(*harness.store().bodies().sweep() == parts_of_big);
    BOOST_TEST(octets_left(harness) < test::attachment_octets(big));
  }
}

BOOST_AUTO_TEST_CASE(an_attachment_that_only_a_session_of_an_earlier_process_had_found_is_swept) {
  for (const std::uint64_t how : {0, 1, 2}) {
    RocksHarness harness(RocksSetup::told());
    const BodyRef first = keep(harness.store(), letter(1));
    {
      const SealedBody second = test::write_body(harness.store(), letter(2));
      BOOST_REQUIRE(release(harness.store(), journal, first));
      if (how == 0) harness.reopen();
      if (how == 1) harness.kill();
      if (how == 2) harness.cut_power(0);
    }
    BOOST_TEST(*harness.store().bodies().sweep() == parts_of_big);
    BOOST_TEST(*harness.store().bodies().sweep() == 0u);
    BOOST_TEST(octets_left(harness) < test::attachment_octets(big));
    const BodyRef third = keep(harness.store(), letter(3));
    BOOST_TEST((test::read_body(harness.store(), third) == letter(3)));
  }
}

BOOST_AUTO_TEST_CASE(a_crash_while_an_attachment_changes_hands_leaves_it_to_whoever_is_left) {
  for (std::uint64_t nth = 1; nth <= 40; ++nth) {
    RocksHarness harness(RocksSetup::told());
    const BodyRef first = keep(harness.store(), letter(1));
    harness.files().die_at(nth);
    BodyRef second;
    bool told_held = false, told_released = false;
    {
      const SealedBody body = test::write_body(harness.store(), letter(2));
      second = body.ref();
      told_released = release(harness.store(), journal, first) && !harness.files().dead();
      told_held = hold(harness.store(), journal, body) && !harness.files().dead();
      BOOST_REQUIRE(harness.store().bodies().sweep().has_value());
      BOOST_REQUIRE(harness.maintain().has_value());
    }
    if (nth % 2 == 0)
      harness.kill();
    else
      harness.cut_power(nth % 3 == 0 ? 0 : nth);
    BOOST_REQUIRE(harness.store().bodies().sweep().has_value());
    const std::string one = test::read_body(harness.store(), first), two = test::read_body(harness.store(), second);
    BOOST_TEST((one == letter(1) || (one.starts_with("error") && (told_released || nth < 10))),
               nth << ": " << one.substr(0, 80));
    if (told_held) BOOST_TEST((two == letter(2)), nth << ": " << two.substr(0, 80));
    BOOST_TEST((two == letter(2) || two.starts_with("error")), nth);
    release(harness.store(), journal, first);
    release(harness.store(), journal, second);
    BOOST_REQUIRE(harness.store().bodies().sweep().has_value());
    BOOST_TEST(octets_left(harness) < test::attachment_octets(big), nth);
  }
}

/// Threads that write, commit, read and free messages with the same few attachments, beside the sweep and the collector.
BOOST_AUTO_TEST_CASE(many_threads_share_attachments_and_none_is_lost_or_left) {
  constexpr int threads = 6;
  RocksSetup setup = RocksSetup::told();
  setup.engine.segment_octets = 256 * 1024;
  RocksHarness harness(setup);
  Store& store = harness.store();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  std::atomic<std::uint64_t> failures = 0, written = 0, numbers = 0;
  std::vector<std::vector<std::pair<BodyRef, std::string>>> left(threads);
  std::vector<std::thread> all;
  for (std::uint64_t thread = 0; thread < threads; ++thread) {
    all.emplace_back([&, thread] {
      std::mt19937_64 draw(thread);
      auto& mine = left[thread];
      while (std::chrono::steady_clock::now() < end) {
        std::vector<std::uint64_t> attachments(1 + draw() % 2);
        for (auto& each : attachments) each = draw() % 3;
        const std::string octets = test::message_with(++numbers, draw() % 4 == 0 ? 20'000 : 300, attachments);
        const SealedBody body = test::write_body(store, octets, draw());
        if (draw() % 4 == 0) continue;
        if (!hold(store, shard_of(thread), body)) ++failures;
        mine.emplace_back(body.ref(), octets);
        ++written;
        while (mine.size() > 2 || (!mine.empty() && draw() % 3 == 0)) {
          const std::size_t which = draw() % mine.size();
          if (test::read_body(store, mine[which].first) != mine[which].second) ++failures;
          if (!release(store, shard_of(thread), mine[which].first)) ++failures;
          mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(which));
        }
      }
    });
  }
  all.emplace_back([&] {
    while (std::chrono::steady_clock::now() < end)
      if (!store.bodies().sweep()) ++failures;
  });
  all.emplace_back([&] {
    while (std::chrono::steady_clock::now() < end)
      if (!harness.maintain()) ++failures;
  });
  for (auto& thread : all) thread.join();
  BOOST_TEST_MESSAGE(written << " messages");
  BOOST_TEST(failures == 0u);
  harness.kill();
  for (std::uint64_t thread = 0; thread < threads; ++thread) {
    for (const auto& [ref, octets] : left[thread]) {
      BOOST_TEST((test::read_body(harness.store(), ref) == octets));
      BOOST_TEST(release(harness.store(), shard_of(thread), ref));
    }
  }
  BOOST_REQUIRE(harness.store().bodies().sweep().has_value());
  harness.maintain(1200);  // a segment each
  BOOST_TEST(harness.segment_octets() < 600u * 1024);
}

BOOST_AUTO_TEST_SUITE_END()
