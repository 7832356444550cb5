#include "base/net/workers.hpp"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "base/net/link.hpp"
#include "tests/support/real_loop.hpp"

using namespace understudy;
using net::Workers;

namespace {
net::Task<std::optional<std::thread::id>> ask_where(Workers& workers) {
  auto where = [] { return std::this_thread::get_id(); };
  co_return co_await net::run_by(workers, where);
}
net::Task<std::string> catch_from(Workers& workers) {
  auto thrower = []() -> int { throw std::runtime_error("thrown there"); };
  try {
    co_await net::run_by(workers, thrower);
  } catch (const std::runtime_error& thrown) {
    co_return thrown.what();
  }
  co_return "";
}
}  // namespace

BOOST_AUTO_TEST_SUITE(workers)

BOOST_AUTO_TEST_CASE(work_is_done_on_another_thread_and_its_result_comes_home) {
  sim::RealLoop loop;
  net::WorkerThreads threads(2, 10);
  const auto where = loop.run(ask_where(threads));
  BOOST_REQUIRE(where.has_value());
  BOOST_TEST((*where != std::this_thread::get_id()));
  net::WorkersInline here;
  BOOST_TEST((loop.run(ask_where(here)) == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(an_exception_comes_home_too) {
  sim::RealLoop loop;
  net::WorkerThreads threads(1, 10);
  BOOST_TEST(loop.run(catch_from(threads)) == "thrown there");
}

BOOST_AUTO_TEST_CASE(who_comes_when_all_places_are_taken_is_told_at_once_and_nothing_taken_is_lost) {
  sim::RealLoop loop;
  net::WorkerThreads threads(1, 2);
  std::promise<void> begun, go_on;
  std::atomic<int> done{0};
  auto first = [&] {
    begun.set_value();
    go_on.get_future().wait();
    ++done;
  };
  BOOST_TEST((threads.submit(first) == Workers::Submitted::taken));
  begun.get_future().wait();
  for (int i = 0; i < 2; ++i) BOOST_TEST((threads.submit([&] { ++done; }) == Workers::Submitted::taken));
  BOOST_TEST((threads.submit([&] { ++done; }) == Workers::Submitted::full));
  BOOST_TEST(!loop.run(ask_where(threads)).has_value());
  go_on.set_value();
  threads.stop();
  BOOST_TEST(done == 3);
  BOOST_TEST((threads.submit([&] { ++done; }) == Workers::Submitted::full));
}

BOOST_AUTO_TEST_SUITE_END()
