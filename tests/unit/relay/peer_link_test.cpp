/// Whole links over real sockets and real TLS, two machines in one process.
#include "relay/peer/peer_link.hpp"

#include <deque>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"
#include "base/net/tls_pinned.hpp"
#include "base/text.hpp"
#include "relay/peer/refusals.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/knot.hpp"
#include "tests/support/real_loop.hpp"
#include "tests/support/sim_dns.hpp"

using namespace understudy;
using namespace understudy::relay::peer;
using namespace std::chrono_literals;
using net::Task;

namespace {

class Letters final : public Source {
 public:
  base::Result<std::optional<Next>> next(Position from) override {
    const auto at = all.lower_bound(from);
    if (at == all.end()) return std::nullopt;
    return Next{at->first, at->second};
  }
  std::uint64_t behind(Position from) override {
    return static_cast<std::uint64_t>(std::distance(all.lower_bound(from), all.end()));
  }
  void on_more(std::function<void()> wake) override { wake_ = std::move(wake); }
  void write(Position position, std::string octets) {
    all[position] = std::move(octets);
    if (wake_) wake_();
  }
  std::map<Position, std::string> all;

 private:
  std::function<void()> wake_;
};

class Shelf final : public Sink {
 public:
  Position wanted() override { return durable.empty() ? 0 : durable.rbegin()->first + 1; }
  void take(Position position, std::string octets, Done done) override {
    durable[position] = std::move(octets);
    done({});
  }
  std::map<Position, std::string> durable;
};

class Spelling final : public Responder {
 public:
  void answer(std::string question, Done done) override {
    Answer answer;
    answer.octets = question + "!";
    done(std::move(answer));
  }
};

base::SigningKey new_key() {
  base::SystemRandom random;
  return base::SigningKey::make(random);
}

net::Endpoint free_place() {
  return {*net::IpAddress::parse("127.0.0.1"), sim::free_port()};
}

struct World {
  ~World() { base::log::set_silent(); }

  /// Runs the loop until it is so; false: not within seconds.
  template <class Condition>
  bool until(Condition condition, std::chrono::seconds limit = 10s) {
    bool reached = false;
    loop.run(watch(std::move(condition), limit, reached), limit + 5s);
    return reached;
  }
  void sleep(std::chrono::milliseconds how_long) { loop.run(pause(how_long)); }

  sim::RealLoop loop;
  net::SystemTimers timers;
  net::TcpConnector connector;
  base::SystemClock clock;
  base::SystemRandom random;
  sim::SimFaults faults;
  sim::SimResolver resolver{faults};

 private:
  template <class Condition>
  Task<> watch(Condition condition, std::chrono::seconds limit, bool& reached) {
    auto timer = timers.make(loop.executor());
    const auto end = clock.steady() + limit;
    while (!(reached = condition()) && clock.steady() < end) co_await timer->wait(2ms);
  }
  Task<> pause(std::chrono::milliseconds how_long) {
    auto timer = timers.make(loop.executor());
    co_await timer->wait(how_long);
  }
};

/// One end of a pair; dials `other`, listens at `at`.
struct End {
  End(World& with, base::SigningKey own, std::optional<base::PublicKey> pin, net::Endpoint at, net::Endpoint other)
      : world(with), key(std::move(own)) {
    options.host = other.address.text();
    options.port = other.port;
    if (pin) options.key = pin->text();
    options.binds = {at};
    options.retry = 50ms;
    options.retry_max = 200ms;
    options.idle = 1s;
    options.window = 100'000;
  }
  ~End() { stop(); }
  End(const End&) = delete;

  void start() {
    auto& loop = world.loop;
    auto listen = [&loop](const net::Endpoint& at) {
      return net::listen_tcp(loop.executor(), at, [&loop] { return loop.executor(); });
    };
    Parts parts{world.connector, world.resolver, world.timers, world.clock, world.random, loop.executor(), listen};
    Identity identity{"understudy test", std::string(16, 'i'), std::string(16, 'c'), "machine.example"};
    link.emplace(std::move(parts), options, key, std::move(identity));
    link->registry().add("letters", "letters/1", static_cast<Source&>(letters));
    link->registry().add("letters", "letters/1", static_cast<Sink&>(shelf));
    link->registry().add("spell", "letters/1", spelling);
    for (const auto& feature : needed) link->registry().need(feature);
    BOOST_REQUIRE(link->start());
  }
  void stop() {
    if (!link) return;
    world.loop.run(link->stop());
    link.reset();
  }
  bool up() const { return link && link->status().connected.has_value(); }
  std::uint64_t refused(const std::string& reason) const {
    const auto counts = link->status().refused;
    const auto found = counts.find(reason);
    return found == counts.end() ? 0 : found->second;
  }

  World& world;
  base::SigningKey key;
  Options options;
  std::vector<std::string> needed;
  Letters letters;
  Shelf shelf;
  Spelling spelling;
  std::optional<PeerLink> link;
};

struct Pair {
  explicit Pair(World& world)
      : keys{new_key(), new_key()},
        at{free_place(), free_place()},
        one(world, keys[0], keys[1].public_key(), at[0], at[1]),
        other(world, keys[1], keys[0].public_key(), at[1], at[0]) {}
  base::SigningKey keys[2];
  net::Endpoint at[2];
  End one, other;
};

/// A machine that holds the right key and is no Understudy behind it: says `first`, reads as long as `reads`.
struct Stranger {
  std::unique_ptr<net::Link> link;
  std::string heard;
  bool shaken = false;
  bool over = false;
};
Task<> knock(World& world, net::Endpoint at, base::SigningKey key, base::PublicKey pin, std::string first, bool reads,
             Stranger& stranger) {
  auto link = co_await world.connector.connect(at, std::nullopt, 5s);
  if (!link) co_return;
  stranger.link = std::move(*link);
  auto tls = net::PinnedTls::make(net::TlsRole::client, key, pin, "understudy-peer");
  auto shaken = co_await tls->start(*stranger.link, 5s);
  stranger.shaken = shaken.has_value();
  auto said = co_await stranger.link->write(first, 5s);
  std::vector<char> room(1000);
  while (said && reads) {
    auto got = co_await stranger.link->read_some(room, 20s);
    if (!got) break;
    stranger.heard.append(room.data(), *got);
  }
  stranger.over = true;
}

std::string frames(const std::vector<AnyRecord>& records) {
  std::string out;
  for (const auto& record : records) append_record(out, record);
  return out;
}
Hello hello(std::uint16_t lowest = 1, std::vector<std::string> features = {"letters/1"}) {
  return {lowest, lowest, "stranger 7", std::string(16, 's'), std::string(16, 's'), "stranger.example", std::move(features)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_link)

BOOST_AUTO_TEST_CASE(AP_35_two_machines_that_dial_each_other_at_once_keep_one_connection_and_know_each_others_version) {
  base::log::set_silent();
  for (int round = 0; round < 5; ++round) {
    World world;
    Pair pair(world);
    pair.one.start();
    pair.other.start();
    BOOST_REQUIRE(world.until([&] { return pair.one.up() && pair.other.up(); }));
    world.sleep(100ms);
    BOOST_REQUIRE((pair.one.up() && pair.other.up()));
    const auto one = *pair.one.link->status().connected, other = *pair.other.link->status().connected;
    BOOST_TEST((one.dialled != other.dialled));
    BOOST_TEST(one.other.program == "understudy test");
    BOOST_TEST((one.other.features == std::vector<std::string>{"letters/1"}));
    BOOST_TEST(pair.one.link->status().refused.empty());
  }
}

BOOST_AUTO_TEST_CASE(records_and_answers_go_both_ways_and_on_after_a_restart_of_one_machine) {
  base::log::set_silent();
  World world;
  Pair pair(world);
  for (Position at = 1; at <= 50; ++at) pair.one.letters.all[at] = std::string(9'000, 'x');  // several windows
  pair.one.start();
  pair.other.start();
  BOOST_TEST(world.until([&] { return pair.other.shelf.durable == pair.one.letters.all; }));
  pair.other.letters.write(7, "back");
  BOOST_TEST(world.until([&] { return pair.one.shelf.durable.size() == 1u; }));
  std::string answer;
  Traffic::Question question;
  question.feature = "letters/1";
  question.verb = "spell";
  question.octets = "word";
  pair.one.link->ask(question, [&](base::Result<Responder::Answer> given) { answer = given ? given->octets : "none"; });
  BOOST_TEST(world.until([&] { return answer == "word!"; }));

  pair.other.stop();
  BOOST_TEST(world.until([&] { return !pair.one.up(); }));
  BOOST_TEST(pair.one.link->status().trouble == "this machine ends the link");
  pair.one.letters.write(60, "while it was away");
  pair.other.start();
  BOOST_TEST(world.until([&] { return pair.other.shelf.durable == pair.one.letters.all; }));
  BOOST_TEST(world.until([&] { return pair.one.link->status().topics.at(0).behind == 0u; }));
  BOOST_TEST(pair.one.link->status().topics.at(0).sent == 51u);  // nothing twice
}

BOOST_AUTO_TEST_CASE(another_key_is_refused_by_name_on_both_ways_and_counted) {
  World world;
  const test::CapturedLog log;
  Pair pair(world);
  const auto wrong = new_key();
  pair.other.key = wrong;
  pair.one.start();
  pair.other.start();
  BOOST_TEST(world.until([&] { return pair.one.refused("key") >= 2 && pair.other.refused("there") >= 1; }));
  BOOST_TEST((pair.one.link->status().offered == wrong.public_key()));
  BOOST_TEST(!pair.one.up());
  BOOST_TEST(!pair.other.up());
  BOOST_TEST(log.lines("peer.refused").find("it shows " + wrong.public_key().text()) != std::string::npos,
             log.lines("peer.refused"));
  BOOST_TEST(pair.one.link->status().trouble.find(wrong.public_key().text()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_host_is_looked_up_and_each_of_its_addresses_is_tried) {
  World world;
  const test::CapturedLog log;
  Pair pair(world);
  pair.one.options.host = "other.example";
  pair.other.options.host = "no-such.example";
  pair.one.start();
  pair.other.start();
  BOOST_TEST(world.until([&] { return pair.one.link->status().trouble == "other.example has no address: not found"; }));
  world.sleep(300ms);  // it is tried again and again, and said once
  BOOST_TEST(base::split(log.lines("peer.unreachable"), '\n').size() == 3u, log.lines("peer.unreachable"));
  world.resolver.set_addresses("other.example", {"127.0.0.99", "127.0.0.1"});  // nobody listens at the first
  BOOST_TEST(world.until([&] { return pair.one.up() && pair.other.up(); }));
  BOOST_TEST((pair.other.link->status().connected->dialled == Dialled::there));
}

BOOST_AUTO_TEST_CASE(a_machine_without_a_pinned_key_lets_nobody_in_and_shows_who_knocked) {
  base::log::set_silent();
  World world;
  Pair pair(world);
  pair.one.options.key.clear();
  pair.one.start();
  pair.other.start();
  BOOST_TEST(world.until([&] { return pair.one.refused("unpaired") >= 1; }));
  BOOST_TEST((pair.one.link->status().offered == pair.keys[1].public_key()));
  BOOST_TEST(!pair.one.up());
}

BOOST_AUTO_TEST_CASE(AP_35_a_feature_that_the_other_machine_lacks_is_named) {
  World world;
  const test::CapturedLog log;
  Pair pair(world);
  pair.one.needed = {"custody/1", "letters/1"};
  pair.one.start();
  pair.other.start();
  BOOST_REQUIRE(world.until([&] { return pair.one.up() && pair.other.up(); }));
  BOOST_TEST((pair.one.link->status().needed == std::vector<std::string>{"custody/1"}));
  BOOST_TEST(pair.other.link->status().needed.empty());
  BOOST_TEST(log.lines("peer.lacks").find("custody/1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(AP_35_a_machine_without_a_version_in_common_hears_which_there_are) {
  base::log::set_silent();
  World world;
  Pair pair(world);
  pair.one.start();
  Stranger stranger;
  world.loop.run(knock(world, pair.at[0], pair.keys[1], pair.keys[0].public_key(), frames({hello(3)}), true, stranger));
  BOOST_TEST(stranger.heard.find("no version of the link in common: 1 to 1 at machine.example, 3 to 3 at stranger.example") !=
             std::string::npos);
  BOOST_TEST(world.until([&] { return pair.one.refused("version") == 1; }));
  BOOST_TEST(!pair.one.up());
}

BOOST_AUTO_TEST_CASE(what_comes_out_of_turn_ends_the_link_and_the_next_connection_is_taken) {
  base::log::set_silent();
  World world;
  Pair pair(world);
  pair.one.start();
  Stranger stranger;
  world.loop.run(knock(world, pair.at[0], pair.keys[1], pair.keys[0].public_key(), frames({hello(), hello()}), true, stranger));
  BOOST_TEST(stranger.heard.find("a second hello") != std::string::npos);
  BOOST_TEST(world.until([&] { return pair.one.refused("violation") == 1; }));
  pair.other.start();
  BOOST_TEST(world.until([&] { return pair.one.up() && pair.other.up(); }));
}

BOOST_AUTO_TEST_CASE(garbage_at_the_port_is_counted_and_keeps_nobody_out) {
  base::log::set_silent();
  World world;
  Pair pair(world);
  pair.one.start();
  std::vector<std::unique_ptr<net::Link>> silent;
  const auto pour = [](World& in, net::Endpoint at, std::vector<std::unique_ptr<net::Link>>& kept) -> Task<> {
    for (int i = 0; i < 40; ++i) {
      auto link = co_await in.connector.connect(at, std::nullopt, 5s);
      if (!link) continue;
      if (i % 2 == 0) {
        auto said = co_await (*link)->write("GET / HTTP/1.0\r\n\r\n", 5s);
        if (!said) continue;
      }
      kept.push_back(std::move(*link));
    }
  };
  world.loop.run(pour(world, pair.at[0], silent));
  BOOST_TEST(world.until([&] { return pair.one.refused("handshake") >= 10 && pair.one.refused("flood") >= 1; }));
  pair.other.start();
  BOOST_TEST(world.until([&] { return pair.one.up() && pair.other.up(); }));
}

BOOST_AUTO_TEST_CASE(no_more_than_some_handshakes_begin_in_a_second_and_one_address_leaves_room_for_others) {
  Knocks knocks;
  const auto flooding = *net::IpAddress::parse("192.0.2.1");
  const base::SteadyTime now(5'000);
  std::size_t entered = 0;
  for (int i = 0; i < 1000; ++i) entered += knocks.may_enter(flooding, now + base::SteadyTime(i % 1000)) ? 1 : 0;
  BOOST_TEST(entered == Knocks::most_of_an_address);
  BOOST_TEST(knocks.may_enter(*net::IpAddress::parse("192.0.2.2"), now));
  std::size_t all = entered + 1;
  for (int i = 0; i < 1000; ++i)
    all += knocks.may_enter(*net::IpAddress::parse("198.51.100." + std::to_string(i % 250)), now) ? 1 : 0;
  BOOST_TEST(all == Knocks::most);
  BOOST_TEST(knocks.may_enter(flooding, now + 1s));
}

BOOST_AUTO_TEST_CASE(a_peer_that_never_reads_costs_one_window_and_is_given_up) {
  base::log::set_silent();
  World world;
  Pair pair(world);
  for (Position at = 0; at < 5'000; ++at) pair.one.letters.all[at] = std::string(10'000, 'x');
  pair.one.start();
  Stranger stranger;
  world.loop.run(knock(world, pair.at[0], pair.keys[1], pair.keys[0].public_key(), frames({hello(), Want{"letters", 0}}), false,
                       stranger));
  BOOST_TEST(world.until([&] { return pair.one.up(); }));
  BOOST_TEST(world.until([&] { return !pair.one.up(); }));
  BOOST_TEST(pair.one.link->status().topics.at(0).sent <= 10u);  // 100,000 octets, 10,000 each
  BOOST_TEST(pair.one.link->status().topics.at(0).sent >= 9u);
}

BOOST_AUTO_TEST_CASE(an_end_of_the_machine_is_said_to_the_other_one_and_leaves_nothing_behind) {
  World world;
  const test::CapturedLog log;
  {
    Pair pair(world);
    pair.one.start();
    pair.other.start();
    BOOST_REQUIRE(world.until([&] { return pair.one.up() && pair.other.up(); }));
  }
  BOOST_TEST(log.lines("stop.peer_left").empty());
  BOOST_TEST(log.lines("peer.up").find("hostname=machine.example") != std::string::npos);
  BOOST_TEST(log.lines("peer.down").find("this machine ends the link") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
