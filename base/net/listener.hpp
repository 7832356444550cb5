/// Takes connections from an Acceptor, within limits, and gives each to a session. Never waits for a peer in its loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/net/acceptor.hpp"
#include "base/net/connection_limits.hpp"
#include "base/net/task_group.hpp"

namespace understudy::net {

/// An accepted link, the shield of the session that serves it, and its place among all connections.
struct Connection {
  ConnectionLimits::Place place;  ///< goes last
  std::unique_ptr<Link> link;
  std::shared_ptr<Shield> shield;  ///< never null; tells of the end, and of having to make room for another connection
};

/// start() once. Any thread, but drain(), which belongs to the acceptor's executor.
class Listener {
 public:
  /// The session of one connection. Runs on the link's executor, as a task that stop() dismisses (see TaskGroup).
  using Handler = std::function<Task<>(Connection)>;
  struct Options {
    std::string name;     ///< for the log
    std::string refusal;  ///< said over the limit, with its CRLF ("421 4.3.2 Too many connections\r\n"); may be empty
    Timeout refusal_wait{1000};
    ConnectionLimits::Standing standing = ConnectionLimits::Standing::ordinary;  ///< of those who connect here
    std::size_t refusals = 64;  ///< at a time; over that, connections are closed without a word
  };

  Listener(std::unique_ptr<Acceptor> acceptor, ConnectionLimits& limits, Timers& timers, Handler handler, Options options);
  ~Listener();  ///< after drain()
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start();
  Endpoint local() const { return local_; }
  std::size_t sessions() const { return sessions_.size(); }

  void stop();  ///< no new connections; sessions leave, those with a raised shield once they lower it
  /// stop(), then until all sessions have ended; those that last longer than `timeout` are cut and get `cut_wait` to go. How
  /// many are left.
  Task<std::size_t> drain(Timeout timeout);
  static constexpr Timeout cut_wait{4000};  ///< a last reply and an end in order, towards a peer that takes neither

 private:
  Task<> loop();
  Task<> back_off(const base::Error& error);
  void welcome(std::unique_ptr<Link> link);
  void turn_away(std::unique_ptr<Link> link);

  std::shared_ptr<Acceptor> acceptor_;
  ConnectionLimits& limits_;
  std::shared_ptr<const Handler> handler_;  // the sessions hold it, too
  Options options_;
  Endpoint local_;
  std::unique_ptr<Timer> pause_;
  Timeout pause_length_{0};
  TaskGroup loop_;
  TaskGroup sessions_;
  TaskGroup refusals_;
};

}  // namespace understudy::net
