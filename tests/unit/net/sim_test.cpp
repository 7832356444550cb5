/// The made-up world itself, and what it is for: a whole session, with TLS, with each of its steps failing in turn.
#include <boost/test/unit_test.hpp>

#include "base/net/line_reader.hpp"
#include "base/net/listener.hpp"
#include "tests/support/sim_world.hpp"
#include "tests/support/tls_files.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::Endpoint;
using net::errc;
using net::Task;

namespace {
const Endpoint mx = *Endpoint::parse("192.0.2.1:25");
const net::IpAddress client_address = *net::IpAddress::parse("198.51.100.1");

const sim::TlsFiles& files() {
  static const sim::TlsFiles made("mx.example.org");
  return made;
}
std::shared_ptr<const net::TlsContext> server_context() {
  static const auto made = files().server();
  return made;
}
std::shared_ptr<const net::TlsContext> client_context() {
  static const auto made = files().client();
  return made;
}

template <class T>
errc code_of(const base::Result<T>& result) {
  return result ? errc{} : static_cast<errc>(result.error().code.value());
}

struct Log {
  std::vector<std::string> commands;
  bool ended = false;
};

/// Echoes commands, upgrades on STARTTLS, leaves on QUIT.
Task<base::Result<>> converse(net::Link& link, const base::Clock& clock, Log& log) {
  net::LineReader reader(link, clock);
  auto sent = co_await link.write("220 hello\r\n", 10s);
  while (sent) {
    auto line = co_await reader.read_line(512, 300s);
    if (!line) co_return std::unexpected(line.error());
    const std::string command(line->text);
    log.commands.push_back(command);
    sent = co_await link.write("250 " + command + "\r\n", 10s);
    if (!sent) break;
    if (command == "QUIT") co_return sent;
    if (command != "STARTTLS") continue;
    reader.consume(reader.buffered().size());
    const auto context = server_context();
    net::TlsExpect nothing;
    sent = co_await link.start_tls(*context, nothing, 30s);
  }
  co_return sent;
}

Task<> serve(std::unique_ptr<net::Link> link, const base::Clock& clock, std::shared_ptr<Log> log) {
  auto talked = co_await converse(*link, clock, *log);
  if (talked) co_await link->close(2s);
  log->ended = true;
}

Task<base::Result<>> exchange(net::Link& link, net::LineReader& reader, std::string command) {
  auto sent = co_await link.write(command + "\r\n", 10s);
  if (!sent) co_return sent;
  auto reply = co_await reader.read_line(512, 300s);
  if (!reply) co_return std::unexpected(reply.error());
  co_return base::Result<>();
}

/// MX, address, connect, STARTTLS, three commands: "" where all went well, else what did not.
Task<std::string> deliver(sim::SimWorld& world) {
  auto hosts = co_await world.dns.mx("example.org");
  if (!hosts || hosts->status != net::DnsStatus::found) co_return "mx";
  auto addresses = co_await world.dns.addresses(hosts->records.front().exchange, net::Families::both);
  if (!addresses || addresses->status != net::DnsStatus::found) co_return "addresses";
  const Endpoint to{addresses->addresses.front(), 25};
  auto link = co_await world.network.from(client_address).connect(to, std::nullopt, 30s);
  if (!link) co_return "connect";
  net::LineReader reader(**link, world.clock);
  auto greeting = co_await reader.read_line(512, 300s);
  if (!greeting) co_return "greeting";
  auto offered = co_await exchange(**link, reader, "STARTTLS");
  if (!offered) co_return "STARTTLS";
  const auto context = client_context();
  net::TlsExpect expect;
  expect.name = "mx.example.org";
  expect.verify = net::TlsExpect::Verify::demand;
  auto secured = co_await (*link)->start_tls(*context, expect, 30s);
  if (!secured) co_return "handshake: " + secured.error().text();
  for (const std::string command : {"EHLO x", "NOOP", "QUIT"}) {
    auto answered = co_await exchange(**link, reader, command);
    if (!answered) co_return command;
  }
  co_await (*link)->close(2s);
  co_return "";
}

struct Run {
  std::string failed;
  std::shared_ptr<Log> log = std::make_shared<Log>();
};
Run run(sim::SimWorld& world) {
  Run run;
  world.dns.set_mx("example.org", {{10, "mx.example.org"}});
  world.dns.set_addresses("mx.example.org", {"192.0.2.1"});
  world.network.trust(mx, {"mx.example.org"});
  net::ConnectionLimits limits({}, world.clock);
  net::Listener::Options options;
  const auto handler = [&world, log = run.log](net::Connection connection) {
    return serve(std::move(connection.link), world.clock, log);
  };
  net::Listener listener(std::move(*world.network.listen(mx)), limits, world.timers, handler, options);
  listener.start();
  run.failed = world.run(deliver(world));
  BOOST_TEST(world.run(listener.drain(10min)) == 0u);
  return run;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(sim_world)

BOOST_AUTO_TEST_CASE(a_session_upgrades_to_TLS_and_ends_in_order) {
  sim::SimWorld world;
  const auto start = world.clock.steady();
  const Run done = run(world);
  BOOST_TEST(done.failed == "");
  BOOST_TEST(done.log->commands == (std::vector<std::string>{"STARTTLS", "EHLO x", "NOOP", "QUIT"}));
  BOOST_TEST((world.clock.steady() == start));  // nothing had to wait
}

BOOST_AUTO_TEST_CASE(a_session_ends_whichever_step_of_it_fails) {
  for (const errc how : {errc::reset, errc::timed_out, errc::closed}) {
    const auto failures = sim::with_every_failure(
        [](sim::SimWorld& world) {
          const Run done = run(world);
          BOOST_TEST((!world.faults.hit() || !done.failed.empty() || done.log->commands.size() == 4));
          BOOST_TEST((done.log->ended || done.log->commands.empty()));
        },
        how);
    BOOST_TEST(failures > 20u);
  }
}

BOOST_AUTO_TEST_CASE(a_session_in_pieces_of_every_size_says_the_same) {
  for (const std::size_t piece : {1, 2, 3, 5, 100}) {
    sim::SimWorld world;
    world.network.wire().max_read = piece;
    world.network.wire().capacity = 4;
    const Run done = run(world);
    BOOST_TEST(done.failed == "");
    BOOST_TEST(done.log->commands.size() == 4u);
  }
}

BOOST_AUTO_TEST_CASE(a_certificate_that_nobody_trusts_ends_the_handshake_of_who_demands) {
  sim::SimWorld world;
  auto [client, server] = world.network.pair();
  auto log = std::make_shared<Log>();
  world.spawn(serve(std::move(server), world.clock, log));
  net::TlsExpect expect;
  expect.verify = net::TlsExpect::Verify::demand;
  net::LineReader reader(*client, world.clock);
  BOOST_TEST(world.run(exchange(*client, reader, "STARTTLS")).has_value());  // this reads the greeting
  BOOST_TEST(world.run(reader.read_line(512, 1s)).has_value());
  BOOST_TEST((code_of(world.run(client->start_tls(*client_context(), expect, 5s))) == errc::certificate));
  world.advance(1s);
  BOOST_TEST(log->ended);
}

BOOST_AUTO_TEST_CASE(clear_text_before_a_handshake_breaks_it_as_it_does_on_a_real_wire) {
  sim::SimWorld world;
  auto [client, server] = world.network.pair();
  BOOST_TEST(world.run(client->write("RSET\r\n", 1s)).has_value());
  net::TlsExpect nothing;
  BOOST_TEST((code_of(world.run(server->start_tls(*server_context(), nothing, 5s))) == errc::tls));
}

namespace {
Task<errc> read_code(net::Link& link, net::Timeout timeout) {
  std::array<char, 16> buffer;
  auto got = co_await link.read_some(buffer, timeout);
  co_return code_of(got);
}
}  // namespace

BOOST_AUTO_TEST_CASE(ends_in_the_clear_and_cuts_are_told_apart) {
  sim::SimWorld world;
  {
    auto [client, server] = world.network.pair();
    world.run(client->close(1s));
    BOOST_TEST((world.run(read_code(*server, 1s)) == errc::closed));
    BOOST_TEST((world.run(read_code(*server, 1s)) == errc::closed));
    BOOST_TEST((code_of(world.run(server->write("x", 1s))) == errc::reset));
  }
  {
    auto [client, server] = world.network.pair();
    BOOST_TEST(world.run(server->write("unread", 1s)).has_value());
    client.reset();
    BOOST_TEST((world.run(read_code(*server, 1s)) == errc::reset));
  }
  {
    auto [client, server] = world.network.pair();
    server->abort();
    BOOST_TEST((world.run(read_code(*server, 1s)) == errc::cancelled));
  }
}

BOOST_AUTO_TEST_CASE(a_machine_without_power_is_silence_to_its_peers) {
  sim::SimWorld world;
  const auto listening = world.network.listen(mx);
  BOOST_REQUIRE(listening);
  net::Connector& from = world.network.from(client_address);
  auto link = world.run(from.connect(mx, std::nullopt, 5s));
  BOOST_REQUIRE(link);
  world.network.power_off(mx.address);
  const auto start = world.clock.steady();
  BOOST_TEST((world.run(read_code(**link, 300s)) == errc::timed_out));
  BOOST_TEST((code_of(world.run(from.connect(mx, std::nullopt, 5s))) == errc::timed_out));
  BOOST_TEST((world.clock.steady() - start == 305s));
  world.network.power_on(mx.address);
  BOOST_TEST(world.run(from.connect(mx, std::nullopt, 5s)).has_value());
  world.network.set_weather(mx.address, sim::SimNetwork::Weather::refusing);
  BOOST_TEST((code_of(world.run(from.connect(mx, std::nullopt, 5s))) == errc::refused));
}

BOOST_AUTO_TEST_CASE(a_full_pipe_holds_the_writer_up_until_his_time_is_over) {
  sim::SimWorld world;
  auto [client, server] = world.network.pair();
  BOOST_TEST((code_of(world.run(client->write(std::string(1'000'000, 'x'), 5s))) == errc::timed_out));
}

BOOST_AUTO_TEST_SUITE_END()
