/// Handshakes in which the key is everything, over real sockets.
#include "base/net/tls_pinned.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/net/timers.hpp"
#include "base/random.hpp"
#include "tests/support/tls_files.hpp"
#include "tests/unit/net/loopback.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::PinnedTls;
using net::Task;
using net::TlsRole;
using net::test::code_of;
using net::test::Ends;
using net::test::loopback;
using Verdict = PinnedTls::Verdict;

namespace {

base::SigningKey new_key() {
  base::SystemRandom random;
  return base::SigningKey::make(random);
}

PinnedTls pinned(TlsRole role, const base::SigningKey& own, std::optional<base::PublicKey> pin,
                 const std::string& protocol = "test-link") {
  auto made = PinnedTls::make(role, own, pin, protocol);
  BOOST_REQUIRE(made);
  return std::move(*made);
}

Task<> shake(PinnedTls& tls, net::Link& link, net::errc& code, bool& ended) {
  auto done = co_await tls.start(link, 5s);
  code = code_of(done);
  if (!done) link.abort();
  ended = true;
}
Task<> shake(std::shared_ptr<const net::TlsContext> context, net::Link& link, net::errc& code, bool& ended) {
  net::TlsExpect expect;
  auto done = co_await link.start_tls(*context, expect, 5s);
  code = code_of(done);
  if (!done) link.abort();
  ended = true;
}

struct Codes {
  net::errc client{};
  net::errc server{};
};

template <class Client, class Server>
Task<Codes> both(Ends& ends, Client& client, Server& server) {
  Codes codes;
  bool client_ended = false, server_ended = false;
  auto executor = co_await net::asio::this_coro::executor;
  net::asio::co_spawn(executor, shake(server, *ends.server, codes.server, server_ended), [](std::exception_ptr) {});
  co_await shake(client, *ends.client, codes.client, client_ended);
  net::SystemTimers timers;
  auto timer = timers.make(executor);
  while (!server_ended) co_await timer->wait(1ms);
  co_return codes;
}

struct Pair {
  base::SigningKey client = new_key(), server = new_key();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_pinned)

BOOST_AUTO_TEST_CASE(two_machines_that_pin_each_others_key_shake_hands_under_tls_1_3) {
  const Pair keys;
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  auto client = pinned(TlsRole::client, keys.client, keys.server.public_key());
  auto server = pinned(TlsRole::server, keys.server, keys.client.public_key());
  const auto codes = loop.run(both(ends, client, server));
  BOOST_TEST((codes.client == net::errc{} && codes.server == net::errc{}));
  BOOST_TEST((client.verdict() == Verdict::accepted));
  BOOST_TEST((server.verdict() == Verdict::accepted));
  BOOST_TEST((client.shown() == keys.server.public_key()));
  BOOST_TEST((server.shown() == keys.client.public_key()));
  BOOST_TEST(ends.client->tls()->version == "TLSv1.3");
}

BOOST_AUTO_TEST_CASE(another_key_is_ended_in_the_handshake_and_named) {
  const Pair keys;
  const auto stranger = new_key();
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  auto client = pinned(TlsRole::client, stranger, keys.server.public_key());
  auto server = pinned(TlsRole::server, keys.server, keys.client.public_key());
  const auto codes = loop.run(both(ends, client, server));
  BOOST_TEST((codes.server == net::errc::certificate));
  BOOST_TEST((server.verdict() == Verdict::other_key));
  BOOST_TEST((server.shown() == stranger.public_key()));

  Ends again = loopback(loop);
  auto dialling = pinned(TlsRole::client, keys.client, keys.server.public_key());
  auto wrong_server = pinned(TlsRole::server, stranger, keys.client.public_key());
  BOOST_TEST((loop.run(both(again, dialling, wrong_server)).client == net::errc::certificate));
  BOOST_TEST((dialling.verdict() == Verdict::other_key));
  BOOST_TEST((dialling.shown() == stranger.public_key()));
}

BOOST_AUTO_TEST_CASE(without_a_pinned_key_nobody_is_let_in_and_the_key_is_shown) {
  const Pair keys;
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  auto client = pinned(TlsRole::client, keys.client, keys.server.public_key());
  auto server = pinned(TlsRole::server, keys.server, std::nullopt);
  BOOST_TEST((loop.run(both(ends, client, server)).server == net::errc::certificate));
  BOOST_TEST((server.verdict() == Verdict::not_pinned));
  BOOST_TEST((server.shown() == keys.client.public_key()));
}

BOOST_AUTO_TEST_CASE(a_machine_does_not_talk_to_itself_even_where_its_own_key_is_pinned) {
  const auto key = new_key();
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  auto client = pinned(TlsRole::client, key, key.public_key());
  auto server = pinned(TlsRole::server, key, key.public_key());
  BOOST_TEST((loop.run(both(ends, client, server)).client == net::errc::certificate));
  BOOST_TEST((client.verdict() == Verdict::own_key));
}

BOOST_AUTO_TEST_CASE(a_client_without_a_certificate_or_with_one_of_another_kind_of_key_is_not_let_in) {
  const Pair keys;
  const sim::TlsFiles files("mail.example.org");
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  auto without = files.client();
  auto server = pinned(TlsRole::server, keys.server, keys.client.public_key());
  BOOST_TEST((loop.run(both(ends, without, server)).server == net::errc::tls));
  BOOST_TEST((server.verdict() == Verdict::none));

  Ends again = loopback(loop);
  auto ecdsa = files.client_with_certificate(files.files.certificate);
  auto strict = pinned(TlsRole::server, keys.server, keys.client.public_key());
  BOOST_TEST((loop.run(both(again, ecdsa, strict)).server == net::errc::certificate));
  BOOST_TEST((strict.verdict() == Verdict::no_key));
}

BOOST_AUTO_TEST_CASE(who_speaks_another_protocol_is_not_let_in) {
  const Pair keys;
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  auto client = pinned(TlsRole::client, keys.client, keys.server.public_key(), "other-link");
  auto server = pinned(TlsRole::server, keys.server, keys.client.public_key());
  BOOST_TEST((loop.run(both(ends, client, server)).server == net::errc::tls));

  // A server of mail that answers on the port.
  Ends again = loopback(loop);
  auto dialling = pinned(TlsRole::client, keys.client, keys.server.public_key());
  const sim::TlsFiles other("mail.example.org");
  auto plain = other.server();
  BOOST_TEST((loop.run(both(again, dialling, plain)).client == net::errc::certificate));
  BOOST_TEST((dialling.verdict() == Verdict::no_key));
}

BOOST_AUTO_TEST_SUITE_END()
