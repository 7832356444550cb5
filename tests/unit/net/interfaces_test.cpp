#include "base/net/interfaces.hpp"

#include <algorithm>

using namespace understudy::net;

namespace {

std::vector<IpAddress> addresses(const std::vector<std::string>& texts) {
  std::vector<IpAddress> out;
  for (const auto& text : texts) out.push_back(*IpAddress::parse(text));
  return out;
}

std::string reachable(const std::vector<std::string>& binds, const std::vector<std::string>& own) {
  std::vector<Endpoint> endpoints;
  for (const auto& bind : binds) endpoints.push_back(*Endpoint::parse(bind));
  std::string out;
  for (const auto& endpoint : reachable_endpoints(endpoints, addresses(own))) out += (out.empty() ? "" : " ") + endpoint.text();
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(interfaces)

BOOST_AUTO_TEST_CASE(loopback_is_among_the_addresses_of_a_machine_and_link_local_is_not) {
  const auto own = interface_addresses();
  BOOST_TEST((std::ranges::find(own, *IpAddress::parse("127.0.0.1")) != own.end()));
  BOOST_TEST(std::ranges::is_sorted(own));
  BOOST_TEST((std::ranges::adjacent_find(own) == own.end()));
  for (const auto& address : own) BOOST_TEST(!(address.is_link_local() || address.is_unspecified()), address.text());
}

BOOST_AUTO_TEST_CASE(an_unspecified_bind_is_reachable_at_every_address_of_its_family) {
  const std::vector<std::string> own = {"127.0.0.1", "192.0.2.1", "::1", "2001:db8::1"};
  BOOST_TEST(reachable({"0.0.0.0:25"}, own) == "127.0.0.1:25 192.0.2.1:25");
  BOOST_TEST(reachable({"[::]:25"}, own) == "[::1]:25 [2001:db8::1]:25");
  BOOST_TEST(reachable({"0.0.0.0:25", "192.0.2.1:25", "192.0.2.1:587"}, own) == "127.0.0.1:25 192.0.2.1:25 192.0.2.1:587");
  BOOST_TEST(reachable({"198.51.100.1:25"}, own) == "198.51.100.1:25");  // as it is bound, whoever has it
  BOOST_TEST(reachable({"0.0.0.0:25"}, {}) == "");
  BOOST_TEST(reachable({}, own) == "");
}

BOOST_AUTO_TEST_SUITE_END()
