#include "tests/support/sim_timers.hpp"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace understudy::sim {
namespace asio = boost::asio;
namespace {
constexpr net::Timeout longest = std::chrono::hours(24 * 365);

class SimTimer final : public net::Timer {
 public:
  SimTimer(SimTimers& timers, asio::any_io_executor executor) : waiter_(timers, std::move(executor)) {}

  asio::awaitable<net::Waited> wait(std::chrono::milliseconds how_long) override {
    const auto told = co_await asio::this_coro::cancellation_state;
    if (told.cancelled() != asio::cancellation_type::none) co_return net::Waited::cancelled;
    const Woken woken = co_await waiter_.wait(how_long);
    co_return woken == Woken::expired ? net::Waited::expired : net::Waited::cancelled;
  }
  void cancel() override { waiter_.wake(Woken::cancelled); }

 private:
  SimTimers::Waiter waiter_;
};
}  // namespace

std::unique_ptr<net::Timer> SimTimers::make(asio::any_io_executor executor) {
  return std::make_unique<SimTimer>(*this, std::move(executor));
}

std::optional<base::SteadyTime> SimTimers::next_due() const {
  if (waits_.empty()) return std::nullopt;
  return waits_.begin()->first.first;
}

bool SimTimers::fire_one() {
  if (waits_.empty() || waits_.begin()->first.first > clock_.steady()) return false;
  Waiter* first = waits_.begin()->second;
  waits_.erase(waits_.begin());
  first->key_.reset();
  first->woken_ = Woken::expired;
  first->event_.cancel();
  return true;
}

SimTimers::Waiter::Waiter(SimTimers& timers, asio::any_io_executor executor)
    : timers_(timers), event_(executor, asio::steady_timer::time_point::max()) {}

SimTimers::Waiter::~Waiter() {
  if (key_) timers_.waits_.erase(*key_);
}

net::Task<Woken> SimTimers::Waiter::wait(net::Timeout timeout) {
  woken_.reset();
  key_ = Key(timers_.clock_.steady() + std::clamp(timeout, net::Timeout::zero(), longest), timers_.next_++);
  timers_.waits_[*key_] = this;
  boost::system::error_code error;
  co_await event_.async_wait(asio::redirect_error(asio::use_awaitable, error));
  if (key_) timers_.waits_.erase(*key_);
  key_.reset();
  co_return woken_.value_or(Woken::cancelled);
}

void SimTimers::Waiter::wake(Woken how) {
  if (!key_) return;
  timers_.waits_.erase(*key_);
  key_.reset();
  woken_ = how;
  event_.cancel();
}

}  // namespace understudy::sim
