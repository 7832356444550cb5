/// What the store says of itself to an administrator, beside what it was given and what is on the medium.
#include <boost/test/data/test_case.hpp>

#include "base/codec.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::Engine;
using test::RocksHarness;
using test::RocksSetup;
namespace data = boost::unit_test::data;

namespace {

constexpr Shard journal{ShardKind::journal, 0};

SealedBody write(Store& store, const std::string& octets) {
  auto writer = store.bodies().create();
  BOOST_REQUIRE(writer->append(octets).has_value());
  auto sealed = writer->seal();
  BOOST_REQUIRE(sealed.has_value());
  return *sealed;
}

BodyRef hold(Store& store, const SealedBody& body) {
  Batch batch(journal);
  batch.hold(body);
  BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
  return body.ref();
}

void release(Store& store, const BodyRef& body) {
  Batch batch(journal);
  batch.release(body);
  BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
}

/// A letter with these octets attached, in base64.
std::string letter_with(std::uint64_t number, std::string_view attached) {
  std::string coded = base::to_base64(attached);
  for (std::size_t at = 76; at < coded.size(); at += 78) coded.insert(at, "\r\n");
  return "Subject: " + std::to_string(number) +
         "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\r\n" +
         test::prose(500, number) +
         "\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + coded +
         "\r\n--b--\r\n";
}

/// Frames have a head each, and the records of a body stand in the commit beside it.
constexpr std::uint64_t beside_a_body = 2000;

}  // namespace

BOOST_AUTO_TEST_SUITE(figures)

BOOST_DATA_TEST_CASE(a_body_is_accepted_when_it_is_committed_and_once, data::make(test::engines), engine) {
  const auto harness = test::make_harness(engine);
  auto& store = harness->store();
  const auto before = store.figures();
  const auto octets = test::noise(6000, 1);
  const auto sealed = write(store, octets);
  BOOST_TEST(store.figures().octets_accepted == before.octets_accepted);
  hold(store, sealed);
  BOOST_TEST(store.figures().octets_accepted == before.octets_accepted + octets.size());
  BOOST_TEST(store.figures().octets_written >= before.octets_written + octets.size());
  BOOST_TEST(store.figures().octets_written <= before.octets_written + octets.size() + beside_a_body);
  hold(store, sealed);
  BOOST_TEST(store.figures().octets_accepted == before.octets_accepted + octets.size());
}

BOOST_DATA_TEST_CASE(what_is_freed_is_alive_no_more, data::make(test::engines), engine) {
  const auto harness = test::make_harness(engine);
  auto& store = harness->store();
  const auto body = hold(store, write(store, test::noise(6000, 2)));
  const auto live = store.figures().live_octets;
  BOOST_TEST(live >= 6000u);
  BOOST_TEST(live <= 6000u + beside_a_body);
  release(store, body);
  BOOST_TEST(store.figures().live_octets == 0u);
}

BOOST_AUTO_TEST_CASE(live_and_dead_together_are_what_the_segments_take_on_the_medium) {
  RocksHarness harness(RocksSetup::told());
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto body = hold(harness.store(), write(harness.store(), test::noise(1000 + i * 1000, i)));
    if (i % 3 == 0) release(harness.store(), body);
    if (i % 10 == 9) harness.reopen();
    const auto figures = harness.store().figures();
    BOOST_TEST(figures.live_octets + figures.dead_octets == harness.segment_octets(), "after " << i);
  }
  BOOST_TEST(harness.store().figures().live_octets > 0u);
  BOOST_TEST(harness.store().figures().dead_octets > 0u);
}

BOOST_AUTO_TEST_CASE(a_segment_that_is_collected_is_counted_and_its_dead_octets_are_gone) {
  RocksHarness harness(RocksSetup::told());
  std::vector<BodyRef> bodies;
  for (std::uint64_t i = 0; i < 20; ++i)
    bodies.push_back(hold(harness.store(), write(harness.store(), test::noise(16'000, i))));
  for (std::size_t i = 1; i < bodies.size(); ++i) release(harness.store(), bodies[i]);
  const auto before = harness.store().figures();
  BOOST_TEST(before.segments_collected == 0u);
  harness.maintain(40);
  const auto after = harness.store().figures();
  BOOST_TEST(after.segments_collected > 0u);
  BOOST_TEST(after.dead_octets < before.dead_octets);
  BOOST_TEST(after.live_octets == before.live_octets);
  BOOST_TEST(after.live_octets + after.dead_octets == harness.segment_octets());
  BOOST_TEST(after.record_octets > 0u);  // maintenance flushed them
  BOOST_TEST(after.octets_accepted == before.octets_accepted);
}

BOOST_AUTO_TEST_CASE(a_part_is_new_once_and_found_whenever_it_comes_again) {
  RocksHarness harness(RocksSetup::told());
  auto& store = harness.store();
  const auto attached = test::noise(20'000, 3);
  hold(store, write(store, letter_with(1, attached)));
  const auto first = store.figures();
  BOOST_TEST(first.parts_new > 0u);
  BOOST_TEST(first.parts_found == 0u);
  const auto again = letter_with(2, attached);
  hold(store, write(store, again));
  const auto second = store.figures();
  BOOST_TEST(second.parts_new == first.parts_new);
  BOOST_TEST(second.parts_found == first.parts_new);
  BOOST_TEST(second.octets_accepted == first.octets_accepted + again.size());
  BOOST_TEST(second.octets_written < first.octets_written + attached.size() / 2);
}

BOOST_AUTO_TEST_CASE(what_a_body_wrote_that_was_never_committed_counts_as_written_and_as_dead) {
  RocksHarness harness(RocksSetup::told());
  auto& store = harness.store();
  const auto before = store.figures();
  const auto octets = test::noise(100'000, 4);
  write(store, octets);
  const auto after = store.figures();
  BOOST_TEST(after.octets_accepted == before.octets_accepted);
  BOOST_TEST(after.octets_written > before.octets_written + octets.size() / 2);
  BOOST_TEST(after.live_octets == 0u);
  BOOST_TEST(after.dead_octets > before.dead_octets + octets.size() / 2);
}

BOOST_AUTO_TEST_CASE(the_newest_dictionary_is_named_also_after_a_restart) {
  auto setup = RocksSetup::told();
  setup.engine.first_dictionary_texts = 300;
  RocksHarness harness(setup);
  BOOST_TEST(harness.store().figures().dictionary == 0u);
  for (std::uint64_t i = 0; i < 600; ++i) hold(harness.store(), write(harness.store(), letter_with(i, {})));
  harness.maintain(1);
  BOOST_TEST(harness.store().figures().dictionary == 1u);
  harness.reopen();
  BOOST_TEST(harness.store().figures().dictionary == 1u);
  BOOST_TEST(harness.store().figures().octets_accepted == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
