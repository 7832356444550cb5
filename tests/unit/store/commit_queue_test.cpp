/// The queue in front of the log: whatever becomes of a group, everybody in it is told, and the next one is written.
#include "archive/store/rocksdb/commit_queue.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::ForgetfulFileSystem;
using test::RocksHarness;
using test::RocksSetup;

namespace {

constexpr Shard journal{ShardKind::journal, 0};

base::Result<> put(Store& store, const std::string& key) {
  Batch batch(journal);
  batch.put(Table::places, key, "value");
  return store.commit({&batch, 1}, Sync::now);
}

bool has(const Store& store, const std::string& key) {
  return store.get(journal, Table::places, key)->has_value();
}

/// Keeps the thread that commits, between its commit and the next.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    reached_ = true;
    turn_.notify_all();
    turn_.wait(lock, [&] { return open_; });
  }
  void wait_until_reached() {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return reached_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  bool reached_ = false, open_ = false;
};

constexpr int members = 7;

/// Gives what each was told; they were one group where the medium was asked once.
struct Group {
  std::vector<base::Result<>> told{members};
  std::uint64_t writes = 0;
};

/// `members` commits that come while another is being written, and then meet a medium without room.
Group commit_beside_another(RocksHarness& harness, std::chrono::milliseconds patience) {
  Gate gate;
  const auto subscription = harness.store().subscribe(journal, 1, [&] { gate.wait(); });
  std::thread first([&] {
    Batch batch(journal);
    batch.append(1, "record");
    BOOST_REQUIRE(harness.store().commit({&batch, 1}, Sync::now).has_value());
  });
  gate.wait_until_reached();
  Group group;
  std::atomic<int> coming = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < members; ++i) {
    threads.emplace_back([&, i] {
      ++coming;
      group.told[static_cast<std::size_t>(i)] = put(harness.store(), "refused " + std::to_string(i));
    });
  }
  while (coming < members) std::this_thread::yield();
  std::this_thread::sleep_for(patience);  // nothing depends on it but whether they are one group, which is looked at
  harness.files().set_room(0);
  const std::uint64_t before = harness.files().calls(ForgetfulFileSystem::Call::write);
  gate.open();
  first.join();
  for (auto& thread : threads) thread.join();
  group.writes = harness.files().calls(ForgetfulFileSystem::Call::write) - before;
  return group;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(commit_queue)

BOOST_AUTO_TEST_CASE(whatever_a_group_throws_everybody_in_it_is_told_and_the_next_group_is_written,
                     *boost::unit_test::timeout(60)) {
  constexpr int threads = 8, commits = 300;
  std::set<const CommitRequest*> thrown;  // under the queue's turn, and read by the request's own thread after it
  std::mutex mutex;
  int writes = 0;
  std::size_t largest = 0;
  CommitQueue queue([&](std::span<CommitRequest* const> group) {
    for (int i = 0; i < 20; ++i) std::this_thread::yield();  // others come meanwhile
    const std::lock_guard lock(mutex);
    largest = std::max(largest, group.size());
    const bool throws = ++writes % 3 == 0;
    for (const CommitRequest* request : group) throws ? void(thrown.insert(request)) : void(thrown.erase(request));
    if (throws && writes % 2 == 0) throw std::bad_alloc();
    if (throws) throw std::runtime_error("a reason that is much longer than what a string has room for by itself");
  });
  std::atomic<int> wrong = 0, failed = 0;
  std::vector<std::thread> callers;
  for (int thread = 0; thread < threads; ++thread) {
    callers.emplace_back([&] {
      for (int i = 0; i < commits; ++i) {
        CommitRequest request{{}, Sync::now};
        const auto told = queue.run(request);
        const std::lock_guard lock(mutex);
        if (told.has_value() == thrown.contains(&request)) ++wrong;
        if (!told) ++failed;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(failed > 0);
  BOOST_TEST(largest > 1u);
}

BOOST_AUTO_TEST_CASE(where_memory_is_short_before_anything_is_written_the_store_goes_on) {
  auto setup = RocksSetup::told();
  setup.engine.segment_octets = 1;  // each commit begins a segment
  RocksHarness harness(setup);
  BOOST_REQUIRE(put(harness.store(), "before").has_value());
  harness.files().fail_at(ForgetfulFileSystem::Call::write, 1, ForgetfulFileSystem::Fault::no_memory);
  const auto refused = put(harness.store(), "refused");
  BOOST_TEST((!refused && refused.error().code == base::errc::busy));
  BOOST_TEST(!harness.store().stopped());
  BOOST_REQUIRE(put(harness.store(), "after").has_value());
  harness.cut_power(0);
  BOOST_TEST((has(harness.store(), "before") && has(harness.store(), "after") && !has(harness.store(), "refused")));
}

BOOST_AUTO_TEST_CASE(where_memory_is_short_and_nobody_knows_what_was_written_the_store_stops) {
  for (const std::uint64_t nth : {1, 2}) {  // in the log; in the high-water mark, when all is durable
    RocksHarness harness(RocksSetup::told());
    BOOST_REQUIRE(put(harness.store(), "before").has_value());
    harness.files().fail_at(ForgetfulFileSystem::Call::write, nth, ForgetfulFileSystem::Fault::no_memory);
    for (int attempt = 0; attempt < 3; ++attempt) {
      const auto refused = put(harness.store(), "refused");
      BOOST_TEST((!refused && refused.error().code == base::errc::stopped), "write " << nth);
    }
    BOOST_TEST(harness.store().stopped());
    harness.cut_power(0);
    BOOST_TEST(has(harness.store(), "before"));
    BOOST_TEST(put(harness.store(), "after").has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_full_medium_is_told_to_everybody_in_the_group_and_the_next_group_succeeds) {
  bool were_one_group = false;
  for (int attempt = 0; attempt < 30 && !were_one_group; ++attempt) {
    RocksHarness harness(RocksSetup::told());
    const Group group = commit_beside_another(harness, std::chrono::milliseconds(5 << std::min(attempt, 6)));
    were_one_group = group.writes == 1;
    for (const auto& told : group.told) BOOST_TEST((!told && told.error().code == base::errc::busy), test::why(told));
    BOOST_TEST(!harness.store().stopped());
    harness.files().heal();
    BOOST_REQUIRE(put(harness.store(), "after").has_value());
    harness.cut_power(0);
    for (int i = 0; i < members; ++i) BOOST_TEST(!has(harness.store(), "refused " + std::to_string(i)));
    BOOST_TEST(has(harness.store(), "after"));
  }
  BOOST_TEST(were_one_group);
}

BOOST_AUTO_TEST_SUITE_END()
