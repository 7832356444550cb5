/// The store contract on subscriptions, for every engine: what is stored, then what comes, in order, once.
#include <atomic>
#include <chrono>
#include <thread>

#include <boost/test/data/test_case.hpp>

#include "archive/store/wake_list.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::Engine;
namespace data = boost::unit_test::data;

namespace {

constexpr Shard journal{ShardKind::journal, 0};
constexpr Shard account{ShardKind::account, 1};

void append(Store& store, Shard shard, std::uint64_t sequence, Sync sync = Sync::now) {
  Batch batch(shard);
  batch.append(sequence, "record " + std::to_string(sequence));
  BOOST_REQUIRE(store.commit({&batch, 1}, sync).has_value());
}

std::vector<std::uint64_t> next(Subscription& subscription, std::size_t limit = 1000) {
  auto records = subscription.next(limit);
  BOOST_REQUIRE(records.has_value());
  std::vector<std::uint64_t> sequences;
  for (const auto& record : *records) {
    BOOST_TEST(record.record == "record " + std::to_string(record.sequence));
    sequences.push_back(record.sequence);
  }
  return sequences;
}

using Sequences = std::vector<std::uint64_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(subscription)

BOOST_DATA_TEST_CASE(a_subscriber_gets_what_is_stored_and_then_what_comes, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Store& store = harness->store();
  for (const std::uint64_t sequence : {1, 2, 5}) append(store, journal, sequence);
  int woken = 0;
  const auto subscription = store.subscribe(journal, 2, [&] { ++woken; });
  BOOST_TEST((next(*subscription) == Sequences{2, 5}));
  BOOST_TEST(next(*subscription).empty());
  append(store, journal, 9);
  append(store, account, 10);  // another shard's
  append(store, journal, 1'000'000'000'000);
  BOOST_TEST(woken == 2);
  BOOST_TEST((next(*subscription) == Sequences{9, 1'000'000'000'000}));
}

BOOST_DATA_TEST_CASE(the_record_with_sequence_0_wakes_as_any_other, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  int woken = 0;
  const auto subscription = harness->store().subscribe(journal, 0, [&] { ++woken; });
  append(harness->store(), journal, 0, Sync::later);
  BOOST_TEST(next(*subscription).empty());  // it is not durable yet
  BOOST_REQUIRE(harness->store().commit({}, Sync::now).has_value());
  BOOST_TEST(woken == 1);
  BOOST_TEST((next(*subscription) == Sequences{0}));
}

BOOST_DATA_TEST_CASE(a_slow_subscriber_takes_as_many_as_it_likes, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  const auto subscription = harness->store().subscribe(journal, 0, {});
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) append(harness->store(), journal, sequence);
  BOOST_TEST((next(*subscription, 3) == Sequences{1, 2, 3}));
  BOOST_TEST(next(*subscription, 0).empty());
  BOOST_TEST((next(*subscription, 100) == Sequences{4, 5, 6, 7, 8, 9, 10}));
}

BOOST_DATA_TEST_CASE(a_record_is_not_told_before_it_is_durable, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Store& store = harness->store();
  int woken = 0;
  const auto subscription = store.subscribe(journal, 0, [&] { ++woken; });
  append(store, journal, 1);
  append(store, journal, 2, Sync::later);
  append(store, journal, 3, Sync::later);
  BOOST_TEST((next(*subscription) == Sequences{1}));
  BOOST_TEST(woken == 1);
  append(store, account, 1);  // its sync takes the two along
  BOOST_TEST(woken == 2);
  BOOST_TEST((next(*subscription) == Sequences{2, 3}));
}

BOOST_DATA_TEST_CASE(no_wake_up_runs_after_a_subscription_is_gone, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  int woken = 0;
  auto one = harness->store().subscribe(journal, 0, [&] { ++woken; });
  auto other = harness->store().subscribe(journal, 0, [&] { woken += 100; });
  append(harness->store(), journal, 1);
  one.reset();
  append(harness->store(), journal, 2);
  BOOST_TEST(woken == 201);
}

BOOST_DATA_TEST_CASE(a_wake_up_may_end_its_own_subscription_and_others, data::make(test::engines), engine) {
  auto harness = test::make_harness(engine);
  Store& store = harness->store();
  const auto record = std::make_shared<int>(0);  // of the wake-up: still there when it goes on
  std::unique_ptr<Subscription> own, other, made;
  own = store.subscribe(journal, 0, [&, record] {
    own.reset();
    other.reset();
    made = store.subscribe(journal, 0, {});
    *record += 1;
  });
  other = store.subscribe(journal, 0, [record] { *record += 100; });
  append(store, journal, 1);
  BOOST_TEST(*record == 1);
  BOOST_TEST(record.use_count() == 1);  // nothing of the two is left
  append(store, journal, 2);
  BOOST_TEST(*record == 1);
  BOOST_TEST((next(*made) == Sequences{1, 2}));
}

BOOST_AUTO_TEST_CASE(a_commit_costs_nothing_for_subscribers_of_other_shards) {
  const auto list = std::make_shared<WakeList>();
  constexpr std::uint64_t subscribers = 50'000, commits = 50'000;
  int woken = 0;
  std::vector<std::unique_ptr<WakeList::Ticket>> tickets;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t id = 0; id < subscribers; ++id)
    tickets.push_back(list->add({ShardKind::account, id}, [&woken] { ++woken; }));
  for (std::uint64_t id = 0; id < commits; ++id) list->wake({{ShardKind::account, id % 10}});
  while (!tickets.empty()) tickets.pop_back();
  BOOST_TEST(woken == int(commits));
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)));  // walking all of them, it takes minutes
}

BOOST_AUTO_TEST_CASE(rocksdb_subscriptions_come_and_go_while_commits_run) {
  test::RocksHarness harness;
  Store& store = harness.store();
  constexpr std::uint64_t last = 400;
  std::thread committer([&] {
    for (std::uint64_t sequence = 1; sequence <= last; ++sequence) {
      Batch batch(journal);
      batch.append(sequence, "record " + std::to_string(sequence));
      static_cast<void>(store.commit({&batch, 1}, sequence % 3 == 0 ? Sync::now : Sync::later).has_value());
    }
    static_cast<void>(store.commit({}, Sync::now).has_value());
  });
  Sequences seen;
  const auto whole = store.subscribe(journal, 0, {});
  while (seen.size() < last) {
    std::atomic<bool> alive = true;
    auto brief = store.subscribe(journal, 0, [&] { BOOST_TEST(alive.load()); });
    for (const std::uint64_t sequence : next(*whole, 7)) seen.push_back(sequence);
    brief.reset();
    alive = false;
  }
  committer.join();
  for (std::uint64_t i = 0; i < last; ++i) BOOST_TEST(seen[i] == i + 1);
}

BOOST_AUTO_TEST_SUITE_END()
