#include "relay/inbound/space_guard.hpp"

#include <limits>

#include "tests/unit/relay/inbound_world.hpp"

using namespace understudy;
using relay::Space;
using test::InboundWorld;

namespace {
constexpr std::string_view put_off = "452 4.3.1 ";
constexpr std::uint64_t floor_octets = 800;
}  // namespace

BOOST_AUTO_TEST_SUITE(space_guard)

BOOST_AUTO_TEST_CASE(space_is_low_below_the_floor_and_enough_again_an_eighth_above_it) {
  const struct {
    Space before;
    std::uint64_t free, floor;
    Space after;
  } rows[] = {
      {Space::enough, 801, 800, Space::enough}, {Space::enough, 800, 800, Space::enough}, {Space::enough, 799, 800, Space::low},
      {Space::enough, 0, 800, Space::low},      {Space::low, 800, 800, Space::low},       {Space::low, 899, 800, Space::low},
      {Space::low, 900, 800, Space::enough},    {Space::enough, 0, 0, Space::enough},     {Space::low, 0, 0, Space::enough},
  };
  for (const auto& row : rows)
    BOOST_TEST((relay::judge_space(row.before, row.free, row.floor) == row.after), row.free << " of " << row.floor);
}

BOOST_FIXTURE_TEST_CASE(the_medium_is_looked_at_once_a_second_however_often_it_is_asked_for, InboundWorld) {
  int looks = 0;
  std::uint64_t left = 1000;
  const auto measure = [&] {
    ++looks;
    return left;
  };
  relay::SpaceGuard guard(measure, world.clock);
  for (int i = 0; i < 100; ++i) BOOST_TEST(guard.admit(floor_octets).has_value());
  BOOST_TEST(looks == 1);
  left = 10;
  BOOST_TEST(guard.admit(floor_octets).has_value());
  world.advance(std::chrono::seconds(1));
  const auto refused = guard.admit(floor_octets);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == base::errc::busy));
  BOOST_TEST(looks == 2);
}

BOOST_FIXTURE_TEST_CASE(what_is_announced_may_not_go_below_the_floor, InboundWorld) {
  std::uint64_t left = 1000;
  relay::SpaceGuard guard([&] { return left; }, world.clock);
  BOOST_TEST(guard.admit(floor_octets, 200).has_value());
  BOOST_TEST(!guard.admit(floor_octets, 201).has_value());
  BOOST_TEST(!guard.admit(floor_octets, std::numeric_limits<std::uint64_t>::max()).has_value());
  BOOST_TEST((guard.look(floor_octets) == Space::enough));  // one who announces too much keeps nobody else away
  BOOST_TEST(guard.admit(0, std::numeric_limits<std::uint64_t>::max()).has_value());
}

BOOST_FIXTURE_TEST_CASE(mail_is_put_off_while_space_is_low_and_taken_again_by_itself, InboundWorld) {
  options.free_space = floor_octets;
  listen();
  auto client = connect();
  hear(*client);
  ask(*client, "EHLO client.example\r\n");
  free_octets = floor_octets - 1;
  BOOST_TEST(ask(*client, "MAIL FROM:<>\r\n").starts_with(put_off));
  BOOST_TEST(ask(*client, "NOOP\r\n").starts_with("250 "));
  free_octets = 2 * floor_octets;
  world.advance(std::chrono::seconds(1));
  BOOST_TEST(ask(*client, "MAIL FROM:<> SIZE=1000\r\n").starts_with(put_off));
  BOOST_TEST(ask(*client, "MAIL FROM:<> SIZE=100\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n").find("354 ") !=
             std::string::npos);
  BOOST_TEST(ask(*client, "Subject: x\r\n\r\nx\r\n.\r\n").starts_with("250 2.0.0 ok"));
}

BOOST_FIXTURE_TEST_CASE(a_message_under_way_when_the_space_gets_low_is_put_off_and_the_session_stays_in_step, InboundWorld) {
  options.free_space = floor_octets;
  listen();
  for (const bool chunks : {false, true}) {
    free_octets = 2 * floor_octets;
    world.advance(std::chrono::seconds(1));
    auto client = connect_with_envelope();
    ask(*client, chunks ? "BDAT 20\r\nSubject: x\r\n" : "DATA\r\nSubject: x\r\n");
    free_octets = 0;
    world.advance(std::chrono::seconds(1));
    BOOST_TEST(ask(*client, chunks ? "\r\nabcdef" : "\r\nabcdef\r\n.\r\n").starts_with(put_off), "chunks " << chunks);
    BOOST_TEST(ask(*client, "NOOP\r\n").starts_with("250 "));
  }
  BOOST_TEST(accepted() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
