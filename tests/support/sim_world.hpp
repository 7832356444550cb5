/// A world in one thread: a clock that the test moves, timers, a network, a DNS, and faults on command. Nothing in it
/// depends on the machine that it runs on: the same test gives the same order of events, always.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>

#include <boost/asio/awaitable.hpp>

#include "tests/support/sim_clock.hpp"
#include "tests/support/sim_dns.hpp"
#include "tests/support/sim_faults.hpp"
#include "tests/support/sim_network.hpp"
#include "tests/support/sim_timers.hpp"

namespace understudy::sim {

class SimWorld {
  struct Loop;

 public:
  explicit SimWorld(std::uint64_t seed = 1);
  ~SimWorld();

  SimClock clock;
  SimTimers timers{clock};
  SimFaults faults;
  SimRandom random;

 private:
  std::unique_ptr<Loop> loop_;  // goes before what its coroutines use above, after what is made on it below

 public:
  SimNetwork network;
  SimResolver dns{faults};

  boost::asio::any_io_executor executor();
  /// Starts a task beside the others. An exception that leaves it comes out of settle().
  void spawn(boost::asio::awaitable<void> task);
  void settle();                  ///< all that can happen without time passing
  void advance(net::Timeout by);  ///< moves the clock from timer to timer, with all that they cause
  /// Runs the task to its end, moving the clock only when nothing else can happen. Throws where it does not end within
  /// a week of the world's time.
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    std::optional<T> result;
    drive(keep(std::move(task), result));
    if (!result) throw std::logic_error("the task ended without a result");
    return std::move(*result);
  }
  void run(boost::asio::awaitable<void> task) { drive(std::move(task)); }

 private:
  template <class T>
  static boost::asio::awaitable<void> keep(boost::asio::awaitable<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
  void drive(boost::asio::awaitable<void> task);
};

/// Runs `body(world)` with the first step of I/O failing, then with the second, until no step is left that could fail.
/// Each time in a new world. Returns how many failures there were.
template <class Body>
std::uint64_t with_every_failure(Body body, net::errc how = net::errc::reset, std::uint64_t most = 100'000) {
  for (std::uint64_t n = 1; n <= most; ++n) {
    SimWorld world;
    world.faults.fail_at(n, how);
    body(world);
    if (!world.faults.hit()) return n - 1;
  }
  throw std::logic_error("the body never ends without a failure");
}

}  // namespace understudy::sim
