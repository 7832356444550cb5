/// Accepts connections, as a thing that is handed in: a listening TCP socket, or an address within a test.
#pragma once

#include <functional>
#include <memory>

#include "base/net/link.hpp"

namespace understudy::net {

/// All calls from executor().
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  /// The next connection, on an executor that the acceptor chose. errc::resources: no descriptor is free, the
  /// connection still waits. errc::cancelled: closed. Others concern one connection that was lost on the way.
  virtual Task<base::Result<std::unique_ptr<Link>>> accept() = 0;
  virtual Endpoint local() const = 0;  ///< with the port that was bound
  virtual asio::any_io_executor executor() const = 0;
  virtual void close() = 0;
};

/// `live_on` gives each accepted link its executor. "[::]" takes IPv6 alone, so that it stands beside "0.0.0.0".
base::Result<std::unique_ptr<Acceptor>> listen_tcp(asio::any_io_executor executor, const Endpoint& bind,
                                                   std::function<asio::any_io_executor()> live_on);

}  // namespace understudy::net
