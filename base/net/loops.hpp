/// The event loops: one io_context and one thread each. What is started on a loop's executor stays on that thread, so
/// a session needs no locks and no strand of its own.
#pragma once

#include <cstddef>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

namespace understudy::net {

class Loops {
 public:
  explicit Loops(std::size_t count);  ///< at least one is made
  ~Loops();                           ///< stop()
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  std::size_t size() const;
  boost::asio::any_io_executor executor(std::size_t index);  ///< index modulo size(). Any thread.
  boost::asio::any_io_executor next_executor();              ///< one after the other. Any thread.

  /// Starts the threads. An exception out of a handler is logged and ends nothing else.
  void start();
  /// Handlers under way end, queued ones are dropped, threads are joined. Sessions are to be drained before. Not from a
  /// loop's own thread.
  void stop();

 private:
  struct Loop;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::net
