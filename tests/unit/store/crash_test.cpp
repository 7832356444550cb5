/// Crashes at every point: whatever was acknowledged is there, whatever was not is there whole or not at all.
#include <boost/test/data/test_case.hpp>

#include "tests/support/store_harness.hpp"
#include "tests/support/store_workload.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::Engine;
using test::ForgetfulFileSystem;
using test::StoreWorkload;
namespace data = boost::unit_test::data;

namespace {

void require_same(const std::string& difference, std::uint64_t seed, std::string_view when) {
  BOOST_REQUIRE_MESSAGE(difference.empty(), "seed " << seed << ", " << when << ": " << difference);
}

/// Until the first error.
void run(StoreWorkload& work, Store& store, int steps) {
  for (int i = 0; i < steps; ++i)
    if (!work.step(store)) return;
}

constexpr int script = 12;

/// What the script passes when nothing goes wrong.
Faults count_script(std::uint64_t seed) {
  MemoryDisk disk;
  Faults faults;
  MemoryStore store(disk, faults, 4096);
  StoreWorkload work(seed);
  run(work, store, script);
  return faults;
}

std::string check_after_crash(StoreWorkload& work, Store& store, const Faults& faults) {
  return faults.kept() == Faults::Kept::subset ? work.check_shards_after_crash(store) : work.check_after_crash(store);
}

/// Runs the script with these faults, then opens what is left, sweeps and goes on.
void survive(std::uint64_t seed, Faults& faults) {
  MemoryDisk disk;
  StoreWorkload work(seed);
  {
    MemoryStore store(disk, faults, 4096);
    run(work, store, script);
    BOOST_TEST(store.stopped());
    BOOST_TEST(!store.commit({}, Sync::now).has_value());
  }
  MemoryStore again(disk, 4096);
  require_same(check_after_crash(work, again, faults), seed, "after the crash");
  BOOST_REQUIRE(again.bodies().sweep().has_value());
  require_same(work.check_after_crash(again), seed, "after the sweep");
  run(work, again, 3);
  require_same(work.check_after_crash(again), seed, "afterwards");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_DATA_TEST_CASE(a_store_is_what_its_model_says_over_closes_kills_and_power_cuts, data::make(test::engines), engine) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    auto harness = test::make_harness(engine);
    StoreWorkload work(seed);
    std::mt19937_64 draw(seed);
    for (int i = 0; i < 250; ++i) {
      BOOST_REQUIRE(work.step(harness->store()).has_value());
      const auto event = draw() % 60;
      if (event == 0) harness->reopen();
      if (event == 1) harness->kill();
      if (event <= 1) require_same(work.check(harness->store()), seed, "after a restart");
      if (event == 2) harness->cut_power(draw() | 1);
      if (event == 2) require_same(work.check_after_crash(harness->store()), seed, "after a power cut");
      if (event <= 2) BOOST_REQUIRE(harness->store().bodies().sweep().has_value());
      if (event <= 2) require_same(work.check(harness->store()), seed, "after the sweep");
    }
    require_same(work.check(harness->store()), seed, "at the end");
  }
}

BOOST_AUTO_TEST_CASE(memory_a_crash_at_any_point_loses_nothing_that_was_acknowledged) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const std::uint64_t points = count_script(seed).points();
    BOOST_TEST(points > 50);
    for (std::uint64_t point = 1; point <= points; ++point) {
      for (const auto kept : {Faults::Kept::none, Faults::Kept::all, Faults::Kept::some}) {
        Faults faults;
        faults.crash_at(point, kept, seed * 1000 + point);
        survive(seed, faults);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(memory_shards_that_survive_without_each_other_lose_nothing_that_was_acknowledged) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const std::uint64_t points = count_script(seed).points();
    for (std::uint64_t point = 1; point <= points; ++point) {
      for (std::uint64_t draw = 1; draw <= 5; ++draw) {
        Faults faults;
        faults.crash_at(point, Faults::Kept::subset, (seed * 1000 + point) * 10 + draw);
        survive(seed, faults);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(memory_a_cut_may_take_any_shard_and_leave_the_others_but_none_without_the_journal) {
  const Shard journal{ShardKind::journal, 0};
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    MemoryDisk disk;
    {
      Faults faults;
      MemoryStore store(disk, faults);
      std::vector<Batch> batches{Batch(journal)};
      batches[0].put(Table::leaves, "k", "v");
      for (std::uint64_t id : {1, 2, 3}) batches.emplace_back(Shard{ShardKind::account, id}).put(Table::folders, "k", "v");
      faults.crash_at(9, Faults::Kept::subset, seed);  // before the sync
      BOOST_REQUIRE(!store.commit(batches, Sync::now));
    }
    MemoryStore store(disk);
    std::string there = *store.get(journal, Table::leaves, "k") ? "J" : "-";
    for (std::uint64_t id : {1, 2, 3}) there += *store.get({ShardKind::account, id}, Table::folders, "k") ? 'A' : '-';
    seen.insert(there);
  }
  BOOST_TEST(seen.size() == 9u);  // all eight subsets of the accounts with the journal, and nothing at all without
  BOOST_TEST(seen.contains("----"));
}

BOOST_AUTO_TEST_CASE(memory_a_failed_sync_or_write_stops_all_writing) {
  const Faults whole = count_script(1);
  for (std::uint64_t nth = 1; nth <= whole.syncs(); ++nth) {
    Faults sync;
    sync.fail_sync_at(nth, Faults::Kept::some, nth);
    survive(1, sync);
  }
  for (std::uint64_t nth = 1; nth <= whole.writes(); ++nth) {
    Faults write;
    write.fail_write_at(nth, Faults::Kept::some, nth);
    survive(1, write);
  }
}

BOOST_AUTO_TEST_CASE(rocksdb_200_power_cuts_lose_nothing_that_was_acknowledged) {
  for (std::uint64_t round = 0; round < 4; ++round) {
    const test::RocksSetup setup;
    test::RocksHarness harness(round % 2 == 0 ? setup : setup.encrypted());
    StoreWorkload work(7000 + round);
    std::mt19937_64 draw(round);
    for (std::uint64_t cut = 1; cut <= 50; ++cut) {
      const std::uint64_t seed = draw();
      harness.files().die_at(1 + seed % (cut % 10 == 0 ? 800 : 120));
      while (!harness.files().dead())
        BOOST_REQUIRE(work.step(harness.store(), [&] { return !harness.files().dead(); }).has_value());
      harness.cut_power(cut % 5 == 0 ? 0 : seed | 1);
      require_same(work.check_after_crash(harness.store()), work.seed(), "cut " + std::to_string(cut));
      BOOST_REQUIRE(harness.store().bodies().sweep().has_value());
      require_same(work.check_after_crash(harness.store()), work.seed(), "sweep after cut " + std::to_string(cut));
    }
  }
}

BOOST_DATA_TEST_CASE(rocksdb_a_power_cut_while_opening_loses_nothing, data::make({Engine::rocksdb, Engine::rocksdb_encrypted}),
                     engine) {
  const test::RocksSetup setup;
  test::RocksHarness harness(engine == Engine::rocksdb ? setup : setup.encrypted());
  StoreWorkload work(99);
  for (std::uint64_t cut = 1; cut <= 60; ++cut) {
    run(work, harness.store(), 4);
    harness.files().die();
    harness.close();
    harness.files().come_back_after_power_cut(cut);
    harness.files().die_at(cut);
    static_cast<void>(harness.open().has_value());
    harness.cut_power(cut);
    require_same(work.check_after_crash(harness.store()), work.seed(), "cut " + std::to_string(cut));
  }
}

BOOST_AUTO_TEST_CASE(rocksdb_a_failing_call_stops_the_store_and_loses_nothing_that_was_acknowledged) {
  using Call = ForgetfulFileSystem::Call;
  using Fault = ForgetfulFileSystem::Fault;
  for (const auto& [call, fault] :
       {std::pair{Call::write, Fault::io_error}, {Call::sync, Fault::io_error}, {Call::sync, Fault::no_space}}) {
    for (std::uint64_t nth = 1; nth <= 30; ++nth) {
      test::RocksHarness harness;
      StoreWorkload work(nth);
      harness.files().fail_at(call, nth, fault);
      base::Result<> last;
      for (int i = 0; i < 80 && last; ++i) last = work.step(harness.store());
      BOOST_REQUIRE_MESSAGE(!last, "call " << nth << " failed and nobody was told");
      BOOST_TEST(harness.store().stopped());
      Batch more(Shard{ShardKind::account, 1});
      more.put(Table::folders, "a", "b");
      auto refused = harness.store().commit({&more, 1}, Sync::now);
      BOOST_TEST((!refused && refused.error().code == base::errc::stopped));
      harness.cut_power(nth);  // what a failed sync leaves is anybody's guess
      require_same(work.check_after_crash(harness.store()), nth, "after the failure");
      BOOST_TEST(!harness.store().stopped());
      run(work, harness.store(), 3);
      require_same(work.check(harness.store()), nth, "afterwards");
    }
  }
}

/// Where the log or a body had no room, the store goes on; where the database's own files had none, it has stopped.
BOOST_AUTO_TEST_CASE(rocksdb_a_full_medium_fails_who_needs_the_room_and_loses_nothing_that_was_acknowledged) {
  int went_on = 0, stopped = 0;
  for (std::uint64_t nth = 1; nth <= 120; ++nth) {
    test::RocksHarness harness;
    StoreWorkload work(nth);
    for (std::uint64_t i = 0; i < nth % 7; ++i) BOOST_REQUIRE(work.step(harness.store()).has_value());
    if (nth % 2 == 0)
      harness.files().fail_at(ForgetfulFileSystem::Call::write, nth / 2, ForgetfulFileSystem::Fault::no_space);
    else
      harness.files().set_room(nth * 1500 + nth % 13);
    base::Result<> last;
    for (int i = 0; i < 200 && last; ++i) last = work.step(harness.store());
    BOOST_REQUIRE_MESSAGE(!last, "call " << nth << " had no room and nobody was told");
    ++(harness.store().stopped() ? stopped : went_on);
    if (!harness.store().stopped()) {
      BOOST_TEST((last.error().code == base::errc::busy), last.error().text());
      require_same(work.check(harness.store()), nth, "while the medium is full");
      harness.files().heal();
      for (int i = 0; i < 10; ++i) BOOST_REQUIRE(work.step(harness.store()).has_value());
      require_same(work.check(harness.store()), nth, "with room again");
    }
    harness.cut_power(nth);
    require_same(work.check_after_crash(harness.store()), nth, "after the cut");
    run(work, harness.store(), 3);
    require_same(work.check(harness.store()), nth, "afterwards");
  }
  BOOST_TEST_MESSAGE("went on " << went_on << ", stopped " << stopped);
  BOOST_TEST(went_on > 60);
}

BOOST_AUTO_TEST_SUITE_END()
