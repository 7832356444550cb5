/// c-ares against a real name server, and against none.
#include "base/net/dns_ares.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/test/unit_test.hpp>

#include "base/net/errc.hpp"
#include "base/net/loops.hpp"
#include "base/net/task_group.hpp"
#include "tests/support/knot.hpp"
#include "tests/support/real_loop.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::AresResolver;
using net::DnsStatus;
using net::Families;

namespace {
std::string zone() {
  std::string text =
      "$ORIGIN example.org.\n$TTL 300\n"
      "@ 300 SOA ns admin 1 3600 600 86400 77\n@ NS ns\nns A 127.0.0.1\n"
      "@ 120 MX 20 mx2\n@ 300 MX 10 MX1\n@ 300 MX 10 mx3\n"
      "null MX 0 .\nimplicit A 192.0.2.9\nmx1 A 192.0.2.1\nmx1 AAAA 2001:db8::1\nmx2 A 192.0.2.2\nmx3 AAAA 2001:db8::3\n"
      "empty TXT \"nothing else\"\nalias CNAME mx1\nmailalias CNAME @\naliasofempty CNAME empty\nc0 CNAME c1\n";
  for (int i = 1; i < 10; ++i) text += "c" + std::to_string(i) + " CNAME c" + std::to_string(i + 1) + "\n";
  text += "c10 A 192.0.2.10\n";
  for (int i = 0; i < 150; ++i) text += "many MX " + std::to_string(1000 - i) + " mx-of-many-" + std::to_string(i) + "\n";
  for (int i = 0; i < 60; ++i) text += "wide A 198.51.100." + std::to_string(i) + "\n";
  return text;
}

struct Setting {  // one name server for all tests of the suite
  Setting()
      : knot(
            {{"example.org", zone()},
             {"broken.example", ""},
             {"2.0.192.in-addr.arpa",
              "$ORIGIN 2.0.192.in-addr.arpa.\n$TTL 300\n@ SOA ns.example.org. admin 1 3600 600 86400 77\n@ NS ns.example.org.\n"
              "1 PTR Mail.Example.ORG.\n2 CNAME 2.0-127\n2.0-127 PTR classless.example.org.\n"}}) {}
  sim::Knot knot;
};
const Setting& setting() {
  static const Setting made;
  return made;
}

AresResolver::Options options(std::vector<std::string> servers) {
  AresResolver::Options made;
  made.servers = std::move(servers);
  made.per_try = 200ms;
  made.tries = 2;
  made.total = 5s;
  return made;
}

struct Asker {
  explicit Asker(AresResolver::Options wish = options({setting().knot.server()}))
      : resolver(std::move(*AresResolver::make(loop.executor(), wish))) {}
  net::MxAnswer mx(const std::string& name) { return *loop.run(resolver->mx(name)); }
  net::AddressAnswer addresses(const std::string& name, Families families = Families::both) {
    return *loop.run(resolver->addresses(name, families));
  }
  sim::RealLoop loop;
  std::unique_ptr<AresResolver> resolver;
};

std::vector<std::string> texts(const std::vector<net::IpAddress>& addresses) {
  std::vector<std::string> out;
  for (const auto& address : addresses) out.push_back(address.text());
  return out;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(dns_ares)

BOOST_AUTO_TEST_CASE(mail_exchangers_come_by_preference_with_the_least_ttl) {
  Asker asker;
  const auto answer = asker.mx("Example.ORG.");
  BOOST_TEST((answer.status == DnsStatus::found));
  BOOST_REQUIRE(answer.records.size() == 3u);
  BOOST_TEST(answer.records[0].preference == 10);
  BOOST_TEST(answer.records[1].preference == 10);
  BOOST_TEST((answer.records[2] == net::MxRecord{20, "mx2.example.org"}));
  BOOST_TEST((answer.ttl == 120s || answer.ttl == 300s));
}

BOOST_AUTO_TEST_CASE(null_implicit_absent_and_broken_are_told_apart) {
  Asker asker;
  const auto null = asker.mx("null.example.org");
  BOOST_TEST((null.status == DnsStatus::found));
  BOOST_REQUIRE(null.records.size() == 1u);
  BOOST_TEST((null.records[0] == net::MxRecord{0, ""}));

  const auto implicit = asker.mx("implicit.example.org");
  BOOST_TEST((implicit.status == DnsStatus::no_data));
  BOOST_TEST((implicit.ttl == 77s));

  const auto absent = asker.mx("absent.example.org");
  BOOST_TEST((absent.status == DnsStatus::no_such_domain));
  BOOST_TEST((absent.ttl == 77s));

  for (const char* name : {"broken.example", "refused.example"}) {
    const auto broken = asker.mx(name);
    BOOST_TEST((broken.status == DnsStatus::temporary), name);
    BOOST_TEST(!broken.detail.empty(), name);
    BOOST_TEST((broken.ttl == 0s));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_answered_unasked) {
  Asker asker(options({"127.0.0.1:1"}));  // nobody is there who could be asked
  for (const std::string name : {"", "a b", "[192.0.2.1]", "x\r\ny", "a..b"}) {
    BOOST_TEST((asker.mx(name).status == DnsStatus::no_such_domain), name);
    BOOST_TEST((asker.addresses(name).status == DnsStatus::no_such_domain), name);
  }
}

BOOST_AUTO_TEST_CASE(addresses_of_the_families_asked_for_come_IPv6_first) {
  Asker asker;
  using List = std::vector<std::string>;
  BOOST_TEST(texts(asker.addresses("mx1.example.org").addresses) == (List{"2001:db8::1", "192.0.2.1"}));
  BOOST_TEST(texts(asker.addresses("mx1.example.org", Families::ipv4).addresses) == List{"192.0.2.1"});
  BOOST_TEST(texts(asker.addresses("mx1.example.org", Families::ipv6).addresses) == List{"2001:db8::1"});
  BOOST_TEST(texts(asker.addresses("mx2.example.org").addresses) == List{"192.0.2.2"});
  BOOST_TEST((asker.addresses("mx2.example.org", Families::ipv6).status == DnsStatus::no_data));
  BOOST_TEST((asker.addresses("empty.example.org").status == DnsStatus::no_data));
  BOOST_TEST((asker.addresses("absent.example.org").status == DnsStatus::no_such_domain));
  BOOST_TEST((asker.addresses("broken.example").status == DnsStatus::temporary));
}

BOOST_AUTO_TEST_CASE(aliases_are_followed_so_far_and_no_further) {
  Asker asker;
  BOOST_TEST(asker.addresses("alias.example.org", Families::ipv4).addresses.size() == 1u);
  BOOST_TEST((asker.addresses("aliasofempty.example.org").status == DnsStatus::no_data));
  BOOST_TEST(asker.mx("mailalias.example.org").records.size() == 3u);
  BOOST_TEST(asker.addresses("c6.example.org", Families::ipv4).addresses.size() == 1u);
  // Knot itself gives up after five: half a chain must not look like a host without addresses.
  BOOST_TEST((asker.addresses("c1.example.org", Families::ipv4).status == DnsStatus::temporary));
}

BOOST_AUTO_TEST_CASE(an_answer_too_large_for_UDP_comes_by_TCP_and_is_cut_at_the_limits) {
  Asker asker;
  const auto many = asker.mx("many.example.org");
  BOOST_REQUIRE(many.records.size() == net::max_mx);
  BOOST_TEST(many.records.front().preference == 851);
  BOOST_TEST(many.records.back().preference == 950);
  BOOST_TEST(asker.addresses("wide.example.org").addresses.size() == net::max_addresses);
}

BOOST_AUTO_TEST_CASE(the_name_of_an_address_is_found_through_classless_delegation_too) {  // RFC 2317
  Asker asker;
  const auto name = *asker.loop.run(asker.resolver->names(*net::IpAddress::parse("192.0.2.1")));
  BOOST_TEST(name.names == std::vector<std::string>{"mail.example.org"});
  const auto classless = *asker.loop.run(asker.resolver->names(*net::IpAddress::parse("192.0.2.2")));
  BOOST_TEST(classless.names == std::vector<std::string>{"classless.example.org"});
  const auto none = *asker.loop.run(asker.resolver->names(*net::IpAddress::parse("192.0.2.3")));
  BOOST_TEST((none.status == DnsStatus::no_such_domain));
}

BOOST_AUTO_TEST_CASE(a_dead_server_is_temporary_and_a_living_second_one_answers) {
  const std::string dead = "127.0.0.1:" + std::to_string(sim::free_port());
  Asker alone(options({dead}));
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST((alone.mx("example.org").status == DnsStatus::temporary));
  BOOST_TEST((std::chrono::steady_clock::now() - start < 5s));
  Asker second(options({dead, setting().knot.server()}));
  BOOST_TEST((second.mx("example.org").status == DnsStatus::found));
}

namespace {
/// Takes questions and never answers.
class BlackHole {
 public:
  std::string server() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }

 private:
  using Udp = boost::asio::ip::udp;
  sim::RealLoop loop_;
  Udp::socket socket_{loop_.executor(), Udp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)};
};

boost::asio::awaitable<void> look_up(net::Resolver* resolver, bool* cancelled) {
  auto answer = co_await resolver->mx("example.org");
  *cancelled = !answer && answer.error().code == net::errc::cancelled;
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_silent_server_costs_the_total_time_and_no_more) {
  BlackHole hole;
  auto wish = options({hole.server()});
  wish.per_try = 2s;
  wish.total = 300ms;
  Asker asker(wish);
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST((asker.addresses("example.org").status == DnsStatus::temporary));
  const auto took = std::chrono::steady_clock::now() - start;
  BOOST_TEST((took >= 300ms && took < 2s));
}

BOOST_AUTO_TEST_CASE(a_caller_told_to_stop_leaves_at_once_and_the_rest_goes_on) {
  BlackHole hole;
  Asker asker(options({hole.server(), setting().knot.server()}));
  net::SystemTimers timers;
  net::TaskGroup group(asker.loop.executor(), timers);
  bool cancelled = false;
  group.spawn(asker.loop.executor(), "look-up", look_up(asker.resolver.get(), &cancelled));
  group.cancel();
  BOOST_TEST(asker.loop.run(group.wait(1s)) == 0u);
  BOOST_TEST(cancelled);
  BOOST_TEST((asker.mx("example.org").status == DnsStatus::found));
}

BOOST_AUTO_TEST_CASE(too_many_questions_at_once_are_temporary) {
  BlackHole hole;
  auto wish = options({hole.server()});
  wish.at_once = 0;
  Asker asker(wish);
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST((asker.mx("example.org").status == DnsStatus::temporary));
  BOOST_TEST((std::chrono::steady_clock::now() - start < 150ms));
}

BOOST_AUTO_TEST_CASE(a_resolver_that_goes_answers_its_last_questions_as_temporary) {
  BlackHole hole;
  sim::RealLoop loop;
  auto resolver = std::move(*AresResolver::make(loop.executor(), options({hole.server()})));
  bool cancelled = true;
  loop.spawn(look_up(resolver.get(), &cancelled));
  net::SystemTimers timers;
  auto timer = timers.make(loop.executor());
  loop.run(timer->wait(20ms));
  resolver.reset();
  loop.run(timer->wait(20ms));
  BOOST_TEST(!cancelled);
}

BOOST_AUTO_TEST_CASE(callers_on_other_threads_get_their_answers_on_their_own) {
  net::Loops loops(3);
  net::SystemTimers timers;
  auto resolver = std::move(*AresResolver::make(loops.executor(0), options({setting().knot.server()})));
  loops.start();
  sim::RealLoop home;
  net::TaskGroup group(home.executor(), timers);
  std::vector<std::unique_ptr<bool>> seen;
  for (int i = 0; i < 200; ++i) {
    seen.push_back(std::make_unique<bool>(true));
    group.spawn(loops.next_executor(), "look-up", look_up(resolver.get(), seen.back().get()));
  }
  BOOST_TEST(home.run(group.wait(10s)) == 0u);
  for (const auto& cancelled : seen) BOOST_TEST(!*cancelled);
  loops.stop();
}

BOOST_AUTO_TEST_CASE(a_server_that_is_no_address_is_refused) {
  sim::RealLoop loop;
  for (const std::string server : {"dns.example.org:53", "127.0.0.1", "127.0.0.1:99999", ""})
    BOOST_TEST(!AresResolver::make(loop.executor(), options({server})), server);
}

BOOST_AUTO_TEST_SUITE_END()
