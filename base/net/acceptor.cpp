#include "base/net/acceptor.hpp"

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/net/tcp_link.hpp"

namespace understudy::net {
namespace {
class TcpAcceptor final : public Acceptor {
 public:
  TcpAcceptor(asio::ip::tcp::acceptor acceptor, std::function<asio::any_io_executor()> live_on)
      : acceptor_(std::move(acceptor)), executor_(acceptor_.get_executor()), live_on_(std::move(live_on)) {
    boost::system::error_code ignored;
    local_ = from_asio(acceptor_.local_endpoint(ignored));
  }

  Task<base::Result<std::unique_ptr<Link>>> accept() override {
    boost::system::error_code error;
    const asio::any_io_executor home = live_on_();
    auto socket = co_await acceptor_.async_accept(home, asio::redirect_error(asio::use_awaitable, error));
    const errc what = acceptor_.is_open() ? classify(error, false) : errc::cancelled;
    if (error) co_return base::fail("accept on " + local_.text() + " (" + error.message() + ")", what);
    base::Result<std::unique_ptr<Link>> made = std::make_unique<TcpLink>(std::move(socket));
    co_return made;
  }

  Endpoint local() const override { return local_; }
  asio::any_io_executor executor() const override { return executor_; }
  void close() override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  asio::ip::tcp::acceptor acceptor_;
  asio::any_io_executor executor_;
  std::function<asio::any_io_executor()> live_on_;
  Endpoint local_;
};
}  // namespace

base::Result<std::unique_ptr<Acceptor>> listen_tcp(asio::any_io_executor executor, const Endpoint& bind,
                                                   std::function<asio::any_io_executor()> live_on) {
  const auto endpoint = to_asio(bind);
  asio::ip::tcp::acceptor acceptor(executor);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true), error);
  if (!error && bind.address.family() == Family::ipv6) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::ip::tcp::acceptor::max_listen_connections, error);
  if (error) return base::fail("listen on " + bind.text(), error);
  return std::make_unique<TcpAcceptor>(std::move(acceptor), std::move(live_on));
}

}  // namespace understudy::net
