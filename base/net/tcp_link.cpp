#include "base/net/tcp_link.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <poll.h>

#include "base/net/tls_session.hpp"

namespace understudy::net {
namespace {
constexpr std::size_t drain_octets = 64 * 1024;  // more than what fits in one window of pipelined commands is not waited for

bool stopped(asio::cancellation_state told) {
  return told.cancelled() != asio::cancellation_type::none;
}
}  // namespace

void Watchdog::arm(Timeout timeout) {
  // Past a year the sum could leave the clock's range.
  constexpr Timeout longest = std::chrono::hours(24 * 365);
  deadline_ = asio::steady_timer::clock_type::now() + std::clamp(timeout, Timeout::zero(), longest);
  armed_ = true;
  bit_ = false;
  if (waiting_ && timer_.expiry() <= deadline_) return;
  wait();
}

void Watchdog::wait() {
  timer_.expires_at(deadline_);  // a wait that this ends comes back with an error and does nothing
  waiting_ = true;
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error) return;
    self->waiting_ = false;
    if (!self->armed_ || !self->socket_) return;
    if (self->deadline_ > asio::steady_timer::clock_type::now()) return self->wait();
    self->bit_ = true;
    boost::system::error_code ignored;
    self->socket_->cancel(ignored);
  });
}

void Watchdog::forget_socket() {
  socket_ = nullptr;
  timer_.cancel();
}

TcpLink::TcpLink(asio::ip::tcp::socket socket)
    : socket_(std::move(socket)),
      executor_(socket_.get_executor()),
      read_watch_(std::make_shared<Watchdog>(socket_)),
      write_watch_(std::make_shared<Watchdog>(socket_)) {
  boost::system::error_code ignored;  // the peer may be gone already: the first read tells
  local_ = from_asio(socket_.local_endpoint(ignored));
  peer_ = from_asio(socket_.remote_endpoint(ignored));
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);  // a reply waits for nothing
}

TcpLink::~TcpLink() {
  abort();
  read_watch_->forget_socket();
  write_watch_->forget_socket();
}

std::unexpected<base::Error> TcpLink::failed(std::string_view doing, const boost::system::error_code& code) const {
  const bool ours = !socket_.is_open();  // abort() came first, whatever the system calls it
  const errc what = ours ? errc::cancelled : classify(code, read_watch_->bit() || write_watch_->bit());
  std::string context = std::string(doing) + " " + peer_.text();
  if (what == errc::tls || what == errc::io) context += " (" + code.message() + ")";
  return base::fail(std::move(context), what);
}

Task<base::Result<std::size_t>> TcpLink::read_some(std::span<char> into, Timeout timeout) {
  const auto told = co_await asio::this_coro::cancellation_state;
  if (stopped(told)) co_return base::fail("read from " + peer_.text(), errc::cancelled);
  const auto buffer = asio::buffer(into.data(), into.size());
  boost::system::error_code error;
  std::size_t octets = 0;
  read_watch_->arm(timeout);
  if (tls_) {
    octets = co_await tls_->async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  } else {
    octets = co_await socket_.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  }
  read_watch_->disarm();
  if (error) co_return failed("read from", error);
  co_return octets;
}

Task<base::Result<>> TcpLink::write(std::string_view all, Timeout timeout) {
  const auto buffer = asio::buffer(all.data(), all.size());
  boost::system::error_code error;
  write_watch_->arm(timeout);
  if (tls_) {
    co_await asio::async_write(*tls_, buffer, asio::redirect_error(asio::use_awaitable, error));
  } else {
    co_await asio::async_write(socket_, buffer, asio::redirect_error(asio::use_awaitable, error));
  }
  write_watch_->disarm();
  if (error) co_return failed("write to", error);
  co_return base::Result<>();
}

Task<base::Result<>> TcpLink::start_tls(const TlsContext& context, TlsExpect expect, Timeout timeout) {
  const auto told = co_await asio::this_coro::cancellation_state;
  if (stopped(told)) co_return base::fail("handshake with " + peer_.text(), errc::cancelled);
  if (tls_) co_return base::fail("handshake with " + peer_.text() + ": TLS is on already", errc::tls);
  auto session = new_tls_session(context, expect);
  if (!session) co_return base::fail("handshake with " + peer_.text(), session.error());
  tls_ = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, session->release());
  const auto side = context.role() == TlsRole::server ? asio::ssl::stream_base::server : asio::ssl::stream_base::client;
  boost::system::error_code error;
  read_watch_->arm(timeout);
  co_await tls_->async_handshake(side, asio::redirect_error(asio::use_awaitable, error));
  read_watch_->disarm();
  if (error) co_return handshake_failed(error);
  info_ = describe_tls_session(tls_->native_handle());
  co_return base::Result<>();
}

std::unexpected<base::Error> TcpLink::handshake_failed(const boost::system::error_code& code) {
  auto error = failed("handshake with", code);
  const std::string why = why_certificate_failed(tls_->native_handle());
  if (why.empty() || error.error().code != errc::tls) return error;
  return base::fail("certificate of " + peer_.text() + ": " + why, errc::certificate);
}

Task<> TcpLink::close(Timeout timeout) {
  if (!socket_.is_open()) co_return;
  boost::system::error_code ignored;
  read_watch_->arm(timeout);
  if (info_) co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (!read_watch_->bit()) co_await drain();
  read_watch_->disarm();
  abort();
}

/// Until the peer's FIN. Closing with unread octets makes the kernel send a reset, which may destroy our last reply.
Task<> TcpLink::drain() {
  std::array<char, 4096> scrap;
  boost::system::error_code error;
  for (std::size_t octets = 0; !error && octets < drain_octets;)
    octets += co_await socket_.async_read_some(asio::buffer(scrap), asio::redirect_error(asio::use_awaitable, error));
}

void TcpLink::abort() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

bool TcpLink::peer_has_gone() {
  pollfd asked{socket_.native_handle(), POLLRDHUP, 0};
  return socket_.is_open() && ::poll(&asked, 1, 0) == 1;
}

asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint) {
  const std::string_view octets = endpoint.address.octets();
  if (endpoint.address.family() == Family::ipv4) {
    asio::ip::address_v4::bytes_type four;
    std::ranges::copy(octets, four.begin());
    return {asio::ip::address_v4(four), endpoint.port};
  }
  asio::ip::address_v6::bytes_type sixteen;
  std::ranges::copy(octets, sixteen.begin());
  return {asio::ip::address_v6(sixteen), endpoint.port};
}

Endpoint from_asio(const asio::ip::tcp::endpoint& endpoint) {
  if (endpoint.address().is_v4()) return {IpAddress::v4(endpoint.address().to_v4().to_bytes()), endpoint.port()};
  return {IpAddress::v6(endpoint.address().to_v6().to_bytes()), endpoint.port()};
}

errc classify(const boost::system::error_code& code, bool bit) {
  namespace error = asio::error;
  if (code == error::operation_aborted) return bit ? errc::timed_out : errc::cancelled;
  if (code == error::eof) return errc::closed;
  if (code == asio::ssl::error::stream_truncated) return errc::truncated;
  if (code == error::connection_reset || code == error::broken_pipe || code == error::connection_aborted) return errc::reset;
  if (code == error::connection_refused) return errc::refused;
  if (code == error::host_unreachable || code == error::network_unreachable || code == error::network_down ||
      code == error::timed_out || code == error::address_family_not_supported ||
      code == boost::system::errc::address_not_available)
    return errc::unreachable;
  if (code == error::no_descriptors || code == error::no_memory || code == error::no_buffer_space ||
      code == boost::system::errc::too_many_files_open_in_system)
    return errc::resources;
  if (code.category() == error::get_ssl_category() || code.category() == asio::ssl::error::get_stream_category())
    return errc::tls;
  return errc::io;
}

}  // namespace understudy::net
