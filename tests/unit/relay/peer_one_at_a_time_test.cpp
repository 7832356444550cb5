/// However much the other machine asks, one worker at a time works for it.
#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "relay/peer/one_at_a_time.hpp"

using namespace understudy;
using net::Workers;
using relay::peer::OneAtATime;

namespace {

/// Runs nothing before it is told.
struct ByHand final : Workers {
  std::vector<Job> jobs;
  std::size_t room = 1000;
  Submitted submit(Job job) override {
    if (jobs.size() >= room) return Submitted::full;
    jobs.push_back(std::move(job));
    return Submitted::taken;
  }
  void run_first() {
    auto job = std::move(jobs.front());
    jobs.erase(jobs.begin());
    job();
  }
};

/// While the first job is submitted, a second one is.
struct Crossing final : Workers {
  std::function<void()> meanwhile;
  Submitted answer = Submitted::taken;
  std::mutex mutex;
  std::vector<Job> jobs;
  Submitted submit(Job job) override {
    if (auto first = std::exchange(meanwhile, nullptr)) {
      first();
      if (answer == Submitted::full) return std::exchange(answer, Submitted::taken);
    }
    const std::lock_guard lock(mutex);
    jobs.push_back(std::move(job));
    return Submitted::taken;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_one_at_a_time)

BOOST_AUTO_TEST_CASE(one_job_at_a_time_stands_among_the_workers_and_others_have_their_turn_in_between) {
  ByHand workers;
  OneAtATime lane(workers);
  std::string done;
  for (const char name : std::string("abc"))
    BOOST_TEST((lane.submit([&done, name] { done += name; }) == Workers::Submitted::taken));
  BOOST_TEST(workers.jobs.size() == 1u);
  BOOST_TEST((workers.submit([&done] { done += '!'; }) == Workers::Submitted::taken));
  while (!workers.jobs.empty()) workers.run_first();
  BOOST_TEST(done == "a!bc");
  BOOST_TEST((lane.submit([&done] { done += 'd'; }) == Workers::Submitted::taken));  // it begins anew
  while (!workers.jobs.empty()) workers.run_first();
  BOOST_TEST(done == "a!bcd");
}

BOOST_AUTO_TEST_CASE(a_login_finds_a_worker_while_the_other_machine_asks_without_end) {
  std::promise<void> let_go;
  auto gate = let_go.get_future().share();
  net::WorkerThreads workers(2, 64);
  OneAtATime lane(workers);
  std::atomic<int> at_once{0}, most{0};
  for (int i = 0; i < 60; ++i)
    BOOST_TEST((lane.submit([&at_once, &most, gate] {
      most = std::max(most.load(), ++at_once);
      gate.wait();
      --at_once;
    }) == Workers::Submitted::taken));
  std::promise<void> logged_in;
  BOOST_TEST((workers.submit([&logged_in] { logged_in.set_value(); }) == Workers::Submitted::taken));
  BOOST_TEST((logged_in.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready));
  let_go.set_value();
  workers.stop();
  BOOST_TEST(most == 1);
}

BOOST_AUTO_TEST_CASE(who_comes_when_it_is_full_is_told_at_once_and_what_was_taken_is_run) {
  ByHand workers;
  OneAtATime lane(workers);
  std::size_t done = 0;
  const auto work = [&done] { done += 1; };
  workers.room = 0;
  BOOST_TEST((lane.submit(work) == Workers::Submitted::full));
  workers.room = 1;
  for (std::size_t i = 0; i < OneAtATime::most_waiting; ++i) BOOST_TEST((lane.submit(work) == Workers::Submitted::taken));
  BOOST_TEST((lane.submit(work) == Workers::Submitted::full));
  workers.room = 0;  // no place for the next one: the turn goes on with it
  workers.run_first();
  BOOST_TEST(done == OneAtATime::most_waiting);
}

BOOST_AUTO_TEST_CASE(who_comes_while_the_workers_are_asked_for_another_is_answered_for_himself) {
  for (const auto first : {Workers::Submitted::taken, Workers::Submitted::full})
    for (int round = 0; round < 200; ++round) {  // the second one is in between in some of them
      Crossing workers;
      workers.answer = first;
      OneAtATime lane(workers);
      std::atomic<int> done = 0;
      std::promise<void> began;
      std::future<Workers::Submitted> second;
      workers.meanwhile = [&] {
        second = std::async(std::launch::async, [&] {
          began.set_value();
          return lane.submit([&done] { done += 10; });
        });
        began.get_future().wait();
        for (int i = 0; i < 20; ++i) std::this_thread::yield();
      };
      BOOST_TEST((lane.submit([&done] { done += 1; }) == first));
      BOOST_TEST((second.get() == Workers::Submitted::taken));
      for (std::size_t i = 0; i < workers.jobs.size(); ++i) {
        auto job = std::move(workers.jobs[i]);
        job();
      }
      BOOST_TEST(done == (first == Workers::Submitted::taken ? 11 : 10));
    }
}

BOOST_AUTO_TEST_CASE(workers_in_one_thread_run_what_a_job_submits_itself) {
  net::WorkersInline workers;
  OneAtATime lane(workers);
  std::string done;
  lane.submit([&] {
    lane.submit([&done] { done += 'b'; });
    done += 'a';
  });
  BOOST_TEST(done == "ab");
}

BOOST_AUTO_TEST_SUITE_END()
