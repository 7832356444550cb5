/// The handshake of a SimLink between two sides that know each other by their keys: OpenSSL's own over the simulated wire, each
/// side with its own context and judge. What is written after it goes in the clear.
#include "base/net/tls_session.hpp"
#include "tests/support/sim_link.hpp"

namespace understudy::sim {
namespace {

/// Two buffers in memory, which the session owns from then on.
struct Buffers {
  BIO* in = nullptr;
  BIO* out = nullptr;

  explicit Buffers(SSL* session) : in(BIO_new(BIO_s_mem())), out(BIO_new(BIO_s_mem())) {
    BIO_set_mem_eof_return(in, -1);  // empty is not the end
    SSL_set_bio(session, in, out);
  }
  std::string take_output() const {
    char* octets = nullptr;
    const long size = BIO_get_mem_data(out, &octets);
    std::string taken(octets, static_cast<std::size_t>(size));
    static_cast<void>(BIO_reset(out));
    return taken;
  }
};

}  // namespace

/// What the other side wrote in one go.
net::Task<base::Result<std::string>> SimLink::next_flight(base::SteadyTime deadline) {
  while (!ended_ && !arrived()) {
    const Woken woken = co_await wait_to_read(deadline);
    if (woken != Woken::notified) co_return failed("handshake with", why(woken));
  }
  if (ended_) co_return failed("handshake with", net::errc::cancelled);
  const auto* octets = std::get_if<std::string>(arrived());
  if (!octets) co_return failed("handshake with", net::errc::truncated);
  std::string flight = *octets;
  in().octets -= flight.size();
  in().sent.pop_front();
  co_return flight;
}

net::Task<base::Result<>> SimLink::shake_hands(const net::TlsContext& context, const net::TlsExpect& expect,
                                               base::SteadyTime deadline) {
  auto session = net::new_tls_session(context, expect);
  if (!session) co_return base::fail("handshake with " + peer_.text(), session.error());
  const Buffers buffers(session->get());
  if (context.role() == net::TlsRole::client) SSL_set_connect_state(session->get());
  if (context.role() == net::TlsRole::server) SSL_set_accept_state(session->get());
  for (;;) {
    const int done = SSL_do_handshake(session->get());
    const int wants = SSL_get_error(session->get(), done);
    std::string own = buffers.take_output();
    if (done != 1 && wants != SSL_ERROR_WANT_READ) {
      const std::string why_not = net::why_certificate_failed(session->get());
      const std::string reason = net::openssl_error();
      fail_wire();  // instead of the alert: a client that is done already would take that for octets of the other side
      co_return base::fail("handshake with " + peer_.text() + ": " + (why_not.empty() ? reason : why_not),
                           why_not.empty() ? net::errc::tls : net::errc::certificate);
    }
    out().octets += own.size();
    if (!own.empty()) push(std::move(own));
    if (done == 1) break;
    auto flight = co_await next_flight(deadline);
    if (!flight) co_return std::unexpected(flight.error());
    BIO_write(buffers.in, flight->data(), static_cast<int>(flight->size()));
  }
  info_ = net::describe_tls_session(session->get());
  co_return base::Result<>();
}

}  // namespace understudy::sim
