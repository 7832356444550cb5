/// Mail is never sent to ourselves, whatever name, MX or route leads here: RFC 5321 §5.1, §6.3.
#include "relay/outbound/find_hosts.hpp"

#include "tests/support/sim_world.hpp"

using namespace understudy;
using namespace understudy::relay;

namespace {

struct World : sim::SimWorld {
  World() {
    options.own_names = {"us.example"};
    options.own_endpoints = {*net::Endpoint::parse("192.0.2.1:25"), *net::Endpoint::parse("[2001:db8::1]:25")};
    dns.set_addresses("a.example", {"203.0.113.1"});
    dns.set_addresses("b.example", {"203.0.113.2"});
    dns.set_addresses("alias.example", {"192.0.2.1"});
    dns.set_addresses("alias6.example", {"203.0.113.9", "2001:db8::1"});
  }

  std::string by_mx(const std::string& domain, std::uint16_t port = 25) {
    return text_of(run(find_mx_hosts(dns, random, domain, port, options)));
  }
  std::string by_route(const std::string& host, std::uint16_t port = 25) {
    return text_of(run(find_static_hosts(dns, host, port, options)));
  }
  /// The addresses, or the code and status of what is in the way.
  static std::string text_of(const FoundHosts& found) {
    std::string out;
    for (const auto& candidate : found.candidates) out += (out.empty() ? "" : " ") + candidate.endpoint.text();
    if (found.trouble) out += found.trouble->reply.text().substr(0, 9);
    return out;
  }

  FindOptions options;
};

const std::string loop = "554 5.4.6";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(find_hosts, World)

BOOST_AUTO_TEST_CASE(an_mx_that_is_ourselves_under_another_name_ends_the_list) {
  dns.set_mx("d.example", {{10, "a.example"}, {20, "alias.example"}, {30, "b.example"}});
  BOOST_TEST(by_mx("d.example") == "203.0.113.1:25");
  dns.set_mx("d.example", {{10, "a.example"}, {20, "alias6.example"}, {30, "b.example"}});  // one of its addresses is enough
  BOOST_TEST(by_mx("d.example") == "203.0.113.1:25");
  dns.set_mx("d.example", {{10, "alias.example"}, {20, "b.example"}});
  BOOST_TEST(by_mx("d.example") == loop);
  dns.set_mx("d.example", {{10, "us.example"}, {20, "b.example"}});
  BOOST_TEST(by_mx("d.example") == loop);
}

BOOST_AUTO_TEST_CASE(equals_of_ourselves_are_dropped_in_whatever_order_they_come) {
  dns.set_mx("d.example", {{10, "a.example"}, {10, "alias.example"}, {10, "b.example"}});
  for (int i = 0; i < 20; ++i) BOOST_TEST(by_mx("d.example") == loop);
}

BOOST_AUTO_TEST_CASE(a_domain_that_is_its_own_host_and_an_address_literal_are_judged_too) {
  BOOST_TEST(by_mx("alias.example") == loop);
  BOOST_TEST(by_mx("[192.0.2.1]") == loop);
  BOOST_TEST(by_mx("[IPv6:2001:db8::1]") == loop);
  BOOST_TEST(by_mx("[203.0.113.1]") == "203.0.113.1:25");
  BOOST_TEST(by_mx("a.example") == "203.0.113.1:25");
}

BOOST_AUTO_TEST_CASE(another_program_on_another_port_of_this_machine_is_not_ourselves) {
  BOOST_TEST(by_mx("alias.example", 2525) == "192.0.2.1:2525");
  BOOST_TEST(by_route("alias.example", 2525) == "192.0.2.1:2525");
}

BOOST_AUTO_TEST_CASE(what_is_not_known_for_now_is_no_loop) {
  dns.set_mx("d.example", {{10, "a.example"}, {20, "alias.example"}});
  dns.set_status("a.example", net::DnsStatus::temporary);
  BOOST_TEST(by_mx("d.example") == "451 4.4.3");
}

BOOST_AUTO_TEST_CASE(a_route_to_ourselves_waits) {
  BOOST_TEST(by_route("192.0.2.1") == "451 4.4.6");
  BOOST_TEST(by_route("alias.example") == "451 4.4.6");
  BOOST_TEST(by_route("a.example") == "203.0.113.1:25");
  BOOST_TEST(by_route("alias6.example") == "203.0.113.9:25");  // the address that is not ours
  BOOST_TEST(by_route("nowhere.example") == "451 4.4.4");
}

BOOST_AUTO_TEST_CASE(the_limit_counts_hosts_and_no_host_hides_the_next_by_many_addresses) {  // RFC 5321 §5.1
  dns.set_addresses("many.example",
                    {"203.0.113.11", "203.0.113.12", "203.0.113.13", "203.0.113.14", "203.0.113.15", "203.0.113.16"});
  dns.set_mx("d.example", {{10, "many.example"}, {20, "b.example"}});
  BOOST_TEST(by_mx("d.example") == "203.0.113.11:25 203.0.113.12:25 203.0.113.13:25 203.0.113.14:25 203.0.113.2:25");
  dns.set_addresses("six.example",
                    {"2001:db8::a1", "2001:db8::a2", "2001:db8::a3", "2001:db8::a4", "2001:db8::a5", "203.0.113.17"});
  dns.set_mx("d.example", {{10, "six.example"}, {20, "b.example"}});
  BOOST_TEST(by_mx("d.example") == "[2001:db8::a1]:25 203.0.113.17:25 [2001:db8::a2]:25 [2001:db8::a3]:25 203.0.113.2:25");
  BOOST_TEST(by_route("six.example") == "[2001:db8::a1]:25 203.0.113.17:25 [2001:db8::a2]:25 [2001:db8::a3]:25");
  options.hosts = 2;
  dns.set_mx("d.example", {{10, "a.example"}, {20, "b.example"}, {30, "many.example"}});
  BOOST_TEST(by_mx("d.example") == "203.0.113.1:25 203.0.113.2:25");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_allowed_takes_no_other_ones_place) {
  dns.set_addresses("odd.example", {"127.0.0.1", "169.254.0.1", "224.0.0.1", "0.0.0.0", "203.0.113.18"});
  dns.set_mx("d.example", {{10, "odd.example"}});
  BOOST_TEST(by_mx("d.example") == "203.0.113.18:25");
}

BOOST_AUTO_TEST_CASE(tests_may_talk_to_themselves) {
  options.allow_loopback = true;
  BOOST_TEST(by_mx("alias.example") == "192.0.2.1:25");
  BOOST_TEST(by_route("192.0.2.1") == "192.0.2.1:25");
}

BOOST_AUTO_TEST_SUITE_END()
