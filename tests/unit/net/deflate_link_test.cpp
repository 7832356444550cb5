/// Compressed links over loopback: what goes in comes out, time-outs are for the whole call, and what is no deflate ends it.
#include "base/net/deflate_link.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/real_loop.hpp"
#include "tests/unit/net/loopback.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::DeflateLink;
using net::Task;
using net::test::code_of;
using net::test::Ends;
using net::test::loopback;

namespace {
constexpr std::string_view empty_block("\x00\x00\x00\xff\xff", 5);  // stored, of no octets: RFC 1951 §3.2.4

Task<> send_and_close(std::unique_ptr<net::Link> link, std::string text) {
  auto said = co_await link->write(text, 5s);
  BOOST_TEST(said.has_value());
  co_await link->close(2s);
}

Task<std::string> read_all(net::Link& link) {
  std::string all;
  std::vector<char> buffer(1000);
  for (;;) {
    auto got = co_await link.read_some(buffer, 5s);
    if (!got) co_return all;
    all.append(buffer.data(), *got);
  }
}

/// One of them every ten milliseconds: something always comes, and it is never anything.
Task<> trickle(net::Link& link) {
  boost::asio::steady_timer timer(link.executor());
  for (int i = 0; i < 300; ++i) {
    auto written = co_await link.write(empty_block, 1s);
    if (!written) co_return;
    timer.expires_after(10ms);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

Task<net::errc> read_code(net::Link& link, net::Timeout timeout) {
  std::array<char, 16> buffer;
  auto got = co_await link.read_some(buffer, timeout);
  co_return code_of(got);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(deflate_link)

BOOST_AUTO_TEST_CASE(what_one_side_writes_the_other_reads) {
  for (const std::size_t size : {1UL, 1000UL, 65'536UL, 3'000'000UL}) {
    sim::RealLoop loop;
    Ends ends = loopback(loop, "127.0.0.1");
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i * 2'654'435'761U % 1'000'003);
    auto sender = std::make_unique<DeflateLink>(std::move(ends.client), "");
    DeflateLink reader(std::move(ends.server), "");
    loop.spawn(send_and_close(std::move(sender), text));
    BOOST_TEST((loop.run(read_all(reader)) == text));
  }
}

BOOST_AUTO_TEST_CASE(blocks_without_octets_do_not_put_off_the_time_out) {
  sim::RealLoop loop;
  Ends ends = loopback(loop, "127.0.0.1");
  DeflateLink reader(std::move(ends.server), "");
  loop.spawn(trickle(*ends.client));
  const auto began = std::chrono::steady_clock::now();
  BOOST_TEST((loop.run(read_code(reader, 200ms)) == net::errc::timed_out));
  BOOST_TEST((std::chrono::steady_clock::now() - began < 1500ms));
}

BOOST_AUTO_TEST_CASE(what_was_read_before_compression_began_comes_first) {
  sim::RealLoop loop;
  Ends ends = loopback(loop, "127.0.0.1");
  DeflateLink reader(std::move(ends.server), std::string("\x01\x02\x00\xfd\xffhi", 7));  // a stored block, the last one
  BOOST_TEST(loop.run(read_all(reader)) == "hi");
}

BOOST_AUTO_TEST_CASE(what_is_no_deflate_is_malformed) {
  sim::RealLoop loop;
  Ends ends = loopback(loop, "127.0.0.1");
  DeflateLink reader(std::move(ends.server), "\x07 a block of no kind");
  std::array<char, 16> buffer;
  auto read = [](net::Link& link, std::span<char> into) -> Task<base::Error> {
    auto got = co_await link.read_some(into, 1s);
    co_return got ? base::Error{} : got.error();
  };
  BOOST_TEST((loop.run(read(reader, buffer)).code == base::errc::malformed));
}

BOOST_AUTO_TEST_SUITE_END()
