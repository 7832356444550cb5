/// The RocksDB engine under many threads: commits share syncs, nobody sees half of one, nothing is lost.
#include <atomic>
#include <set>
#include <thread>

#include <boost/test/data/test_case.hpp>

#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
namespace data = boost::unit_test::data;

namespace {

constexpr int threads = 8;
constexpr int commits = 150;

Shard shard_of(int thread) {
  return {ShardKind::account, static_cast<std::uint64_t>(thread) + 1};
}

/// Two shards with the same number in each, and a body: all of it or nothing is there.
bool commit_pair(Store& store, int thread, int number) {
  auto writer = store.bodies().create();
  const std::string octets = test::noise(static_cast<std::size_t>(number) * 50, static_cast<std::uint64_t>(number));
  if (!writer->append(octets)) return false;
  auto body = writer->seal();
  if (!body) return false;
  std::vector<Batch> batches{Batch(shard_of(thread)), Batch(shard_of(thread + threads))};
  batches[0].put(Table::account_state, "number", std::to_string(number));
  batches[0].append(static_cast<std::uint64_t>(number), "log");
  batches[0].hold(*body);
  batches[1].put(Table::account_state, "number", std::to_string(number));
  batches[1].hold(body->ref());
  if (number % 3 == 0) batches[1].release(body->ref());
  return store.commit(batches, number % 5 == 0 ? Sync::later : Sync::now).has_value();
}

std::string number_in(const Reader& reader, Shard shard) {
  auto got = reader.get(shard, Table::account_state, "number");
  return got ? got->value_or("") : "error";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(concurrency)

BOOST_DATA_TEST_CASE(commits_of_many_threads_are_whole_and_share_syncs,
                     data::make({test::Engine::rocksdb, test::Engine::rocksdb_encrypted}), engine) {
  const test::RocksSetup setup(4096);
  test::RocksHarness harness(engine == test::Engine::rocksdb ? setup : setup.encrypted());
  Store& store = harness.store();
  const std::uint64_t syncs = harness.files().calls(test::ForgetfulFileSystem::Call::sync);
  std::atomic<int> failures = 0;
  std::atomic<int> running = threads;
  std::vector<std::thread> writers;
  for (int thread = 0; thread < threads; ++thread) {
    writers.emplace_back([&, thread] {
      for (int number = 1; number <= commits; ++number)
        if (!commit_pair(store, thread, number)) ++failures;
      --running;
    });
  }
  std::vector<std::thread> readers;
  for (int thread = 0; thread < 3; ++thread) {
    readers.emplace_back([&] {
      while (running > 0) {
        const auto snapshot = store.snapshot();
        for (int of = 0; of < threads; ++of)
          if (number_in(*snapshot, shard_of(of)) != number_in(*snapshot, shard_of(of + threads))) ++failures;
        if (!store.bodies().sweep()) ++failures;
      }
    });
  }
  for (auto& thread : writers) thread.join();
  for (auto& thread : readers) thread.join();
  BOOST_TEST(failures == 0);
  const std::uint64_t taken = harness.files().calls(test::ForgetfulFileSystem::Call::sync) - syncs;
  BOOST_TEST_MESSAGE(threads * commits << " commits took " << taken << " syncs");
  BOOST_REQUIRE(store.commit({}, Sync::now).has_value());
  harness.cut_power(0);
  for (int thread = 0; thread < threads; ++thread) {
    BOOST_TEST(number_in(harness.store(), shard_of(thread)) == std::to_string(commits));
    int logged = 0;
    for (auto at = harness.store().scan(shard_of(thread), Table::account_log); at->valid(); at->next()) ++logged;
    BOOST_TEST(logged == commits);
  }
  BOOST_TEST(*harness.store().bodies().sweep() == 0);
}

BOOST_AUTO_TEST_CASE(a_failed_sync_is_told_to_everybody_who_waits_for_it) {
  test::RocksHarness harness(4096);
  Store& store = harness.store();
  harness.files().fail_at(test::ForgetfulFileSystem::Call::sync, 20, test::ForgetfulFileSystem::Fault::io_error);
  std::vector<int> acknowledged(threads, 0);
  std::vector<std::thread> writers;
  for (int thread = 0; thread < threads; ++thread) {
    writers.emplace_back([&, thread] {
      for (int number = 1; number <= 50; ++number) {
        Batch batch(shard_of(thread));
        batch.put(Table::account_state, "number", std::to_string(number));
        if (!store.commit({&batch, 1}, Sync::now)) return;
        acknowledged[static_cast<std::size_t>(thread)] = number;
      }
    });
  }
  for (auto& thread : writers) thread.join();
  BOOST_TEST(store.stopped());
  harness.cut_power(0);
  for (int thread = 0; thread < threads; ++thread) {
    const int told = acknowledged[static_cast<std::size_t>(thread)];
    const std::string there = number_in(harness.store(), shard_of(thread));
    BOOST_TEST((there.empty() ? 0 : std::stoi(there)) >= told);
  }
}

/// The next start would take a frame that is larger for damage.
BOOST_AUTO_TEST_CASE(a_commit_that_a_start_could_not_read_again_is_refused_and_nobody_elses) {
  test::RocksSetup setup;
  setup.engine.commit_octets = 100'000;
  test::RocksHarness harness(setup);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> writers;
  for (int thread = 0; thread < threads; ++thread) {
    writers.emplace_back([&, thread] {
      for (int number = 1; number <= 30; ++number) {
        Batch batch(shard_of(thread));
        batch.put(Table::account_state, "number", std::to_string(number));
        for (int i = 0; thread == 0 && i < 3; ++i) batch.put(Table::folders, std::to_string(i), std::string(60'000, 'x'));
        auto committed = harness.store().commit({&batch, 1}, Sync::now);
        if (committed.has_value() == (thread == 0)) ++wrong;
        if (!committed && committed.error().code != base::errc::too_long) ++wrong;
      }
    });
  }
  for (auto& thread : writers) thread.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(!harness.store().stopped());
  harness.cut_power(0);
  BOOST_TEST(number_in(harness.store(), shard_of(0)).empty());
  for (int thread = 1; thread < threads; ++thread) BOOST_TEST(number_in(harness.store(), shard_of(thread)) == "30");
}

BOOST_AUTO_TEST_SUITE_END()
