#include "base/net/dns_message.hpp"

#include <boost/test/unit_test.hpp>

#include "base/bytes.hpp"
#include "base/net/dns_name.hpp"
#include "tests/support/sim_clock.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::DnsType;

namespace {
std::string wire_name(const std::string& dotted) {
  std::string out;
  for (std::size_t at = 0; at < dotted.size();) {
    const std::size_t end = std::min(dotted.find('.', at), dotted.size());
    out += static_cast<char>(end - at);
    out += dotted.substr(at, end - at);
    at = end + 1;
  }
  return out + '\0';
}

struct Record {
  std::string owner;
  DnsType type;
  std::uint32_t ttl;
  std::string data;
  std::uint16_t net = 1;
};

std::string message(const std::string& question, const std::vector<Record>& answers,
                    const std::vector<Record>& authority = {}) {
  base::Writer out;
  out.u16(0x1234).u16(0x8180).u16(1).u16(static_cast<std::uint16_t>(answers.size()));
  out.u16(static_cast<std::uint16_t>(authority.size())).u16(0);
  out.raw(wire_name(question)).u16(15).u16(1);
  for (const auto* records : {&answers, &authority})
    for (const Record& r : *records)
      out.raw(wire_name(r.owner)).u16(static_cast<std::uint16_t>(r.type)).u16(r.net).u32(r.ttl).u16(r.data.size()).raw(r.data);
  return out.take();
}

std::string mx(std::uint16_t preference, const std::string& exchange) {
  base::Writer out;
  out.u16(preference).raw(wire_name(exchange));
  return out.take();
}

std::string soa(std::uint32_t minimum) {
  base::Writer out;
  out.raw(wire_name("ns.example.org")).raw(wire_name("root.example.org")).u32(1).u32(2).u32(3).u32(4).u32(minimum);
  return out.take();
}
}  // namespace

BOOST_AUTO_TEST_SUITE(dns_message)

BOOST_AUTO_TEST_CASE(a_name_is_a_host_name_or_nothing) {
  BOOST_TEST(net::dns_name("Example.ORG.").value_or("-") == "example.org");
  BOOST_TEST(net::dns_name("_dmarc.x-y.1").value_or("-") == "_dmarc.x-y.1");
  const std::string label(63, 'a');
  BOOST_TEST(net::dns_name(label + ".org").has_value());
  BOOST_TEST(!net::dns_name(label + "a.org"));
  BOOST_TEST(!net::dns_name(label + "." + label + "." + label + "." + label));
  for (const std::string text :
       {"", ".", "a..b", ".a", "a b", "a\\.b", "a\nb", "m\xc3\xbcller.example", "[192.0.2.1]", "a/b", "a.."})
    BOOST_TEST(!net::dns_name(text), text);
}

BOOST_AUTO_TEST_CASE(an_address_has_its_reverse_name) {
  BOOST_TEST(net::reverse_name(*net::IpAddress::parse("192.0.2.5")) == "5.2.0.192.in-addr.arpa");
  BOOST_TEST(net::reverse_name(*net::IpAddress::parse("2001:db8::1")) ==
             "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

BOOST_AUTO_TEST_CASE(records_of_the_name_are_taken_with_their_least_ttl_and_others_are_not) {
  const auto read = net::read_records(message("example.org", {{"EXAMPLE.org", DnsType::mx, 300, mx(10, "MX1.example.org")},
                                                              {"example.org", DnsType::mx, 60, mx(20, "")},
                                                              {"evil.example", DnsType::mx, 1, mx(0, "evil.example")},
                                                              {"example.org", DnsType::a, 1, std::string("\x7f\0\0\1", 4)},
                                                              {"example.org", DnsType::mx, 2, mx(5, "chaos.example.org"), 3},
                                                              {"example.org", DnsType::mx, 90, mx(30, "a b.example.org")}}),
                                      "example.org", DnsType::mx);
  BOOST_REQUIRE(read);
  BOOST_REQUIRE(read->mx.size() == 2u);
  BOOST_TEST((read->mx[0] == net::MxRecord{10, "mx1.example.org"}));
  BOOST_TEST((read->mx[1] == net::MxRecord{20, ""}));
  BOOST_TEST(read->addresses.empty());
  BOOST_TEST((read->ttl == 60s));
}

namespace {
std::string chain(int links, bool loop) {
  std::vector<Record> records;
  for (int i = 0; i < links; ++i) {
    const bool last = loop && i + 1 == links;
    records.push_back({"n" + std::to_string(i), DnsType::cname, 100, wire_name(last ? "n0" : "n" + std::to_string(i + 1))});
  }
  records.push_back({"n" + std::to_string(links), DnsType::a, 200, "\xc0\x01\x02\x03"});
  return message("n0", records);
}
}  // namespace

BOOST_AUTO_TEST_CASE(eight_CNAMEs_are_followed_and_nine_or_a_loop_are_not) {
  for (int links : {0, 1, 8}) {
    const auto read = net::read_records(chain(links, false), "n0", DnsType::a);
    BOOST_REQUIRE(read);
    BOOST_TEST(read->addresses.size() == 1u);
    BOOST_TEST((read->ttl == (links ? 100s : 200s)));
  }
  BOOST_TEST(!net::read_records(chain(9, false), "n0", DnsType::a));
  for (int links : {1, 2, 8}) BOOST_TEST(!net::read_records(chain(links, true), "n0", DnsType::a));
}

BOOST_AUTO_TEST_CASE(an_alias_of_nothing_is_an_answer_only_with_a_SOA) {
  const std::vector<Record> alias = {{"a.example", DnsType::cname, 60, wire_name("b.example")}};
  const auto cut = net::read_records(message("a.example", alias), "a.example", DnsType::a);
  BOOST_REQUIRE(cut);
  BOOST_TEST(cut->cut_short);
  const auto whole =
      net::read_records(message("a.example", alias, {{"example", DnsType::soa, 60, soa(60)}}), "a.example", DnsType::a);
  BOOST_REQUIRE(whole);
  BOOST_TEST(!whole->cut_short);
}

BOOST_AUTO_TEST_CASE(a_negative_ttl_is_the_lesser_one_of_the_SOA_and_at_most_an_hour) {  // RFC 2308 §5
  const struct {
    std::uint32_t ttl;
    std::uint32_t minimum;
    std::chrono::seconds expected;
  } cases[] = {{300, 60, 60s}, {60, 300, 60s}, {90000, 90000, 3600s}, {0x80000000u, 60, 0s}, {60, 0xffffffffu, 0s}};
  for (const auto& c : cases) {
    const auto read = net::read_records(message("a.example", {}, {{"example", DnsType::soa, c.ttl, soa(c.minimum)}}),
                                        "a.example", DnsType::a);
    BOOST_REQUIRE(read);
    BOOST_TEST((read->negative_ttl == c.expected));
  }
}

BOOST_AUTO_TEST_CASE(any_octets_are_read_without_harm) {
  const std::string whole = message("example.org",
                                    {{"example.org", DnsType::cname, 300, wire_name("b.example")},
                                     {"b.example", DnsType::mx, 60, mx(20, "mx.example")},
                                     {"b.example", DnsType::ptr, 60, wire_name("ptr.example")}},
                                    {{"example", DnsType::soa, 60, soa(60)}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    BOOST_TEST(!net::read_records(whole.substr(0, size), "example.org", DnsType::mx), "cut at " << size);
  const std::uint64_t seed = 20260301;
  BOOST_TEST_MESSAGE("seed " << seed);
  sim::SimRandom random(seed);
  for (int round = 0; round < 50'000; ++round) {
    std::string changed = whole;
    for (int i = 0; i < 3; ++i) changed[random.number() % changed.size()] = static_cast<char>(random.number());
    for (const auto type : {DnsType::mx, DnsType::ptr, DnsType::a}) {
      const auto read = net::read_records(changed, "example.org", type);
      if (read) BOOST_TEST_REQUIRE(read->mx.size() <= 4u);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_name_that_points_to_itself_is_malformed) {
  std::string looping = message("example.org", {{"x", DnsType::mx, 1, mx(1, "y")}});
  const std::size_t owner = looping.size() - 5 - 10 - 3;
  looping[owner] = static_cast<char>(0xc0);
  looping[owner + 1] = static_cast<char>(owner);
  BOOST_TEST(!net::read_records(looping, "example.org", DnsType::mx));
}

BOOST_AUTO_TEST_SUITE_END()
