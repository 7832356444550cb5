/// Timers on a SimClock: they expire when the test moves the clock and lets them (SimWorld::advance).
#pragma once

#include <map>
#include <memory>
#include <optional>

#include <boost/asio/steady_timer.hpp>

#include "base/net/link.hpp"
#include "base/net/timers.hpp"
#include "tests/support/sim_clock.hpp"

namespace understudy::sim {

enum class Woken { notified, expired, cancelled };

class SimTimers final : public net::Timers {
 public:
  explicit SimTimers(const SimClock& clock) : clock_(clock) {}
  std::unique_ptr<net::Timer> make(boost::asio::any_io_executor executor) override;

  std::optional<base::SteadyTime> next_due() const;
  /// Wakes the first wait whose time has come. False where there is none.
  bool fire_one();
  const SimClock& clock() const { return clock_; }

  /// One coroutine's wait for a notification, a time, or being told to stop.
  class Waiter {
   public:
    Waiter(SimTimers& timers, boost::asio::any_io_executor executor);
    ~Waiter();
    net::Task<Woken> wait(net::Timeout timeout);
    void wake(Woken how);  ///< does nothing where nobody waits

   private:
    friend class SimTimers;
    using Key = std::pair<base::SteadyTime, std::uint64_t>;
    SimTimers& timers_;
    boost::asio::steady_timer event_;  // never expires: a way to be woken
    std::optional<Key> key_;
    std::optional<Woken> woken_;
  };

 private:
  const SimClock& clock_;
  std::map<Waiter::Key, Waiter*> waits_;
  std::uint64_t next_ = 0;  // equal times expire in the order of their waits
};

}  // namespace understudy::sim
