/// How long groups take until they are durable, as it is counted.
#include "archive/commit/durations.hpp"

#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using commit::Durations;
using namespace std::chrono_literals;

namespace {

struct Opened : test::ArchiveWorld {
  Opened() { BOOST_REQUIRE(open()); }
  /// A group of one that takes so long to stage.
  void commit_one(std::chrono::milliseconds takes, base::Result<> result = {}) {
    archive().change(
        [this, takes, result](commit::Stage& stage, commit::Owners&) {
          clock.advance(takes);
          stage.put({store::ShardKind::instance, 0}, store::Table::instance_state, "x", "y");
          return result;
        },
        [](const base::Result<>&) {});
    archive().pump();
  }
  Durations durations() { return archive().totals().durable_after; }
};

std::size_t counted(const Durations& durations) {
  std::size_t all = 0;
  for (const auto count : durations.counts()) all += count;
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(durations)

BOOST_AUTO_TEST_CASE(a_bound_counts_what_is_not_longer_than_it) {
  const std::vector<std::pair<std::chrono::nanoseconds, std::size_t>> table = {
      {0ns, 0},   {1ms, 0},         {1ms + 1ns, 1}, {3ms, 1},    {3ms + 1ns, 2},    {10ms, 2}, {30ms, 3},
      {100ms, 4}, {100ms + 1ns, 5}, {300ms, 5},     {1000ms, 6}, {1000ms + 1ns, 7}, {24h, 7}};
  for (const auto& [took, bucket] : table) {
    Durations durations;
    durations.add(took);
    for (std::size_t i = 0; i < durations.counts().size(); ++i)
      BOOST_TEST(durations.counts()[i] == (i == bucket ? 1u : 0u), took.count() << " ns, bucket " << i);
    BOOST_TEST(durations.sum().count() == took.count());
  }
}

BOOST_AUTO_TEST_CASE(a_group_is_counted_by_the_time_from_the_queue_to_the_medium) {
  Opened world;
  const auto before = counted(world.durations());
  const auto sum = world.durations().sum();
  world.commit_one(2ms);
  world.commit_one(200ms);
  world.commit_one(5s);
  const auto after = world.durations();
  BOOST_TEST(counted(after) == before + 3);
  BOOST_TEST(after.counts()[1] == 1u);
  BOOST_TEST(after.counts()[5] == 1u);
  BOOST_TEST(after.counts()[7] == 1u);
  BOOST_TEST((after.sum() - sum == 5202ms));
}

BOOST_AUTO_TEST_CASE(a_group_of_which_nothing_became_durable_is_not_counted) {
  Opened world;
  const auto before = counted(world.durations());
  world.commit_one(2ms, base::fail("refused", base::errc::refused));
  BOOST_TEST(counted(world.durations()) == before);
  world.faults().fail_sync_at(world.faults().syncs() + 1);
  world.commit_one(2ms);
  BOOST_TEST(counted(world.durations()) == before);
}

BOOST_AUTO_TEST_SUITE_END()
