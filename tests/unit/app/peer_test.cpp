/// What people are shown to pair two machines.
#include "app/admin/peer.hpp"

#include "tests/support/sim_clock.hpp"

using namespace understudy;
using namespace understudy::app;

namespace {

conf::Config config() {
  conf::Config made;
  made.server.hostname = "mailbox.example.org";
  return made;
}

base::PublicKey some_key(std::uint64_t seed) {
  sim::SimRandom random(seed);
  return base::SigningKey::make(random).public_key();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peer)

BOOST_AUTO_TEST_CASE(pairing_shows_what_the_other_machine_needs_of_this_one) {
  const auto key = some_key(1);
  const auto pair = peer_pair_of(config(), key);
  BOOST_TEST(pair.at("key").as_string() == key.text());
  const auto& there = pair.at("peer").as_object();
  BOOST_TEST(there.at("host").as_string() == "mailbox.example.org");
  BOOST_TEST(there.at("port").to_number<int>() == 8025);
  BOOST_TEST(there.at("key").as_string() == key.text());
  BOOST_TEST(pair.at("pinned").is_null());
}

BOOST_AUTO_TEST_CASE(the_port_is_the_one_where_this_machine_listens_and_not_the_one_that_it_dials) {
  auto with = config();
  with.peer.emplace();
  with.peer->port = 9999;
  with.peer->key = some_key(2).text();
  BOOST_TEST(peer_pair_of(with, some_key(1)).at("peer").at("port").to_number<int>() == 8025);
  with.peer->binds.push_back(*net::Endpoint::parse("192.0.2.1:8026"));
  const auto pair = peer_pair_of(with, some_key(1));
  BOOST_TEST(pair.at("peer").at("port").to_number<int>() == 8026);
  BOOST_TEST(pair.at("pinned").as_string() == some_key(2).text());
}

BOOST_AUTO_TEST_SUITE_END()
