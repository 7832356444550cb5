#include "tests/support/sim_world.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace understudy::sim {
namespace asio = boost::asio;
namespace {
constexpr net::Timeout a_week = std::chrono::hours(24 * 7);

void pass_on(std::exception_ptr thrown) {
  if (thrown) std::rethrow_exception(thrown);
}
}  // namespace

struct SimWorld::Loop {
  asio::io_context context{1};
};

SimWorld::SimWorld(std::uint64_t seed)
    : random(seed),
      loop_(std::make_unique<Loop>()),
      network(SimParts{loop_->context.get_executor(), timers, faults, std::make_shared<SimWire>()}) {}

SimWorld::~SimWorld() = default;

asio::any_io_executor SimWorld::executor() {
  return loop_->context.get_executor();
}

void SimWorld::spawn(asio::awaitable<void> task) {
  asio::co_spawn(executor(), std::move(task), pass_on);
}

void SimWorld::settle() {
  do {
    loop_->context.restart();
    loop_->context.poll();
  } while (timers.fire_one());
}

void SimWorld::advance(net::Timeout by) {
  const base::SteadyTime end = clock.steady() + by;
  settle();
  for (auto due = timers.next_due(); due && *due <= end; due = timers.next_due()) {
    clock.advance(*due - clock.steady());
    settle();
  }
  clock.advance(end - clock.steady());
  settle();
}

void SimWorld::drive(asio::awaitable<void> task) {
  auto done = std::make_shared<bool>(false);
  asio::co_spawn(executor(), std::move(task), [done](std::exception_ptr thrown) {
    *done = true;
    pass_on(thrown);
  });
  const base::SteadyTime end = clock.steady() + a_week;
  settle();
  while (!*done) {
    const auto due = timers.next_due();
    if (!due || *due > end) throw std::logic_error("the task waits for something that never comes");
    clock.advance(*due - clock.steady());
    settle();
  }
}

}  // namespace understudy::sim
