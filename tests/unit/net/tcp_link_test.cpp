/// The real links over loopback: ends, time-outs and being told to stop, in the clear.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include "base/net/acceptor.hpp"
#include "base/net/connector.hpp"
#include "base/net/task_group.hpp"
#include "tests/support/real_loop.hpp"
#include "tests/unit/net/loopback.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::Task;
using net::test::code_of;
using net::test::Ends;
using net::test::loopback;

namespace {
Task<base::Result<std::string>> read_until_end(net::Link& link, net::Timeout timeout) {
  std::string all;
  std::vector<char> buffer(4096);
  for (;;) {
    auto got = co_await link.read_some(buffer, timeout);
    if (got) {
      all.append(buffer.data(), *got);
      continue;
    }
    if (got.error().code == net::errc::closed) co_return all;
    co_return std::unexpected(got.error());
  }
}

Task<> send_and_close(std::unique_ptr<net::Link> link, std::string text) {
  auto said = co_await link->write(text, 5s);
  BOOST_TEST(said.has_value());
  co_await link->close(2s);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(tcp_link)

BOOST_AUTO_TEST_CASE(what_one_side_writes_the_other_reads_and_then_the_end) {
  sim::RealLoop loop;
  for (const char* address : {"127.0.0.1", "::1"}) {
    Ends ends = loopback(loop, address);
    if (!ends.client) continue;  // no IPv6 here
    BOOST_TEST((ends.client->peer() == ends.server->local()));
    BOOST_TEST((ends.client->local() == ends.server->peer()));
    const std::string text(3'000'000, 'x');
    loop.spawn(send_and_close(std::move(ends.client), text));
    const auto read = loop.run(read_until_end(*ends.server, 5s));
    BOOST_REQUIRE(read);
    BOOST_TEST((*read == text));
  }
}

namespace {
Task<net::errc> read_code(net::Link& link, net::Timeout timeout) {
  std::array<char, 16> buffer;
  auto got = co_await link.read_some(buffer, timeout);
  co_return code_of(got);
}
Task<net::errc> write_code(net::Link& link, std::string text, net::Timeout timeout) {
  auto done = co_await link.write(text, timeout);
  co_return code_of(done);
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_silent_peer_is_a_time_out_for_the_reader) {
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST((loop.run(read_code(*ends.server, 50ms)) == net::errc::timed_out));
  BOOST_TEST((std::chrono::steady_clock::now() - start >= 50ms));
  BOOST_TEST((loop.run(write_code(*ends.server, "421 too slow\r\n", 1s)) == net::errc{}));
  BOOST_TEST((loop.run(read_code(*ends.client, 1s)) == net::errc{}));
}

BOOST_AUTO_TEST_CASE(a_peer_that_reads_nothing_is_a_time_out_for_the_writer) {
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  BOOST_TEST((loop.run(write_code(*ends.server, std::string(64'000'000, 'x'), 100ms)) == net::errc::timed_out));
}

BOOST_AUTO_TEST_CASE(a_deadline_moved_forward_still_holds) {
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  BOOST_TEST((loop.run(write_code(*ends.client, "x", 1s)) == net::errc{}));
  BOOST_TEST((loop.run(read_code(*ends.server, 60s)) == net::errc{}));  // leaves the timer waiting for a minute
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST((loop.run(read_code(*ends.server, 50ms)) == net::errc::timed_out));
  BOOST_TEST((std::chrono::steady_clock::now() - start < 5s));
}

BOOST_AUTO_TEST_CASE(a_deadline_moved_back_does_not_bite_early) {
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  BOOST_TEST((loop.run(write_code(*ends.client, "x", 1s)) == net::errc{}));
  BOOST_TEST((loop.run(read_code(*ends.server, 100ms)) == net::errc{}));
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST((loop.run(read_code(*ends.server, 300ms)) == net::errc::timed_out));
  BOOST_TEST((std::chrono::steady_clock::now() - start >= 300ms));
}

BOOST_AUTO_TEST_CASE(a_link_aborted_with_unread_octets_is_a_reset_for_the_peer) {
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  BOOST_TEST((loop.run(write_code(*ends.client, "never read", 1s)) == net::errc{}));
  ends.server.reset();
  BOOST_TEST((loop.run(read_code(*ends.client, 1s)) == net::errc::reset));
}

BOOST_AUTO_TEST_CASE(a_closed_link_says_its_last_words_to_a_peer_that_talks_on) {
  sim::RealLoop loop;
  net::SystemTimers timers;
  auto timer = timers.make(loop.executor());
  Ends ends = loopback(loop);
  BOOST_TEST((loop.run(write_code(*ends.client, "pipelined commands that nobody will read", 1s)) == net::errc{}));
  loop.spawn(send_and_close(std::move(ends.server), "421 bye\r\n"));
  const auto read = loop.run(read_until_end(*ends.client, 1s));
  BOOST_REQUIRE(read);
  BOOST_TEST(*read == "421 bye\r\n");
  for (int i = 0; i < 3; ++i) {  // a reset would answer the first, and end the second
    BOOST_TEST((loop.run(write_code(*ends.client, "NOOP\r\n", 1s)) == net::errc{}));
    loop.run(timer->wait(10ms));
  }
}

namespace {
Task<> abort_soon(net::Link& link, net::Timer& timer) {
  co_await timer.wait(20ms);
  link.abort();
}
Task<bool> close_takes(net::Link& link, net::Timeout limit) {
  const auto start = std::chrono::steady_clock::now();
  co_await link.close(limit);
  co_return std::chrono::steady_clock::now() - start < limit + 1s;
}
}  // namespace

BOOST_AUTO_TEST_CASE(abort_ends_a_read_under_way_as_cancelled) {
  sim::RealLoop loop;
  net::SystemTimers timers;
  Ends ends = loopback(loop);
  auto timer = timers.make(loop.executor());
  loop.spawn(abort_soon(*ends.server, *timer));
  BOOST_TEST((loop.run(read_code(*ends.server, 10s)) == net::errc::cancelled));
  BOOST_TEST((loop.run(read_code(*ends.server, 10s)) == net::errc::cancelled));
  BOOST_TEST((loop.run(write_code(*ends.server, "x", 10s)) == net::errc::cancelled));
}

BOOST_AUTO_TEST_CASE(close_is_bounded_against_a_peer_that_stays) {
  sim::RealLoop loop;
  Ends ends = loopback(loop);
  BOOST_TEST(loop.run(close_takes(*ends.server, 100ms)));
}

namespace {
struct Seen {
  net::errc read{};
  net::errc later_read{};
  net::errc write{};
  net::Waited waited = net::Waited::expired;
};
Task<> session(net::Link* link, std::unique_ptr<net::Timer> timer, Seen* seen) {
  seen->read = co_await read_code(*link, 60s);
  seen->later_read = co_await read_code(*link, 60s);
  seen->waited = co_await timer->wait(60s);
  seen->write = co_await write_code(*link, "421 going down\r\n", 1s);
}
Task<std::size_t> stop_soon(net::TaskGroup& group, net::Timer& timer) {
  co_await timer.wait(20ms);
  group.cancel();
  co_return co_await group.wait(5s);
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_task_told_to_stop_reads_no_more_but_says_why_it_leaves) {
  sim::RealLoop loop;
  net::SystemTimers timers;
  Ends ends = loopback(loop);
  net::TaskGroup group(loop.executor(), timers);
  auto timer = timers.make(loop.executor());
  Seen seen;
  group.spawn(loop.executor(), "session", session(ends.server.get(), timers.make(loop.executor()), &seen));
  BOOST_TEST(loop.run(stop_soon(group, *timer)) == 0u);
  BOOST_TEST((seen.read == net::errc::cancelled));
  BOOST_TEST((seen.later_read == net::errc::cancelled));
  BOOST_TEST((seen.waited == net::Waited::cancelled));
  BOOST_TEST((seen.write == net::errc{}));
  BOOST_TEST((loop.run(read_code(*ends.client, 1s)) == net::errc{}));
}

namespace {
Task<net::errc> connect_code(std::string to, std::optional<net::IpAddress> source, net::Timeout timeout) {
  net::TcpConnector connector;
  auto link = co_await connector.connect(*net::Endpoint::parse(to), source, timeout);
  co_return code_of(link);
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_connect_that_fails_says_how) {
  sim::RealLoop loop;
  const auto port = std::to_string(sim::free_port());
  BOOST_TEST((loop.run(connect_code("127.0.0.1:" + port, std::nullopt, 1s)) == net::errc::refused));
  const auto far = net::IpAddress::parse("192.0.2.77");  // not an address of this machine
  BOOST_TEST((loop.run(connect_code("127.0.0.1:" + port, *far, 1s)) == net::errc::unreachable));
}

BOOST_AUTO_TEST_CASE(a_source_address_is_used) {
  sim::RealLoop loop;
  Ends ends = loopback(loop, "127.0.0.1", "127.0.0.5");
  BOOST_TEST(ends.server->peer().address.text() == "127.0.0.5");
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_an_error_that_names_it) {
  sim::RealLoop loop;
  const auto live_on = [&] { return loop.executor(); };
  const auto first = net::listen_tcp(loop.executor(), *net::Endpoint::parse("127.0.0.1:0"), live_on);
  BOOST_REQUIRE(first);
  const auto second = net::listen_tcp(loop.executor(), (*first)->local(), live_on);
  BOOST_REQUIRE(!second);
  BOOST_TEST(second.error().text().find((*first)->local().text()) != std::string::npos);
  BOOST_TEST(second.error().text().find("in use") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
