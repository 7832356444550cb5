/// A real event loop for tests of the real implementations: runs a task to its end in this thread, within seconds.
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace understudy::sim {

class RealLoop {
 public:
  boost::asio::any_io_executor executor() { return context_.get_executor(); }

  void spawn(boost::asio::awaitable<void> task) {
    boost::asio::co_spawn(context_, std::move(task), [](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }
  template <class T>
  T run(boost::asio::awaitable<T> task, std::chrono::seconds limit = std::chrono::seconds(20)) {
    std::optional<T> result;
    run(keep(std::move(task), result), limit);
    if (!result) throw std::runtime_error("the task ended without a result");
    return std::move(*result);
  }
  void run(boost::asio::awaitable<void> task, std::chrono::seconds limit = std::chrono::seconds(20)) {
    bool done = false;
    boost::asio::co_spawn(context_, std::move(task), [&done](std::exception_ptr thrown) {
      done = true;
      if (thrown) std::rethrow_exception(thrown);
    });
    const auto end = std::chrono::steady_clock::now() + limit;
    context_.restart();
    while (!done && context_.run_one_until(end) > 0) {
    }
    if (!done) throw std::runtime_error("the task did not end in time");
  }

 private:
  template <class T>
  static boost::asio::awaitable<void> keep(boost::asio::awaitable<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
  boost::asio::io_context context_{1};
};

}  // namespace understudy::sim
