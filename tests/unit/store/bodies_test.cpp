/// The store contract on bodies, for every engine: chunks, ranges, holders, abandoned ones.
#include <optional>

#include <boost/test/data/test_case.hpp>

#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::Engine;
namespace data = boost::unit_test::data;

namespace {

constexpr std::uint32_t chunk = 4096;
constexpr Shard journal{ShardKind::journal, 0};
constexpr Shard alice{ShardKind::account, 1};
constexpr Shard bob{ShardKind::account, 2};

SealedBody write_body(Store& store, std::string_view octets, std::size_t piece = 1000) {
  auto writer = store.bodies().create();
  for (std::size_t at = 0; at < octets.size(); at += piece) BOOST_REQUIRE(writer->append(octets.substr(at, piece)).has_value());
  BOOST_TEST(writer->size() == octets.size());
  auto sealed = writer->seal();
  BOOST_REQUIRE(sealed.has_value());
  return *sealed;
}

void commit(Store& store, const std::vector<Batch>& batches) {
  BOOST_REQUIRE(store.commit(batches, Sync::now).has_value());
}

BodyRef hold(Store& store, Shard shard, const SealedBody& body) {
  std::vector<Batch> batches{Batch(shard)};
  batches[0].hold(body);
  commit(store, batches);
  return body.ref();
}

void hold_also(Store& store, Shard shard, const BodyRef& body) {
  std::vector<Batch> batches{Batch(shard)};
  batches[0].hold(body);
  commit(store, batches);
}

void release(Store& store, Shard shard, const BodyRef& body) {
  std::vector<Batch> batches{Batch(shard)};
  batches[0].release(body);
  commit(store, batches);
}

std::string read_whole(const BodySource& bodies, const BodyRef& ref, std::size_t step = 1 << 20) {
  const auto reader = bodies.open(ref);
  std::string out;
  for (;;) {
    auto some = reader->read(out.size(), step);
    if (!some) return "error: " + some.error().code.message();
    if (some->empty()) return out;
    out += *some;
  }
}

std::string read_whole(const Store& store, const BodyRef& ref) {
  return read_whole(store.bodies(), ref);
}

bool gone(const Store& store, const BodyRef& ref) {
  auto got = store.bodies().open(ref)->read(0, 1);
  return !got && got.error().code == base::errc::not_found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bodies)

BOOST_DATA_TEST_CASE(a_body_of_any_size_is_read_back_as_it_was_written, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  std::vector<std::pair<BodyRef, std::string>> written;
  for (const std::size_t size : {0, 1, 100, 4095, 4096, 4097, 8191, 8192, 8193, 3'000'000}) {
    for (const std::string& octets : {test::noise(size, size), test::prose(size, size)}) {
      const SealedBody body = write_body(harness->store(), octets, size > 100'000 ? 65'536 : 1000);
      BOOST_TEST(body.ref().size == size);
      written.emplace_back(hold(harness->store(), journal, body), octets);
    }
  }
  for (const auto& [ref, octets] : written) BOOST_TEST((read_whole(harness->store(), ref) == octets), "size " << octets.size());
  harness->cut_power(0);
  for (const auto& [ref, octets] : written) BOOST_TEST((read_whole(harness->store(), ref) == octets), "size " << octets.size());
}

BOOST_DATA_TEST_CASE(any_range_of_a_body_is_read, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  const std::string octets = test::noise(50'001, 1);
  const BodyRef ref = hold(harness->store(), journal, write_body(harness->store(), octets));
  std::mt19937_64 draw(2);
  const auto reader = harness->store().bodies().open(ref);
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t offset = draw() % (octets.size() + 2);
    const std::size_t limit = draw() % 9000;
    auto some = reader->read(offset, limit);
    BOOST_REQUIRE(some.has_value());
    const std::string_view expected = offset > octets.size() ? "" : std::string_view(octets).substr(offset, limit);
    BOOST_TEST(expected.starts_with(*some));
    BOOST_TEST((some->empty() == expected.empty()));
  }
}

BOOST_DATA_TEST_CASE(a_body_is_freed_after_its_last_holder_and_not_before, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  Store& store = harness->store();
  for (const std::size_t size : {100, 20'000}) {
    const std::string octets = test::noise(size, size);
    const BodyRef ref = hold(store, journal, write_body(store, octets));
    hold_also(store, alice, ref);
    hold_also(store, alice, ref);  // again: counts once
    hold_also(store, bob, ref);
    release(store, journal, ref);
    release(store, journal, ref);  // again: takes nobody else's
    release(store, alice, ref);
    BOOST_TEST((read_whole(store, ref) == octets));
    release(store, bob, ref);
    BOOST_TEST(gone(store, ref));
  }
}

BOOST_DATA_TEST_CASE(a_body_that_moves_within_one_commit_is_not_freed, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  Store& store = harness->store();
  const std::string octets = test::noise(9000, 3);
  const BodyRef ref = hold(store, alice, write_body(store, octets));
  std::vector<Batch> to_bob{Batch(alice), Batch(bob)};
  to_bob[0].release(ref);
  to_bob[1].hold(ref);
  commit(store, to_bob);
  BOOST_TEST((read_whole(store, ref) == octets));
  std::vector<Batch> within{Batch(bob), Batch(bob)};
  within[0].release(ref);
  within[1].hold(ref);
  commit(store, within);
  BOOST_TEST((read_whole(store, ref) == octets));
  std::vector<Batch> one{Batch(bob)};
  one[0].hold(ref);
  one[0].release(ref);
  commit(store, one);
  BOOST_TEST((read_whole(store, ref) == octets), "in one batch a hold wins");
  release(store, bob, ref);
  BOOST_TEST(gone(store, ref));
}

BOOST_DATA_TEST_CASE(a_body_that_is_held_and_released_by_others_in_one_commit_keeps_no_octets, data::make(test::engines),
                     engine) {
  auto harness = test::make_harness(engine, chunk);
  Store& store = harness->store();
  const SealedBody body = write_body(store, test::noise(9000, 4));
  std::vector<Batch> batches{Batch(alice), Batch(alice)};
  batches[0].hold(body);
  batches[1].release(body.ref());
  commit(store, batches);
  BOOST_TEST(gone(store, body.ref()));
}

BOOST_DATA_TEST_CASE(what_a_body_carries_is_durable_with_the_batch_that_holds_it, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  const std::string octets = test::noise(10'000, 5);
  const BodyRef ref = hold(harness->store(), journal, write_body(harness->store(), octets));
  hold_also(harness->store(), alice, ref);
  for (const std::uint64_t seed : {0, 1, 2}) {
    harness->cut_power(seed);
    BOOST_TEST(*harness->store().bodies().sweep() == 0);
    BOOST_TEST((read_whole(harness->store(), ref) == octets));
  }
  release(harness->store(), journal, ref);
  BOOST_TEST((read_whole(harness->store(), ref) == octets));
}

BOOST_DATA_TEST_CASE(an_abandoned_body_leaves_nothing, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  Store& store = harness->store();
  BodyRef unsealed, dropped;
  {
    auto writer = store.bodies().create();
    BOOST_REQUIRE(writer->append(test::noise(20'000, 6)).has_value());
    const SealedBody body = write_body(store, test::noise(20'000, 7));
    dropped = body.ref();
    unsealed = {{dropped.id.start, dropped.id.number - 1}, 20'000, chunk};
    BOOST_TEST(*store.bodies().sweep() == 0);  // both are alive
  }
  BOOST_TEST(gone(store, dropped));
  BOOST_TEST(gone(store, unsealed));
  BOOST_TEST(*store.bodies().sweep() == 0);
}

BOOST_DATA_TEST_CASE(the_sweep_takes_bodies_of_earlier_starts_and_no_others, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  const std::string octets = test::noise(20'000, 8);
  const BodyRef kept = hold(harness->store(), journal, write_body(harness->store(), octets));
  auto writer = harness->store().bodies().create();
  BOOST_REQUIRE(writer->append(octets).has_value());
  const SealedBody sealed = write_body(harness->store(), octets);
  hold_also(harness->store(), journal, kept);  // a sync: the chunks of the other two may be durable
  harness->kill();
  Store& store = harness->store();
  const SealedBody now = write_body(store, octets);
  BOOST_TEST(store.bodies().sweep().has_value());
  BOOST_TEST(*store.bodies().sweep() == 0);
  BOOST_TEST(gone(store, sealed.ref()));
  BOOST_TEST((read_whole(store, kept) == octets));
  BOOST_TEST((read_whole(store, hold(store, alice, now)) == octets));
  BOOST_TEST(!writer->append(std::string(3 * chunk, 'x')).has_value());  // of the start before: nobody takes its octets
}

BOOST_DATA_TEST_CASE(a_snapshot_reads_a_body_whole_that_was_freed_since, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  Store& store = harness->store();
  std::vector<std::pair<BodyRef, std::string>> before;
  for (const std::size_t size : {100, 20'000, 300'000}) {
    const std::string octets = test::noise(size, size);
    before.emplace_back(hold(store, journal, write_body(store, octets)), octets);
  }
  const auto snapshot = store.snapshot();
  const BodyRef later = hold(store, journal, write_body(store, "later"));
  for (const auto& [ref, octets] : before) release(store, journal, ref);
  for (int i = 0; i < 60; ++i) release(store, alice, hold(store, alice, write_body(store, test::noise(50'000, i))));
  BOOST_REQUIRE(store.bodies().sweep().has_value());
  for (const auto& [ref, octets] : before) {
    BOOST_TEST(gone(store, ref));
    BOOST_TEST((read_whole(*snapshot, ref) == octets), "size " << octets.size());
  }
  const auto unknown = snapshot->open(later)->read(0, 1);
  BOOST_TEST((!unknown && unknown.error().code == base::errc::not_found));  // it was not there at that moment
}

BOOST_DATA_TEST_CASE(records_and_bodies_of_a_snapshot_are_of_one_moment_in_all_shards, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  Store& store = harness->store();
  std::vector<std::pair<std::shared_ptr<const Snapshot>, BodyRef>> taken;
  std::optional<BodyRef> before;
  for (int i = 0; i < 20; ++i) {
    const SealedBody body = write_body(store, test::noise(6000, i));
    std::vector<Batch> batches{Batch(journal), Batch(alice)};
    batches[0].hold(body);
    batches[0].put(Table::leaves, "n", std::to_string(i));
    batches[1].put(Table::folders, "n", std::to_string(i));
    if (before) batches[0].release(*before);
    commit(store, batches);
    before = body.ref();
    taken.emplace_back(store.snapshot(), *before);
  }
  for (int i = 0; i < 20; ++i) {
    const auto& [snapshot, ref] = taken[i];
    BOOST_TEST(snapshot->get(journal, Table::leaves, "n")->value() == std::to_string(i));
    BOOST_TEST(snapshot->get(alice, Table::folders, "n")->value() == std::to_string(i));
    BOOST_TEST((read_whole(*snapshot, ref) == test::noise(6000, i)));
  }
}

BOOST_DATA_TEST_CASE(every_start_gives_bodies_another_number, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  std::uint64_t before = write_body(harness->store(), "a").ref().id.start;
  for (int i = 0; i < 3; ++i) {
    if (i == 0) harness->reopen();
    if (i == 1) harness->kill();
    if (i == 2) harness->cut_power(0);
    const std::uint64_t start = write_body(harness->store(), "a").ref().id.start;
    BOOST_TEST(start == before + 1);
    before = start;
  }
}

BOOST_DATA_TEST_CASE(a_reference_to_no_body_is_an_error_and_not_octets, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine, chunk);
  const Store& store = harness->store();
  BOOST_TEST(gone(store, {{1, 999}, 10, chunk}));
  BOOST_TEST(!store.bodies().open({{1, 999}, 10, 0})->read(0, 1).has_value());
  BOOST_TEST(!store.bodies().open({{1, 999}, ~0ull, 1})->read(~0ull - 1, 1).has_value());
  BOOST_TEST(!store.bodies().open({{1, 999}, 10, 0xFFFFFFFF})->read(0, 1).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
