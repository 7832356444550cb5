#include "base/net/task_group.hpp"

#include <atomic>

#include <boost/test/unit_test.hpp>

#include "base/log.hpp"
#include "base/net/loops.hpp"
#include "tests/support/real_loop.hpp"
#include "tests/support/sim_world.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::Task;
using net::TaskGroup;

namespace {
Task<> sleep(std::unique_ptr<net::Timer> timer, net::Timeout how_long, std::shared_ptr<std::atomic<int>> ended) {
  co_await timer->wait(how_long);
  ++*ended;
}
Task<> stubborn(net::Link* link) {
  std::string endless(1'000'000, 'x');
  auto first = co_await link->write(endless, 1h);  // cut by the cancel
  auto second = co_await link->write(endless, 1h);
  (void)first;
  (void)second;
}
Task<> thrower() {
  throw std::runtime_error("a bug");
  co_return;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(task_group)

namespace {
Task<> spawner(TaskGroup* group, sim::SimWorld* world, std::shared_ptr<std::atomic<int>> ended) {
  group->spawn(world->executor(), "inner", sleep(world->timers.make(world->executor()), 1s, ended));
  ++*ended;
  co_return;
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_task_may_spawn_another_one) {
  sim::SimWorld world;
  TaskGroup group(world.executor(), world.timers);
  auto ended = std::make_shared<std::atomic<int>>(0);
  group.spawn(world.executor(), "outer", spawner(&group, &world, ended));
  BOOST_TEST(world.run(group.wait(60s)) == 0u);
  BOOST_TEST(*ended == 2);
}

BOOST_AUTO_TEST_CASE(wait_returns_when_the_last_task_has_ended) {
  sim::SimWorld world;
  TaskGroup group(world.executor(), world.timers);
  auto ended = std::make_shared<std::atomic<int>>(0);
  for (int i = 1; i <= 3; ++i)
    group.spawn(world.executor(), "sleep", sleep(world.timers.make(world.executor()), i * 1s, ended));
  const auto start = world.clock.steady();
  BOOST_TEST(group.size() == 3u);
  BOOST_TEST(world.run(group.wait(60s)) == 0u);
  BOOST_TEST((world.clock.steady() - start == 3s));
  BOOST_TEST(*ended == 3);
}

namespace {
/// Works for `how_long` under its shield, then leaves if it was dismissed, else waits on.
Task<> work_shielded(std::shared_ptr<net::Shield> shield, std::unique_ptr<net::Timer> timer, net::Timeout how_long,
                     std::shared_ptr<std::string> what) {
  shield->raise();
  const auto worked = co_await timer->wait(how_long);
  *what += worked == net::Waited::expired ? "done" : "cut";
  shield->lower();
  if (shield->dismissed()) co_return;
  co_await timer->wait(1h);
  *what += " idle";
}
}  // namespace

BOOST_AUTO_TEST_CASE(dismiss_lets_a_shielded_task_end_its_work_and_ends_all_others_at_once) {
  sim::SimWorld world;
  TaskGroup group(world.executor(), world.timers);
  const auto start = [&](net::Timeout how_long) {
    auto shield = std::make_shared<net::Shield>();
    auto what = std::make_shared<std::string>();
    group.spawn(world.executor(), "work", work_shielded(shield, world.timers.make(world.executor()), how_long, what), shield);
    return what;
  };
  auto ended = std::make_shared<std::atomic<int>>(0);
  group.spawn(world.executor(), "bare", sleep(world.timers.make(world.executor()), 1h, ended));
  const auto idle = start(1s), busy = start(20s), endless = start(1h);
  world.advance(10s);
  group.dismiss();
  world.settle();
  BOOST_TEST(*ended == 1);
  BOOST_TEST(*idle == "done idle");
  BOOST_TEST(*busy == "");
  BOOST_TEST(group.size() == 2u);
  BOOST_TEST(world.run(group.wait(15s)) == 1u);
  BOOST_TEST(*busy == "done");
  group.cancel();
  BOOST_TEST(world.run(group.wait(1s)) == 0u);
  BOOST_TEST(*endless == "cut");
}

BOOST_AUTO_TEST_CASE(cancel_ends_every_wait_and_starts_nothing_more) {
  sim::SimWorld world;
  TaskGroup group(world.executor(), world.timers);
  auto ended = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < 100; ++i) group.spawn(world.executor(), "sleep", sleep(world.timers.make(world.executor()), 1h, ended));
  world.settle();
  group.cancel();
  const auto start = world.clock.steady();
  BOOST_TEST(world.run(group.wait(60s)) == 0u);
  BOOST_TEST((world.clock.steady() == start));
  BOOST_TEST(*ended == 100);
  const auto late = group.spawn(world.executor(), "late", sleep(world.timers.make(world.executor()), 1s, ended));
  BOOST_TEST((late == TaskGroup::Spawned::stopping));
}

BOOST_AUTO_TEST_CASE(a_task_cancelled_before_it_ran_ends_at_its_first_wait) {
  sim::SimWorld world;
  TaskGroup group(world.executor(), world.timers);
  auto ended = std::make_shared<std::atomic<int>>(0);
  group.spawn(world.executor(), "sleep", sleep(world.timers.make(world.executor()), 1h, ended));
  group.cancel();  // nothing has run yet
  const auto start = world.clock.steady();
  BOOST_TEST(world.run(group.wait(60s)) == 0u);
  BOOST_TEST((world.clock.steady() == start));
}

BOOST_AUTO_TEST_CASE(wait_is_bounded_and_says_how_many_are_left) {
  sim::SimWorld world;
  auto [client, server] = world.network.pair();
  TaskGroup group(world.executor(), world.timers);
  group.spawn(world.executor(), "stubborn", stubborn(client.get()));
  world.settle();
  group.cancel();
  BOOST_TEST(world.run(group.wait(5s)) == 1u);
  server.reset();  // the write fails, the task ends
  BOOST_TEST(world.run(group.wait(5s)) == 0u);
}

BOOST_AUTO_TEST_CASE(an_exception_ends_its_task_alone) {
  base::log::set_silent();
  sim::SimWorld world;
  TaskGroup group(world.executor(), world.timers);
  auto ended = std::make_shared<std::atomic<int>>(0);
  group.spawn(world.executor(), "thrower", thrower());
  group.spawn(world.executor(), "sleep", sleep(world.timers.make(world.executor()), 1s, ended));
  BOOST_TEST(world.run(group.wait(60s)) == 0u);
  BOOST_TEST(*ended == 1);
}

BOOST_AUTO_TEST_CASE(the_end_of_earlier_tasks_does_not_cut_a_later_wait_short) {
  sim::SimWorld world;
  TaskGroup group(world.executor(), world.timers);
  auto ended = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < 10; ++i) {
    group.spawn(world.executor(), "brief", sleep(world.timers.make(world.executor()), 0s, ended));
    group.spawn(world.executor(), "longer", sleep(world.timers.make(world.executor()), 1s, ended));
    BOOST_TEST(world.run(group.wait(60s)) == 0u);
  }
}

BOOST_AUTO_TEST_CASE(tasks_on_other_threads_are_cancelled_and_waited_for) {
  net::Loops loops(3);
  net::SystemTimers timers;
  sim::RealLoop home;
  auto ended = std::make_shared<std::atomic<int>>(0);
  loops.start();
  for (int round = 0; round < 20; ++round) {
    TaskGroup group(home.executor(), timers);
    for (int i = 0; i < 30; ++i) {
      const auto where = loops.next_executor();
      group.spawn(where, "sleep", sleep(timers.make(where), 1h, ended));
    }
    group.cancel();
    BOOST_TEST(home.run(group.wait(10s)) == 0u);
  }
  BOOST_TEST(*ended == 600);
  loops.stop();
}

BOOST_AUTO_TEST_SUITE_END()
