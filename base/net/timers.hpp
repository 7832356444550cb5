/// Waiting, as a thing that is handed in: the system's timers, or a test's that expire when it says so.
#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace understudy::net {

enum class Waited { expired, cancelled };

/// One wait at a time, all calls from its executor.
class Timer {
 public:
  virtual ~Timer() = default;
  /// `cancelled` after cancel(), or where the task was told to stop (then at once). Never throws.
  virtual boost::asio::awaitable<Waited> wait(std::chrono::milliseconds how_long) = 0;
  /// Ends the wait under way. Without one it does nothing: a later wait is not touched.
  virtual void cancel() = 0;
};

class Timers {
 public:
  virtual ~Timers() = default;
  virtual std::unique_ptr<Timer> make(boost::asio::any_io_executor executor) = 0;  // any thread
};

class SystemTimers final : public Timers {
 public:
  std::unique_ptr<Timer> make(boost::asio::any_io_executor executor) override;
};

}  // namespace understudy::net
