#include "base/net/line_reader.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/sim_world.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::Line;
using net::LineReader;
using net::Task;

namespace {
struct Read {
  std::string text;
  bool bare = false;
  bool nul = false;
  net::errc error{};
  bool operator==(const Read&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Read& read) {
  return out << "'" << read.text << "' bare=" << read.bare << " nul=" << read.nul << " error=" << static_cast<int>(read.error);
}

Task<std::vector<Read>> read_all(net::Link& link, const base::Clock& clock, LineReader::Limits limits, std::size_t max) {
  LineReader reader(link, clock, limits);
  std::vector<Read> reads;
  for (;;) {
    auto line = co_await reader.read_line(max, 10s);
    Read read;
    if (line) {
      read = {std::string(line->text), line->has_bare_cr_or_lf, line->has_nul};
    } else {
      read.error = static_cast<net::errc>(line.error().code.value());
    }
    reads.push_back(read);
    if (!line && read.error != net::errc::too_long) co_return reads;
  }
}

Task<> say(std::unique_ptr<net::Link> link, std::string text) {
  auto said = co_await link->write(text, 60s);
  if (said) co_await link->close(1s);
}

std::vector<Read> read_back(const std::string& text, std::size_t piece, std::size_t max = 512,
                            LineReader::Limits limits = LineReader::Limits()) {
  sim::SimWorld world;
  world.network.wire().max_read = piece;
  auto [client, server] = world.network.pair();
  world.spawn(say(std::move(client), text));
  return world.run(read_all(*server, world.clock, limits, max));
}

const Read closed{"", false, false, net::errc::closed};
const Read too_long{"", false, false, net::errc::too_long};
const Read flood{"", false, false, net::errc::flood};
}  // namespace

BOOST_AUTO_TEST_SUITE(line_reader)

BOOST_AUTO_TEST_CASE(a_line_ends_at_CRLF_and_at_nothing_else) {  // RFC 5321 §2.3.8
  const struct {
    std::string text;
    std::vector<Read> reads;
  } cases[] = {
      {"NOOP\r\nQUIT\r\n", {{"NOOP"}, {"QUIT"}, closed}},
      {"\r\n\r\n", {{""}, {""}, closed}},
      {"a\nb\r\n", {{"a\nb", true}, closed}},
      {"a\rb\r\n", {{"a\rb", true}, closed}},
      {"a\r\r\nb\r\n", {{"a\r", true}, {"b"}, closed}},
      {"a\n\r\n", {{"a\n", true}, closed}},
      {"\n\r\n", {{"\n", true}, closed}},
      {std::string("a\0b\r\n", 5), {{std::string("a\0b", 3), false, true}, closed}},
      {"\xff\xfe\r\n", {{"\xff\xfe"}, closed}},
      {"no end", {closed}},
      {"no end\r", {closed}},
      {"no end\n", {closed}},
  };
  for (const auto& c : cases)
    for (std::size_t piece = 1; piece <= c.text.size(); ++piece) {
      const auto reads = read_back(c.text, piece);
      BOOST_TEST(reads == c.reads, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_line_too_long_is_told_once_and_the_next_one_is_read) {
  const std::string over(11, 'x');
  const std::string just(10, 'y');
  const struct {
    std::string text;
    std::vector<Read> reads;
  } cases[] = {
      {just + "\r\nb\r\n", {{just}, {"b"}, closed}},
      {over + "\r\nb\r\n", {too_long, {"b"}, closed}},
      {just + "\r\r\nb\r\n", {too_long, {"b"}, closed}},
      {std::string(100, 'x') + "\n.\r" + "x\r\nb\r\n", {too_long, {"b"}, closed}},
      {over + "\r\n" + over + "\r\n", {too_long, too_long, closed}},
      {over, {closed}},
      {over + "\r", {closed}},
      {std::string(64, 'x') + "\r\n", {too_long, closed}},
      {std::string(200, 'x') + "\r\nb\r\n", {flood}},
  };
  LineReader::Limits limits;
  limits.capacity = 16;
  limits.drain = 150;
  for (const auto& c : cases)
    for (const std::size_t piece : {1, 2, 3, 7, 12, 13, 16, 1000}) {
      const auto reads = read_back(c.text, piece, 12, limits);
      BOOST_TEST(reads == c.reads, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_line_as_long_as_the_buffer_fits) {
  LineReader::Limits limits;
  limits.capacity = 16;
  const std::string just(14, 'x');
  BOOST_TEST(read_back("ab\r\n" + just + "\r\n" + just + "\r\n", 5, 1000, limits) ==
                 (std::vector<Read>{{"ab"}, {just}, {just}, closed}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sixteen_megabytes_without_a_line_end_cost_bounded_work) {
  const auto reads = read_back(std::string(16 * 1024 * 1024, 'x'), 4096);
  BOOST_TEST(reads == std::vector<Read>{flood}, boost::test_tools::per_element());
}

namespace {
Task<> drip(net::Link& link, net::Timer& timer, int octets) {
  for (int i = 0; i < octets; ++i) {
    co_await timer.wait(1s);
    auto said = co_await link.write("x", 1s);
    if (!said) co_return;
  }
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_client_who_drips_octets_is_cut_at_the_deadline_of_the_line) {
  sim::SimWorld world;
  auto [client, server] = world.network.pair();
  auto timer = world.timers.make(world.executor());
  const auto start = world.clock.steady();
  world.spawn(drip(*client, *timer, 100));
  const auto reads = world.run(read_all(*server, world.clock, LineReader::Limits(), 512));
  BOOST_TEST((reads.back().error == net::errc::timed_out));
  BOOST_TEST((world.clock.steady() - start == 10s));
}

namespace {
Task<std::string> read_body(net::Link& link, const base::Clock& clock) {
  LineReader::Limits limits;
  limits.capacity = 64;
  LineReader reader(link, clock, limits);
  std::string all;
  auto command = co_await reader.read_line(32, 10s);
  if (!command) co_return "error";
  for (;;) {
    const std::string_view seen = reader.buffered();
    const std::size_t half = (seen.size() + 1) / 2;  // what is left must stay in place and in order
    all += seen.substr(0, half);
    reader.consume(half);
    if (reader.has_buffered()) continue;
    auto got = co_await reader.fill(10s);
    if (!got) co_return all;
  }
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_body_passes_octet_for_octet_behind_a_command) {
  sim::SimRandom random(7);
  const std::string body = random.octets(5000);
  for (const std::size_t piece : {1, 3, 63, 64, 65, 5000}) {
    sim::SimWorld world;
    world.network.wire().max_read = piece;
    auto [client, server] = world.network.pair();
    world.spawn(say(std::move(client), "DATA\r\n" + body));
    BOOST_TEST(world.run(read_body(*server, world.clock)) == body);
  }
}

namespace {
Task<std::size_t> fill_without_eating(net::Link& link, const base::Clock& clock) {
  LineReader::Limits limits;
  limits.capacity = 64;
  LineReader reader(link, clock, limits);
  for (;;) {
    auto got = co_await reader.fill(10s);
    if (got) continue;
    BOOST_TEST((got.error().code == net::errc::too_long));
    co_return reader.buffered().size();
  }
}

Task<std::string> ahead_of_tls(net::Link& link, const base::Clock& clock) {
  LineReader reader(link, clock);
  auto command = co_await reader.read_line(512, 10s);
  BOOST_REQUIRE(command);
  BOOST_TEST(command->text == "STARTTLS");
  BOOST_TEST(reader.has_buffered());
  std::string ahead(reader.buffered());
  reader.consume(ahead.size());
  BOOST_TEST(!reader.has_buffered());
  co_return ahead;
}
}  // namespace

BOOST_AUTO_TEST_CASE(the_buffer_never_grows_over_its_capacity) {
  sim::SimWorld world;
  auto [client, server] = world.network.pair();
  world.spawn(say(std::move(client), std::string(1000, 'x')));
  BOOST_TEST(world.run(fill_without_eating(*server, world.clock)) == 64u);
}

BOOST_AUTO_TEST_CASE(commands_in_the_segment_of_STARTTLS_are_seen_before_the_handshake) {  // RFC 3207 §4.2
  sim::SimWorld world;
  auto [client, server] = world.network.pair();
  world.spawn(say(std::move(client), "STARTTLS\r\nRSET\r\n"));
  BOOST_TEST(world.run(ahead_of_tls(*server, world.clock)) == "RSET\r\n");
}

BOOST_AUTO_TEST_CASE(a_rate_floor_is_broken_by_a_drip_and_kept_by_a_stream) {
  sim::SimClock clock;
  net::RateFloor floor(1000, 10s, clock);
  BOOST_TEST((floor.left() == 10s));
  floor.count(5000);
  BOOST_TEST((floor.left() == 15s));
  clock.advance(14s);
  BOOST_TEST((floor.left() == 1s));
  clock.advance(2s);
  BOOST_TEST((floor.left() == 0s));
  floor.count(100'000);
  BOOST_TEST((floor.left() == 99s));
}

BOOST_AUTO_TEST_CASE(without_a_floor_there_is_always_time_left) {
  sim::SimClock clock;
  net::RateFloor floor(0, 0s, clock);
  clock.advance(std::chrono::hours(1000));
  BOOST_TEST((floor.left() > std::chrono::hours(1)));
}

BOOST_AUTO_TEST_SUITE_END()
