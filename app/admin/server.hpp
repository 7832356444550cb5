/// The admin socket: HTTP/1.1 and JSON on a UNIX socket that the server's own user, root and the operators of the configuration
/// may use. RFC 9112.
/// What comes as garbage is answered with 400 or not at all, and ends that connection alone. Knows no verb.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "app/admin/api.hpp"
#include "base/net/timers.hpp"
#include "base/result.hpp"
#include "conf/config.hpp"

namespace understudy::app {

/// Where it listens, and who may connect at all.
struct AdminSocket {
  std::string path;   ///< at most 107 octets (sun_path)
  std::string group;  ///< UNIX group whose members may connect; empty: nobody but the server's user and root
};

/// All calls from `home`, or before anything runs there. References outlive the server.
class AdminServer {
 public:
  static constexpr std::size_t max_header = 8 * 1024;   ///< octets of a request's head
  static constexpr std::size_t max_body = 1024 * 1024;  ///< octets of its arguments
  /// For a further one the connection that has waited longest for a request is closed; where all have one, it hears 503.
  static constexpr std::size_t max_connections = 16;
  /// Of these by one user, so that nobody keeps the others out.
  static constexpr std::size_t max_of_one_user = 12;

  AdminServer(boost::asio::any_io_executor home, net::Timers& timers, AdminSocket socket, AdminApi& api);
  ~AdminServer();  ///< after stop()
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Makes the socket with mode 0600, or 0660 and the group. One that a dead process left is replaced. errc::busy: another
  /// server answers there; errc::too_long; errc::io.
  base::Result<> start();
  /// No new connections; requests under way are answered, within `wait`. Removes the socket.
  [[nodiscard]] net::Task<> stop(std::chrono::milliseconds wait = std::chrono::seconds(5));

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Where the server of this data directory listens.
std::string admin_socket_path(const std::string& data);
AdminSocket admin_socket(const conf::Server& server);

}  // namespace understudy::app
