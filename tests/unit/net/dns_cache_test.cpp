#include "base/net/dns_cache.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/sim_world.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::CachingResolver;
using net::DnsStatus;
using net::Families;

BOOST_AUTO_TEST_SUITE(dns_cache)

BOOST_AUTO_TEST_CASE(an_answer_is_asked_for_once_within_its_ttl) {
  sim::SimWorld world;
  world.dns.set_mx("example.org", {{10, "mx.example.org"}}, 60s);
  CachingResolver cache(world.dns, world.clock);
  for (const char* name : {"example.org", "EXAMPLE.org", "example.org."}) {
    const auto answer = world.run(cache.mx(name));
    BOOST_REQUIRE(answer);
    BOOST_TEST((answer->status == DnsStatus::found));
    BOOST_TEST(answer->records.size() == 1u);
  }
  BOOST_TEST(world.dns.asked().size() == 1u);
  world.clock.advance(59s);
  BOOST_TEST((world.run(cache.mx("example.org"))->ttl == 1s));
  BOOST_TEST(world.dns.asked().size() == 1u);
  world.clock.advance(1s);
  BOOST_TEST((world.run(cache.mx("example.org"))->ttl == 60s));
  BOOST_TEST(world.dns.asked().size() == 2u);
}

BOOST_AUTO_TEST_CASE(kinds_and_families_are_kept_apart) {
  sim::SimWorld world;
  world.dns.set_mx("example.org", {{10, "mx.example.org"}});
  world.dns.set_addresses("example.org", {"192.0.2.1", "2001:db8::1"});
  CachingResolver cache(world.dns, world.clock);
  for (int round = 0; round < 2; ++round) {
    BOOST_TEST(world.run(cache.mx("example.org"))->records.size() == 1u);
    BOOST_TEST(world.run(cache.addresses("example.org", Families::both))->addresses.size() == 2u);
    BOOST_TEST(world.run(cache.addresses("example.org", Families::ipv4))->addresses.size() == 1u);
    BOOST_TEST(world.run(cache.addresses("example.org", Families::ipv6))->addresses.size() == 1u);
  }
  BOOST_TEST(world.dns.asked().size() == 4u);
}

BOOST_AUTO_TEST_CASE(what_is_temporary_or_without_ttl_is_asked_again) {
  sim::SimWorld world;
  world.dns.set_status("broken.example", DnsStatus::temporary);
  world.dns.set_mx("brief.example", {{10, "mx.example"}}, 0s);
  CachingResolver cache(world.dns, world.clock);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST((world.run(cache.mx("broken.example"))->status == DnsStatus::temporary));
    BOOST_TEST((world.run(cache.mx("brief.example"))->status == DnsStatus::found));
  }
  BOOST_TEST(world.dns.asked().size() == 6u);
  BOOST_TEST(cache.size() == 0u);
}

BOOST_AUTO_TEST_CASE(the_cache_is_bounded_and_the_one_longest_not_asked_for_goes) {
  sim::SimWorld world;
  CachingResolver cache(world.dns, world.clock, 3);
  for (const char* name : {"a.example", "b.example", "c.example"}) {
    world.dns.set_mx(name, {{10, "mx.example"}});
    BOOST_TEST(world.run(cache.mx(name)).has_value());
  }
  BOOST_TEST(world.run(cache.mx("a.example")).has_value());  // b is the oldest now
  world.dns.set_mx("d.example", {});
  BOOST_TEST((world.run(cache.mx("d.example"))->status == DnsStatus::no_data));
  BOOST_TEST(cache.size() == 3u);
  const std::size_t before = world.dns.asked().size();
  for (const char* name : {"a.example", "c.example", "d.example"}) BOOST_TEST(world.run(cache.mx(name)).has_value());
  BOOST_TEST(world.dns.asked().size() == before);
  BOOST_TEST(world.run(cache.mx("b.example")).has_value());
  BOOST_TEST(world.dns.asked().size() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_huge_answer_is_given_but_not_kept) {
  sim::SimWorld world;
  std::vector<net::MxRecord> records(100, {10, std::string(200, 'x')});
  world.dns.set_mx("huge.example", records);
  CachingResolver cache(world.dns, world.clock);
  BOOST_TEST(world.run(cache.mx("huge.example"))->records.size() == 100u);
  BOOST_TEST(cache.size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
