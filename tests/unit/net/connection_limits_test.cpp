#include "base/net/connection_limits.hpp"

#include <list>

#include "tests/support/sim_clock.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::ConnectionLimits;

namespace {

net::IpAddress address(const std::string& text) {
  return *net::IpAddress::parse(text);
}

ConnectionLimits::Options limits(std::size_t total, std::size_t per_address) {
  ConnectionLimits::Options made;
  made.total = total;
  made.per_address = per_address;
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(connection_limits)

BOOST_AUTO_TEST_CASE(other_limits_hold_for_who_comes_next_and_drive_nobody_out) {
  const auto from = *net::IpAddress::parse("192.0.2.1");
  sim::SimClock clock;
  ConnectionLimits counted(limits(10, 2), clock);
  const auto first = counted.admit(from), second = counted.admit(from);
  BOOST_TEST(!counted.admit(from));
  ConnectionLimits::Options wish = limits(10, 1);
  wish.unlimited.push_back(*net::Network::parse("192.0.2.1/32"));
  counted.replace_options(wish);
  BOOST_TEST(counted.count() == 2u);
  BOOST_TEST(counted.admit(from).has_value());
  counted.replace_options(limits(10, 3));
  const auto third = counted.admit(from);
  BOOST_TEST(third.has_value());
  BOOST_TEST(!counted.admit(from));
}

BOOST_AUTO_TEST_CASE(places_are_counted_in_all_and_by_address_and_given_back) {
  ConnectionLimits::Options wish = limits(4, 2);
  wish.unlimited.push_back(*net::Network::parse("198.51.100.0/24"));
  sim::SimClock clock;
  ConnectionLimits counted(wish, clock);
  std::vector<ConnectionLimits::Place> held;
  const auto admit = [&](const char* from) {
    auto place = counted.admit(address(from));
    const bool admitted = place.has_value();
    if (admitted) held.push_back(std::move(*place));
    return admitted;
  };
  BOOST_TEST(admit("2001:db8:0:1::1"));
  BOOST_TEST(admit("2001:db8:0:1::2"));
  BOOST_TEST(!admit("2001:db8:0:1:ffff::3"));  // the same /64
  BOOST_TEST(admit("2001:db8:0:2::1"));
  BOOST_TEST(admit("198.51.100.7"));
  BOOST_TEST(!admit("203.0.113.9"));  // four in all
  held.clear();
  BOOST_TEST(counted.count() == 0u);
  for (int i = 0; i < 4; ++i) BOOST_TEST(admit("198.51.100.7"));
}

BOOST_AUTO_TEST_CASE(at_the_limit_who_has_waited_longest_is_asked_to_leave_and_counts_no_more) {
  sim::SimClock clock;
  ConnectionLimits counted(limits(3, 100), clock);
  std::string asked;
  std::vector<ConnectionLimits::Place> held;
  const auto admit = [&](char name) {
    auto place = counted.admit(address("192.0.2.1"), ConnectionLimits::Standing::ordinary, [&asked, name] { asked += name; });
    const bool admitted = place.has_value();
    if (admitted) held.push_back(std::move(*place));
    return admitted;
  };
  for (const char name : {'a', 'b', 'c'}) BOOST_TEST(admit(name));
  BOOST_TEST(!admit('x'));  // nobody waits
  BOOST_TEST((held[1].waits() && held[0].waits() && held[2].waits()));
  held[2].stays();
  BOOST_TEST(held[0].waits());  // anew: b, a
  BOOST_TEST(admit('d'));
  BOOST_TEST(asked == "b");
  BOOST_TEST(counted.count() == 3u);
  BOOST_TEST(held[1].must_leave());
  BOOST_TEST(!held[1].waits());  // asked once is asked for good
  BOOST_TEST(!held[0].must_leave());
  BOOST_TEST(admit('e'));
  BOOST_TEST(asked == "ba");
  BOOST_TEST(!admit('y'));
  held[2].waits(60s);  // but not for a minute
  clock.advance(59s);
  BOOST_TEST(!admit('y'));
  clock.advance(1s);
  BOOST_TEST(admit('f'));
  BOOST_TEST(asked == "bac");
  held.clear();
  BOOST_TEST(counted.count() == 0u);
}

BOOST_AUTO_TEST_CASE(the_last_places_are_kept_for_submission_and_for_clients) {
  ConnectionLimits::Options wish = limits(5, 100);
  wish.reserved = 2;
  wish.unlimited.push_back(*net::Network::parse("198.51.100.0/24"));
  sim::SimClock clock;
  ConnectionLimits counted(wish, clock);
  std::vector<ConnectionLimits::Place> held;
  const auto admit = [&](const char* from, ConnectionLimits::Standing standing) {
    auto place = counted.admit(address(from), standing);
    const bool admitted = place.has_value();
    if (admitted) held.push_back(std::move(*place));
    return admitted;
  };
  using enum ConnectionLimits::Standing;
  for (int i = 0; i < 3; ++i) BOOST_TEST(admit("192.0.2.1", ordinary));
  BOOST_TEST(!held.back().crowded());
  BOOST_TEST(!admit("192.0.2.2", ordinary));
  BOOST_TEST(admit("192.0.2.3", preferred));
  BOOST_TEST(held.front().crowded());  // four of five
  BOOST_TEST(admit("198.51.100.1", ordinary));
  BOOST_TEST(!admit("198.51.100.1", preferred));
}

BOOST_AUTO_TEST_CASE(only_so_many_are_on_their_way_out_at_a_time) {
  constexpr std::size_t total = ConnectionLimits::most_leaving + 10;
  sim::SimClock clock;
  ConnectionLimits counted(limits(total, 10 * total), clock);
  std::list<ConnectionLimits::Place> held;
  const auto admit = [&] {
    auto place = counted.admit(address("192.0.2.1"));
    if (!place) return false;
    held.push_back(std::move(*place));
    return held.back().waits();
  };
  for (std::size_t i = 0; i < total + ConnectionLimits::most_leaving; ++i) BOOST_REQUIRE(admit());
  BOOST_TEST(!admit());
  held.pop_front();  // one has gone
  BOOST_TEST(admit());
  BOOST_TEST(!admit());
}

BOOST_AUTO_TEST_SUITE_END()
