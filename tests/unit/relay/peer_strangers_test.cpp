/// Who is not let in at the peer link, and who is ended.
#include "relay/peer/refusals.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/unit/relay/peer_pair.hpp"

using namespace understudy;
using namespace understudy::test;

BOOST_AUTO_TEST_SUITE(peer_strangers)

BOOST_AUTO_TEST_CASE(another_key_is_refused_by_name_on_both_ways_and_counted) {
  World world;
  const CapturedLog log;
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
    for (int i = 0; i < 120; ++i) {  // in how many seconds depends on the machine
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

BOOST_AUTO_TEST_SUITE_END()
