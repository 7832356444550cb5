#include "base/net/connector.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/net/tcp_link.hpp"

namespace understudy::net {
namespace {
std::unexpected<base::Error> failed(const Endpoint& to, const boost::system::error_code& code, bool bit) {
  return base::fail("connect to " + to.text(), classify(code, bit));
}

boost::system::error_code open(asio::ip::tcp::socket& socket, const Endpoint& to, const std::optional<IpAddress>& source) {
  boost::system::error_code error;
  const auto target = to_asio(to);
  socket.open(target.protocol(), error);
  if (!error && source) {
    const Endpoint any_port{*source, 0};
    socket.bind(to_asio(any_port), error);
  }
  return error;
}
}  // namespace

Task<base::Result<std::unique_ptr<Link>>> TcpConnector::connect(Endpoint to, std::optional<IpAddress> source, Timeout timeout) {
  const auto told = co_await asio::this_coro::cancellation_state;
  if (told.cancelled() != asio::cancellation_type::none) co_return base::fail("connect to " + to.text(), errc::cancelled);
  asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
  boost::system::error_code error = open(socket, to, source);
  if (error) co_return failed(to, error, false);
  const auto watch = std::make_shared<Watchdog>(socket);
  watch->arm(timeout);
  const auto target = to_asio(to);
  co_await socket.async_connect(target, asio::redirect_error(asio::use_awaitable, error));
  const bool bit = watch->bit();
  watch->forget_socket();
  if (error) co_return failed(to, error, bit);
  base::Result<std::unique_ptr<Link>> made = std::make_unique<TcpLink>(std::move(socket));
  co_return made;
}

}  // namespace understudy::net
