/// The admin socket: HTTP/1.1 and JSON on a UNIX socket that only the server's own user and root may use. RFC 9112.
/// What comes as garbage is answered with 400 or not at all, and ends that connection alone. Knows no verb.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "app/admin/api.hpp"
#include "base/net/timers.hpp"
#include "base/result.hpp"

namespace understudy::app {

/// All calls from `home`, or before anything runs there. References outlive the server.
class AdminServer {
 public:
  static constexpr std::size_t max_header = 8 * 1024;   ///< octets of a request's head
  static constexpr std::size_t max_body = 1024 * 1024;  ///< octets of its arguments
  /// For a further one the connection that has waited longest for a request is closed; where all have one, it hears 503.
  static constexpr std::size_t max_connections = 16;

  /// `socket_path` is "<data>/admin.sock"; at most 107 octets (sun_path).
  AdminServer(boost::asio::any_io_executor home, net::Timers& timers, std::string socket_path, AdminApi& api);
  ~AdminServer();  ///< after stop()
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Makes the socket with mode 0600. One that a dead process left is replaced. errc::busy: another server answers there;
  /// errc::too_long; errc::io.
  base::Result<> start();
  /// No new connections; requests under way are answered, within `wait`. Removes the socket.
  [[nodiscard]] net::Task<> stop(std::chrono::milliseconds wait = std::chrono::seconds(5));

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Where the server of this data directory listens.
std::string admin_socket_path(const std::string& data);

}  // namespace understudy::app
