#include "base/net/timers.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace understudy::net {
namespace asio = boost::asio;
namespace {
class SystemTimer final : public Timer {
 public:
  explicit SystemTimer(asio::any_io_executor executor) : timer_(executor) {}

  asio::awaitable<Waited> wait(std::chrono::milliseconds how_long) override {
    const auto told = co_await asio::this_coro::cancellation_state;
    if (told.cancelled() != asio::cancellation_type::none) co_return Waited::cancelled;
    timer_.expires_after(how_long);
    boost::system::error_code error;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    co_return error ? Waited::cancelled : Waited::expired;
  }

  void cancel() override { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};
}  // namespace

std::unique_ptr<Timer> SystemTimers::make(asio::any_io_executor executor) {
  return std::make_unique<SystemTimer>(std::move(executor));
}

}  // namespace understudy::net
