#include "base/net/listener.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include "base/log.hpp"
#include "base/net/line_reader.hpp"
#include "base/net/loops.hpp"
#include "tests/support/sim_world.hpp"
#include "tests/unit/net/loopback.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::ConnectionLimits;
using net::Endpoint;
using net::IpAddress;
using net::Listener;
using net::Task;

namespace {
const Endpoint mx = *Endpoint::parse("192.0.2.1:25");

IpAddress address(const std::string& text) {
  return *IpAddress::parse(text);
}

Task<> greet_and_hold(net::Connection connection) {
  auto& link = connection.link;
  auto said = co_await link->write("220 hello\r\n", 5s);
  std::array<char, 64> buffer;
  for (bool open = said.has_value(); open;) {
    auto got = co_await link->read_some(buffer, 1h);
    open = got.has_value();
  }
  auto bye = co_await link->write("421 bye\r\n", 5s);
  if (bye) co_await link->close(1s);
}

Listener::Options options(std::string refusal) {
  Listener::Options made;
  made.name = "test";
  made.refusal = std::move(refusal);
  return made;
}
ConnectionLimits::Options limits(std::size_t total, std::size_t per_address) {
  ConnectionLimits::Options made;
  made.total = total;
  made.per_address = per_address;
  return made;
}

struct Met {
  std::unique_ptr<net::Link> link;
  std::string said;
};
/// Connects and reads the first line that the server says; "" where it says none.
Task<Met> meet(net::Connector& connector, Endpoint to, const base::Clock& clock) {
  Met met;
  auto link = co_await connector.connect(to, std::nullopt, 5s);
  if (!link) co_return met;
  met.link = std::move(*link);
  net::LineReader reader(*met.link, clock);
  auto line = co_await reader.read_line(512, 5s);
  if (line) met.said = line->text;
  co_return met;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(listener)

BOOST_AUTO_TEST_CASE(who_comes_over_the_limit_hears_why_and_others_are_served_on) {
  sim::SimWorld world;
  ConnectionLimits counted(limits(100, 2), world.clock);
  Listener listener(std::move(*world.network.listen(mx)), counted, world.timers, greet_and_hold, options("421 too many\r\n"));
  listener.start();
  std::vector<Met> met;
  for (const char* from : {"198.51.100.1", "198.51.100.1", "198.51.100.1", "198.51.100.2"})
    met.push_back(world.run(meet(world.network.from(address(from)), mx, world.clock)));
  BOOST_TEST(met[0].said == "220 hello");
  BOOST_TEST(met[1].said == "220 hello");
  BOOST_TEST(met[2].said == "421 too many");
  BOOST_TEST(met[3].said == "220 hello");
  BOOST_TEST(counted.count() == 3u);
  met[0].link.reset();
  world.settle();
  BOOST_TEST(counted.count() == 2u);
  met.push_back(world.run(meet(world.network.from(address("198.51.100.1")), mx, world.clock)));
  BOOST_TEST(met[4].said == "220 hello");
}

BOOST_AUTO_TEST_CASE(drain_tells_sessions_to_stop_and_each_says_goodbye) {
  sim::SimWorld world;
  ConnectionLimits counted(limits(100, 100), world.clock);
  Listener listener(std::move(*world.network.listen(mx)), counted, world.timers, greet_and_hold, options(""));
  listener.start();
  std::vector<Met> met;
  for (int i = 0; i < 5; ++i) met.push_back(world.run(meet(world.network.from(address("198.51.100.1")), mx, world.clock)));
  BOOST_TEST(listener.sessions() == 5u);
  BOOST_TEST(world.run(listener.drain(10s)) == 0u);
  for (Met& one : met) {
    std::array<char, 64> buffer;
    const auto got = world.run(one.link->read_some(buffer, 1s));
    BOOST_REQUIRE(got);
    BOOST_TEST(std::string(buffer.data(), *got) == "421 bye\r\n");
  }
  BOOST_TEST(counted.count() == 0u);
  const auto late = world.run(meet(world.network.from(address("198.51.100.1")), mx, world.clock));
  BOOST_TEST(!late.link);
}

namespace {
/// Shielded from the greeting until a line has come.
Task<> greet_and_take_a_line(net::Connection connection, const base::Clock* clock) {
  connection.shield->raise();
  auto said = co_await connection.link->write("220 hello\r\n", 5s);
  net::LineReader reader(*connection.link, *clock);
  auto line = co_await reader.read_line(512, 1h);
  auto bye = co_await connection.link->write(line ? "250 taken\r\n" : "421 cut\r\n", 5s);
  if (said && bye) co_await connection.link->close(1s);
}
Task<std::string> finish(net::Link* link, const base::Clock* clock, std::unique_ptr<net::Timer> timer) {
  co_await timer->wait(8s);
  auto sent = co_await link->write("the rest\r\n", 5s);  // too late for one that was cut
  static_cast<void>(sent);
  net::LineReader reader(*link, *clock);
  auto line = co_await reader.read_line(512, 1h);
  co_return line ? std::string(line->text) : std::string("?");
}
}  // namespace

namespace {
/// Waits for lines behind a raised shield: `exposed` to whoever needs the place, or not.
Task<> greet_and_wait(net::Connection connection, bool exposed) {
  connection.shield->raise();
  auto said = co_await connection.link->write("220 hello\r\n", 5s);
  if (exposed) connection.shield->expose();
  connection.place.waits();
  std::array<char, 64> buffer;
  auto got = co_await connection.link->read_some(buffer, 1h);
  const bool told = connection.shield->dismissed() && connection.place.must_leave();
  auto bye = co_await connection.link->write(got ? (told ? "250 and bye\r\n" : "250 ok\r\n") : "421 room\r\n", 5s);
  if (said && bye) co_await connection.link->close(1s);
}
Task<std::string> rest_of(net::Link* link, const base::Clock* clock) {
  net::LineReader reader(*link, *clock);
  auto line = co_await reader.read_line(512, 1s);
  co_return line ? std::string(line->text) : std::string("?");
}
}  // namespace

BOOST_AUTO_TEST_CASE(who_is_asked_to_make_room_is_reached_where_he_is_exposed_and_hears_of_it_later_where_not) {
  for (const bool exposed : {true, false}) {
    sim::SimWorld world;
    ConnectionLimits counted(limits(1, 100), world.clock);
    Listener listener(
        std::move(*world.network.listen(mx)), counted, world.timers,
        [exposed](net::Connection connection) { return greet_and_wait(std::move(connection), exposed); },
        options("421 too many\r\n"));
    listener.start();
    auto first = world.run(meet(world.network.from(address("198.51.100.1")), mx, world.clock));
    auto second = world.run(meet(world.network.from(address("198.51.100.2")), mx, world.clock));
    BOOST_TEST(first.said == "220 hello");
    BOOST_TEST(second.said == "220 hello");
    if (!exposed) BOOST_TEST(world.run(first.link->write("x", 1s)).has_value());
    BOOST_TEST(world.run(rest_of(first.link.get(), &world.clock)) == (exposed ? "421 room" : "250 and bye"));
    BOOST_TEST(world.run(second.link->write("x", 1s)).has_value());
    BOOST_TEST(world.run(rest_of(second.link.get(), &world.clock)) == "250 ok");
    BOOST_TEST(world.run(listener.drain(1s)) == 0u);
  }
}

BOOST_AUTO_TEST_CASE(drain_lets_shielded_sessions_finish_until_its_time_is_over_and_cuts_the_others) {
  for (const auto& [wait, answer] : {std::pair(net::Timeout(10s), "250 taken"), std::pair(net::Timeout(5s), "421 cut")}) {
    sim::SimWorld world;
    ConnectionLimits counted(limits(100, 100), world.clock);
    const auto handler = [&world](net::Connection connection) {
      return greet_and_take_a_line(std::move(connection), &world.clock);
    };
    Listener listener(std::move(*world.network.listen(mx)), counted, world.timers, handler, options(""));
    listener.start();
    auto met = world.run(meet(world.network.from(address("198.51.100.1")), mx, world.clock));
    std::size_t left = 99;
    world.spawn([](Listener& drained, net::Timeout timeout, std::size_t& out) -> Task<> {
      out = co_await drained.drain(timeout);
    }(listener, wait, left));
    BOOST_TEST(world.run(finish(met.link.get(), &world.clock, world.timers.make(world.executor()))) == answer);
    met.link.reset();
    world.advance(10s);
    BOOST_TEST(left == 0u);
    BOOST_TEST(counted.count() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_thousand_silent_connections_do_not_delay_a_new_client) {
  base::log::set_silent();
  net::Loops loops(2);
  net::SystemTimers timers;
  base::SystemClock clock;
  ConnectionLimits counted(limits(1000, 990), clock);
  sim::RealLoop home;
  auto acceptor = net::listen_tcp(loops.executor(0), *Endpoint::parse("127.0.0.1:0"), [&] { return loops.next_executor(); });
  BOOST_REQUIRE(acceptor);
  Listener listener(std::move(*acceptor), counted, timers, greet_and_hold, options("421 too many\r\n"));
  loops.start();
  listener.start();
  net::TcpConnector connector;
  std::vector<Met> met;
  for (int i = 0; i < 990; ++i) met.push_back(home.run(meet(connector, listener.local(), clock)));
  for (int i = 0; i < 100; ++i) {
    const auto over = home.run(meet(connector, listener.local(), clock));
    BOOST_TEST(over.said == "421 too many");
  }
  met.front().link->abort();
  std::string said;
  const auto start = std::chrono::steady_clock::now();
  while (said != "220 hello" && std::chrono::steady_clock::now() - start < 5s)
    said = home.run(meet(connector, listener.local(), clock)).said;
  BOOST_TEST(said == "220 hello");
  BOOST_TEST((std::chrono::steady_clock::now() - start < 1s));
  listener.stop();
  met.clear();
  for (int i = 0; i < 500 && counted.count() > 0; ++i) std::this_thread::sleep_for(10ms);
  BOOST_TEST(counted.count() == 0u);
  loops.stop();
}

namespace {
/// An acceptor that is out of descriptors for a while.
class Starved final : public net::Acceptor {
 public:
  Starved(std::unique_ptr<net::Acceptor> real, int failures) : real_(std::move(real)), failures_(failures) {}
  Task<base::Result<std::unique_ptr<net::Link>>> accept() override {
    ++calls;
    if (failures_-- > 0) co_return base::fail("accept", net::errc::resources);
    auto link = co_await real_->accept();
    co_return link;
  }
  Endpoint local() const override { return real_->local(); }
  net::asio::any_io_executor executor() const override { return real_->executor(); }
  void close() override { real_->close(); }
  int calls = 0;

 private:
  std::unique_ptr<net::Acceptor> real_;
  int failures_;
};
}  // namespace

BOOST_AUTO_TEST_CASE(without_descriptors_the_loop_pauses_longer_and_longer_and_recovers) {
  base::log::set_silent();
  sim::SimWorld world;
  ConnectionLimits counted(limits(10, 10), world.clock);
  auto starved = std::make_unique<Starved>(std::move(*world.network.listen(mx)), 20);
  Starved& acceptor = *starved;
  Listener listener(std::move(starved), counted, world.timers, greet_and_hold, options(""));
  listener.start();
  world.advance(3s);
  BOOST_TEST(acceptor.calls < 12);  // 20 ms doubled up to a second
  world.advance(20s);
  BOOST_TEST(acceptor.calls == 21);
  BOOST_TEST(world.run(meet(world.network.from(address("198.51.100.1")), mx, world.clock)).said == "220 hello");
}

BOOST_AUTO_TEST_CASE(a_process_out_of_descriptors_is_told_as_resources) {
  sim::RealLoop loop;
  auto acceptor = net::listen_tcp(loop.executor(), *Endpoint::parse("127.0.0.1:0"), [&] { return loop.executor(); });
  BOOST_REQUIRE(acceptor);
  net::TcpConnector connector;
  const auto client = loop.run(connector.connect((*acceptor)->local(), std::nullopt, 1s));
  BOOST_REQUIRE(client);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &none);
  const auto failed = loop.run((*acceptor)->accept());
  setrlimit(RLIMIT_NOFILE, &before);
  BOOST_REQUIRE(!failed);
  BOOST_TEST((failed.error().code == net::errc::resources));
  BOOST_TEST(loop.run((*acceptor)->accept()).has_value());  // the connection was kept waiting, not lost
}

BOOST_AUTO_TEST_SUITE_END()
