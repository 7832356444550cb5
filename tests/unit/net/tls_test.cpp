/// TLS over real sockets, both roles in one process.
#include "base/net/tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include "base/net/line_reader.hpp"
#include "base/net/timers.hpp"
#include "tests/support/sim_clock.hpp"
#include "tests/support/tls_files.hpp"
#include "tests/unit/net/loopback.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::Task;
using net::TlsExpect;
using net::test::code_of;
using net::test::Ends;
using net::test::loopback;
using Context = std::shared_ptr<const net::TlsContext>;

namespace {
TlsExpect expect(std::string name, TlsExpect::Verify verify) {
  TlsExpect made;
  made.name = std::move(name);
  made.verify = verify;
  return made;
}
const auto report = TlsExpect::Verify::report;
const auto demand = TlsExpect::Verify::demand;

Task<> handshake(net::Link& link, Context context, TlsExpect wish, net::errc& code) {
  auto done = co_await link.start_tls(*context, wish, 5s);
  code = code_of(done);
  if (!done) link.abort();
}

struct Shaken {
  net::errc client{};
  net::errc server{};
};
Task<Shaken> shake(Ends& ends, Context client, Context server, TlsExpect wish) {
  Shaken codes;
  auto executor = co_await net::asio::this_coro::executor;
  TlsExpect nothing;
  auto other = handshake(*ends.server, server, nothing, codes.server);
  auto waiting = net::asio::co_spawn(executor, std::move(other), net::asio::use_awaitable);
  bool ended = false;
  net::asio::co_spawn(executor, std::move(waiting), [&ended](std::exception_ptr) { ended = true; });
  co_await handshake(*ends.client, client, wish, codes.client);
  net::SystemTimers timers;
  auto timer = timers.make(executor);
  while (!ended) co_await timer->wait(1ms);
  co_return codes;
}

Task<net::errc> read_code(net::Link& link, net::Timeout timeout = 2s) {
  std::array<char, 16> buffer;
  auto got = co_await link.read_some(buffer, timeout);
  co_return code_of(got);
}
Task<> write(net::Link& link, std::string text) {
  auto done = co_await link.write(text, 2s);
  (void)done;
}
Task<> write_then_close(std::unique_ptr<net::Link> link, std::string text) {
  co_await write(*link, text);
  co_await link->close(1s);
}
Task<std::string> read_exactly(net::Link& link, std::size_t count) {
  std::string all;
  std::vector<char> buffer(16 * 1024);
  while (all.size() < count) {
    auto got = co_await link.read_some(buffer, 5s);
    if (!got) co_return all + " then " + got.error().text();
    all.append(buffer.data(), *got);
  }
  co_return all;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_AUTO_TEST_CASE(a_handshake_gives_both_sides_the_same_session) {
  const sim::TlsFiles server("mail.example.org");
  const sim::TlsFiles client("relay.example.net");
  const auto server_context = server.server();
  const auto client_context = client.client_with_certificate(server.files.certificate);
  for (const char* address : {"127.0.0.1", "::1"}) {
    sim::RealLoop loop;
    Ends ends = loopback(loop, address);
    if (!ends.client) continue;  // no IPv6 here
    const auto codes = loop.run(shake(ends, client_context, server_context, expect("mail.example.org", demand)));
    BOOST_REQUIRE((codes.client == net::errc{} && codes.server == net::errc{}));
    const net::TlsInfo& ours = *ends.server->tls();
    const net::TlsInfo& theirs = *ends.client->tls();
    BOOST_TEST(ours.version == "TLSv1.3");
    BOOST_TEST(ours.cipher == theirs.cipher);
    BOOST_TEST(ours.server_name == "mail.example.org");
    BOOST_TEST(ours.exporter.size() == 32u);
    BOOST_TEST(ours.exporter == theirs.exporter);
    BOOST_TEST(theirs.verified);
    BOOST_TEST(theirs.why_not.empty());
    BOOST_TEST((theirs.certificate == server_context->certificate()));
    BOOST_TEST((theirs.public_key == server_context->public_key()));
    BOOST_TEST(!ours.verified);
    BOOST_TEST(!ours.why_not.empty());
    BOOST_TEST((ours.certificate == client_context->certificate()));  // asked for, shown, not demanded
  }
}

BOOST_AUTO_TEST_CASE(two_sessions_have_two_channel_bindings) {  // RFC 9266
  const sim::TlsFiles files("mail.example.org");
  sim::RealLoop loop;
  std::vector<std::string> bindings;
  for (int i = 0; i < 2; ++i) {
    Ends ends = loopback(loop);
    loop.run(shake(ends, files.client(), files.server(), expect("", report)));
    BOOST_REQUIRE(ends.client->tls());
    bindings.push_back(ends.client->tls()->exporter);
  }
  BOOST_TEST(bindings[0] != bindings[1]);
}

BOOST_AUTO_TEST_CASE(a_client_that_demands_refuses_what_one_that_reports_accepts) {
  const sim::TlsFiles right("mail.example.org");
  const sim::TlsFiles other("mail.example.org");
  const struct {
    const char* name;
    Context client;
    bool verified;
  } cases[] = {
      {"mail.example.org", right.client(), true},   {"MAIL.example.org", right.client(), true},
      {"other.example.org", right.client(), false}, {"example.org", right.client(), false},
      {"mail.example.org", other.client(), false},  {"", right.client(), true},
      {"127.0.0.1", right.client(), false},
  };
  for (const auto& c : cases)
    for (const auto verify : {report, demand}) {
      sim::RealLoop loop;
      Ends ends = loopback(loop);
      const auto codes = loop.run(shake(ends, c.client, right.server(), expect(c.name, verify)));
      const bool accepted = c.verified || verify == report;
      BOOST_TEST((codes.client == (accepted ? net::errc{} : net::errc::certificate)), c.name);
      BOOST_REQUIRE((ends.client->tls() != nullptr) == accepted);
      if (!accepted) continue;
      BOOST_TEST(ends.client->tls()->verified == c.verified, c.name);
      BOOST_TEST(ends.client->tls()->why_not.empty() == c.verified, ends.client->tls()->why_not);
    }
}

BOOST_AUTO_TEST_CASE(an_address_in_the_certificate_verifies_that_address) {
  const sim::TlsFiles files("127.0.0.1");
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  const auto codes = loop.run(shake(ends, files.client(), files.server(), expect("127.0.0.1", demand)));
  BOOST_TEST((codes.client == net::errc{}));
  BOOST_TEST(ends.server->tls()->server_name.empty());  // RFC 6066 §3: no address as SNI
}

BOOST_AUTO_TEST_CASE(megabytes_pass_under_TLS_in_both_directions) {
  const sim::TlsFiles files("mail.example.org");
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  loop.run(shake(ends, files.client(), files.server(), expect("", report)));
  const std::string text = sim::SimRandom(3).octets(2'000'000);
  loop.spawn(write(*ends.client, text));
  BOOST_TEST((loop.run(read_exactly(*ends.server, text.size())) == text));
  loop.spawn(write(*ends.server, text));
  BOOST_TEST((loop.run(read_exactly(*ends.client, text.size())) == text));
}

BOOST_AUTO_TEST_CASE(close_notify_in_mid_stream_is_an_ordinary_end_and_a_cut_is_not) {
  const sim::TlsFiles files("mail.example.org");
  {
    sim::RealLoop loop;
    Ends ends = loopback(loop);
    loop.run(shake(ends, files.client(), files.server(), expect("", report)));
    loop.spawn(write_then_close(std::move(ends.client), "half a chunk"));
    BOOST_TEST(loop.run(read_exactly(*ends.server, 12)) == "half a chunk");
    BOOST_TEST((loop.run(read_code(*ends.server)) == net::errc::closed));
    BOOST_TEST((loop.run(read_code(*ends.server)) == net::errc::closed));
  }
  {
    sim::RealLoop loop;
    Ends ends = loopback(loop);
    loop.run(shake(ends, files.client(), files.server(), expect("", report)));
    loop.run(write(*ends.client, "half a chunk"));
    ends.client->abort();
    BOOST_TEST(loop.run(read_exactly(*ends.server, 12)) == "half a chunk");
    BOOST_TEST((loop.run(read_code(*ends.server)) == net::errc::truncated));
  }
}

BOOST_AUTO_TEST_CASE(a_time_out_under_TLS_leaves_a_last_word) {
  const sim::TlsFiles files("mail.example.org");
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  loop.run(shake(ends, files.client(), files.server(), expect("", report)));
  BOOST_TEST((loop.run(read_code(*ends.server, 50ms)) == net::errc::timed_out));
  loop.spawn(write_then_close(std::move(ends.server), "421 too slow\r\n"));
  BOOST_TEST(loop.run(read_exactly(*ends.client, 14)) == "421 too slow\r\n");
  BOOST_TEST((loop.run(read_code(*ends.client)) == net::errc::closed));
}

namespace {
Task<net::errc> serve_handshake(net::Link& link, Context context, net::Timeout timeout) {
  TlsExpect nothing;
  auto done = co_await link.start_tls(*context, nothing, timeout);
  co_return code_of(done);
}
}  // namespace

BOOST_AUTO_TEST_CASE(clear_text_in_place_of_a_handshake_is_a_TLS_failure) {
  const std::string texts[] = {"RSET\r\n", "GET / HTTP/1.1\r\n\r\n", std::string("\x16\x03\x01\x00\x05hello", 10)};
  const sim::TlsFiles files("mail.example.org");
  for (const std::string& text : texts) {
    sim::RealLoop loop;
    Ends ends = loopback(loop);
    loop.run(write(*ends.client, text));
    BOOST_TEST((loop.run(serve_handshake(*ends.server, files.server(), 2s)) == net::errc::tls), text);
    BOOST_TEST(ends.server->tls() == nullptr);
  }
}

BOOST_AUTO_TEST_CASE(a_handshake_cut_short_ends_as_what_it_was) {
  const sim::TlsFiles files("mail.example.org");
  {  // a client that says nothing
    sim::RealLoop loop;
    Ends ends = loopback(loop);
    BOOST_TEST((loop.run(serve_handshake(*ends.server, files.server(), 50ms)) == net::errc::timed_out));
  }
  {  // a client that stops in the middle of its hello
    sim::RealLoop loop;
    Ends ends = loopback(loop);
    loop.run(write(*ends.client, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)));
    BOOST_TEST((loop.run(serve_handshake(*ends.server, files.server(), 50ms)) == net::errc::timed_out));
  }
  {  // a client that leaves in the middle of its hello
    sim::RealLoop loop;
    Ends ends = loopback(loop);
    loop.run(write(*ends.client, std::string("\x16\x03\x01\x02\x00\x01", 6)));
    ends.client.reset();
    const auto code = loop.run(serve_handshake(*ends.server, files.server(), 2s));
    BOOST_TEST((code == net::errc::truncated || code == net::errc::closed));
  }
}

namespace {
Task<std::string> starttls_server(net::Link& link, Context context) {
  base::SystemClock clock;
  net::LineReader reader(link, clock);
  auto command = co_await reader.read_line(512, 2s);
  if (!command) co_return "no command";
  auto said = co_await link.write("220 go ahead\r\n", 2s);
  if (!said) co_return "no reply";
  reader.consume(reader.buffered().size());
  TlsExpect nothing;
  auto done = co_await link.start_tls(*context, nothing, 2s);
  if (!done) co_return done.error().text();
  auto inside = co_await reader.read_line(512, 2s);
  co_return inside ? std::string(inside->text) : inside.error().text();
}
Task<> starttls_client(std::unique_ptr<net::Link> link, Context context, std::string ahead) {
  co_await write(*link, "STARTTLS\r\n" + ahead);
  std::array<char, 64> buffer;
  auto reply = co_await link->read_some(buffer, 2s);
  if (!reply) co_return;
  TlsExpect nothing;
  auto done = co_await link->start_tls(*context, nothing, 2s);
  if (done) co_await write(*link, "EHLO inside\r\n");
}
}  // namespace

BOOST_AUTO_TEST_CASE(commands_sent_ahead_of_the_handshake_are_never_read_inside_it) {
  const sim::TlsFiles files("mail.example.org");
  for (const std::string ahead : {"", "RSET\r\n", "RSET\r\nMAIL FROM:<>\r", "NOOP\n"}) {
    sim::RealLoop loop;
    Ends ends = loopback(loop);
    loop.spawn(starttls_client(std::move(ends.client), files.client(), ahead));
    BOOST_TEST(loop.run(starttls_server(*ends.server, files.server())) == "EHLO inside");
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_offers_another_protocol_is_turned_away) {  // RFC 7301 §3.2
  const sim::TlsFiles files("mail.example.org");
  net::TlsServerOptions server;
  server.files = files.files;
  server.alpn = {"imap"};
  const auto server_context = net::TlsContext::server(server);
  BOOST_REQUIRE(server_context);
  for (const std::string offered : {"imap", "http/1.1", ""}) {
    net::TlsClientOptions client;
    client.roots = files.files.certificate;
    if (!offered.empty()) client.alpn = {offered};
    const auto client_context = net::TlsContext::client(client);
    BOOST_REQUIRE(client_context);
    sim::RealLoop loop;
    Ends ends = loopback(loop);
    const auto codes = loop.run(shake(ends, *client_context, *server_context, expect("", report)));
    BOOST_TEST((codes.server == (offered == "http/1.1" ? net::errc::tls : net::errc{})), offered);
  }
}

BOOST_AUTO_TEST_CASE(a_certificate_that_can_not_be_used_is_one_error_that_names_the_file) {
  const sim::TlsFiles good("mail.example.org");
  const sim::TlsFiles other("mail.example.org");
  const sim::TempDir dir;
  const auto garbage = dir.write("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const auto empty = dir.write("empty.pem", "");
  const struct {
    std::filesystem::path certificate;
    std::filesystem::path key;
    std::string named;
  } cases[] = {
      {dir.path() / "absent.pem", good.files.key, "absent.pem"},
      {garbage, good.files.key, "garbage.pem"},
      {empty, good.files.key, "empty.pem"},
      {good.files.certificate, dir.path() / "absent.key", "absent.key"},
      {good.files.certificate, empty, "empty.pem"},
      {good.files.certificate, good.files.certificate, "cert.pem"},
      {good.files.certificate, other.files.key, other.files.key.string()},
  };
  for (const auto& c : cases) {
    net::TlsServerOptions options;
    options.files.certificate = c.certificate;
    options.files.key = c.key;
    const auto made = net::TlsContext::server(options);
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().code == net::errc::certificate));
    BOOST_TEST(made.error().text().find(c.named) != std::string::npos, made.error().text());
  }
  net::TlsClientOptions client;
  client.roots = dir.path() / "absent-roots.pem";
  const auto made = net::TlsContext::client(client);
  BOOST_REQUIRE(!made);
  BOOST_TEST(made.error().text().find("absent-roots.pem") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_certificate_is_made_for_what_is_no_host_name) {
  for (const std::string name : {"", "a,DNS:b", "a b", "a\nb", "*.example.org:"}) BOOST_TEST(!net::make_self_signed(name));
  BOOST_TEST(!net::make_self_signed(std::string(300, 'a')));
  BOOST_TEST(net::make_self_signed(std::string(60, 'a') + "." + std::string(60, 'b') + ".example.org").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
