#include "base/net/ip.hpp"

#include <boost/test/unit_test.hpp>

#include "base/net/errc.hpp"

using namespace understudy;
using net::Endpoint;
using net::IpAddress;
using net::Network;

namespace {
IpAddress address(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  BOOST_REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(ip)

BOOST_AUTO_TEST_CASE(an_address_comes_back_in_its_shortest_text) {
  const std::pair<const char*, const char*> cases[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"::1", "::1"},
      {"::", "::"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::ffff:c000:201", "192.0.2.1"},
  };
  for (const auto& [in, out] : cases) BOOST_TEST(address(in).text() == out);
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused) {
  for (const std::string text : {"", " 192.0.2.1", "192.0.2.1 ", "192.0.2", "192.0.2.256", "192.0.2.01x", "0x7f.1", "1",
                                 ":::", "2001:db8::1%eth0", "[::1]", "2001:db8:::1", "1.2.3.4.5", "localhost"})
    BOOST_TEST(!IpAddress::parse(text), text);
  BOOST_TEST(!IpAddress::parse(std::string_view("192.0.2.1\0x", 11)));
  BOOST_TEST(!IpAddress::parse(std::string(100'000, '1')));
}

BOOST_AUTO_TEST_CASE(kinds_of_addresses_are_told_apart) {
  BOOST_TEST(address("127.255.0.1").is_loopback());
  BOOST_TEST(address("::ffff:127.0.0.1").is_loopback());
  BOOST_TEST(address("::1").is_loopback());
  BOOST_TEST(!address("128.0.0.1").is_loopback());
  BOOST_TEST(!address("::2").is_loopback());
  BOOST_TEST(address("0.0.0.0").is_unspecified());
  BOOST_TEST(address("::").is_unspecified());
  BOOST_TEST(address("169.254.1.1").is_link_local());
  BOOST_TEST(address("fe80::1").is_link_local());
  BOOST_TEST(address("224.0.0.1").is_multicast());
  BOOST_TEST(address("255.255.255.255").is_multicast());
  BOOST_TEST(!address("198.51.100.1").is_multicast());
}

BOOST_AUTO_TEST_CASE(a_network_holds_just_the_addresses_with_its_prefix) {
  struct Case {
    const char* network;
    const char* address;
    bool inside;
  };
  const Case cases[] = {
      {"192.0.2.0/24", "192.0.2.255", true},
      {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.64/26", "192.0.2.127", true},
      {"192.0.2.64/26", "192.0.2.128", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "192.0.2.1", false},
      {"2001:db8::/33", "2001:db8:7fff::", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"192.0.2.0/24", "::ffff:192.0.2.9", true},
  };
  for (const Case& c : cases) {
    const auto network = Network::parse(c.network);
    BOOST_REQUIRE(network);
    BOOST_TEST(network->contains(address(c.address)) == c.inside, c.network << " and " << c.address);
  }
}

BOOST_AUTO_TEST_CASE(a_network_with_bits_behind_its_prefix_is_refused) {
  for (const char* text : {"192.0.2.40/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/24/1", "2001:db8::1/64",
                           "/24", "2001:db8::/129", "192.0.2.0/ 24"})
    BOOST_TEST(!Network::parse(text), text);
}

BOOST_AUTO_TEST_CASE(the_longest_network_wins_and_the_first_of_equal_ones) {
  std::vector<Network> networks;
  for (const char* text : {"10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16", "::/0"}) networks.push_back(*Network::parse(text));
  BOOST_TEST(net::longest_match(networks, address("10.1.2.3")) == 1u);
  BOOST_TEST(net::longest_match(networks, address("10.2.2.3")) == 0u);
  BOOST_TEST(net::longest_match(networks, address("2001:db8::1")) == 3u);
  BOOST_TEST(net::longest_match(networks, address("192.0.2.1")) == net::npos);
}

BOOST_AUTO_TEST_CASE(an_endpoint_is_read_as_it_is_written) {
  for (const char* text : {"192.0.2.1:25", "[2001:db8::1]:587", "0.0.0.0:0", "[::]:65535"}) {
    const auto parsed = Endpoint::parse(text);
    BOOST_REQUIRE_MESSAGE(parsed, text);
    BOOST_TEST(parsed->text() == text);
  }
  for (const char* text : {"192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "2001:db8::1:25", "[192.0.2.1]:25", "[::1]", "[]:25",
                           ":25", "host:25", "[::1]:+25"})
    BOOST_TEST(!Endpoint::parse(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
