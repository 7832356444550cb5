/// When a session that has much to do lets the others of its loop have their turn.
#pragma once

#include <chrono>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/clock.hpp"
#include "base/net/link.hpp"

namespace understudy::archive::access {

/// On the session's executor.
class Turns {
 public:
  static constexpr std::chrono::milliseconds longest{5};

  Turns(const base::Clock& clock, boost::asio::any_io_executor executor) : clock_(clock), executor_(std::move(executor)) {}
  /// From now on it has the loop to itself: it was waited for something.
  void begin() { began_ = clock_.steady(); }
  bool is_over() const { return clock_.steady() - began_ >= longest; }
  net::Task<> give_way() {
    co_await boost::asio::post(executor_, boost::asio::use_awaitable);
    begin();
  }

 private:
  const base::Clock& clock_;
  boost::asio::any_io_executor executor_;
  base::SteadyTime began_{};
};

}  // namespace understudy::archive::access
