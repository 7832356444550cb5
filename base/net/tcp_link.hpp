/// Link over a TCP socket, with Asio's TLS stream on top once TLS is started. For base/net alone: brings Asio's sockets.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/net/link.hpp"

namespace understudy::net {

/// Ends what is under way on a socket when it lasts too long. One timer in the loop per direction at most, moved on lazily:
/// a busy session does not pay for a timer at each read.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
 public:
  explicit Watchdog(asio::ip::tcp::socket& socket) : socket_(&socket), timer_(socket.get_executor()) {}
  void arm(Timeout timeout);
  void disarm() { armed_ = false; }
  bool bit() const { return bit_; }  ///< since the last arm()
  void forget_socket();              ///< before the socket goes

 private:
  void wait();
  asio::ip::tcp::socket* socket_;
  asio::steady_timer timer_;
  asio::steady_timer::time_point deadline_{};
  bool armed_ = false;
  bool bit_ = false;
  bool waiting_ = false;
};

class TcpLink final : public Link {
 public:
  /// A connected socket; what its executor runs must not run on two threads at once.
  explicit TcpLink(asio::ip::tcp::socket socket);
  ~TcpLink() override;

  Task<base::Result<std::size_t>> read_some(std::span<char> into, Timeout timeout) override;
  Task<base::Result<>> write(std::string_view all, Timeout timeout) override;
  Task<base::Result<>> start_tls(const TlsContext& context, TlsExpect expect, Timeout timeout) override;
  const TlsInfo* tls() const override { return info_ ? &*info_ : nullptr; }
  Endpoint local() const override { return local_; }
  Endpoint peer() const override { return peer_; }
  asio::any_io_executor executor() const override { return executor_; }
  bool peer_has_gone() override;
  Task<> close(Timeout timeout) override;
  void abort() override;

 private:
  Task<> drain();
  std::unexpected<base::Error> failed(std::string_view doing, const boost::system::error_code& code) const;
  std::unexpected<base::Error> handshake_failed(const boost::system::error_code& code);

  asio::ip::tcp::socket socket_;
  asio::any_io_executor executor_;
  std::unique_ptr<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  std::optional<TlsInfo> info_;
  Endpoint local_;
  Endpoint peer_;
  std::shared_ptr<Watchdog> read_watch_;
  std::shared_ptr<Watchdog> write_watch_;
};

asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint);
Endpoint from_asio(const asio::ip::tcp::endpoint& endpoint);
/// Asio's and the system's codes as net::errc; `bit`: our deadline ended it.
errc classify(const boost::system::error_code& code, bool bit);

}  // namespace understudy::net
