/// Two machines that are paired: connecting, what travels, restarts.
#include "base/text.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/unit/relay/peer_pair.hpp"

using namespace understudy;
using namespace understudy::test;

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

BOOST_AUTO_TEST_CASE(nothing_is_said_and_nothing_answered_while_what_can_be_read_may_be_lost) {
  base::log::set_silent();
  World world;
  Pair pair(world);
  pair.one.letters.all[1] = "not durable";
  bool durable = false;
  pair.one.start();
  pair.one.link->registry().speak_while([&durable] { return durable; });
  pair.other.start();
  BOOST_REQUIRE(world.until([&] { return pair.one.up() && pair.other.up(); }));
  std::optional<Responder::Answer> answer;
  const auto ask = [&] {
    answer.reset();
    Traffic::Question question;
    question.feature = "letters/1";
    question.verb = "spell";
    question.octets = "word";
    pair.other.link->ask(question, [&](base::Result<Responder::Answer> given) {
      if (given) answer = *given;
    });
    return world.until([&] { return answer.has_value(); });
  };
  BOOST_REQUIRE(ask());
  BOOST_TEST((answer->status == Answer::Status::failed));
  BOOST_TEST(answer->octets.find("word") == std::string::npos);
  BOOST_TEST(pair.other.shelf.durable.empty());
  durable = true;
  pair.one.letters.write(2, "durable");
  BOOST_TEST(world.until([&] { return pair.other.shelf.durable.size() == 2u; }));
  BOOST_REQUIRE(ask());
  BOOST_TEST(answer->octets == "word!");
}

BOOST_AUTO_TEST_CASE(a_host_is_looked_up_and_each_of_its_addresses_is_tried) {
  World world;
  const CapturedLog log;
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

BOOST_AUTO_TEST_CASE(AP_35_a_feature_that_the_other_machine_lacks_is_named) {
  World world;
  const CapturedLog log;
  Pair pair(world);
  pair.one.needed = {"custody/1", "letters/1"};
  pair.one.start();
  pair.other.start();
  BOOST_REQUIRE(world.until([&] { return pair.one.up() && pair.other.up(); }));
  BOOST_TEST((pair.one.link->status().needed == std::vector<std::string>{"custody/1"}));
  BOOST_TEST(pair.other.link->status().needed.empty());
  BOOST_TEST(log.lines("peer.lacks").find("custody/1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_end_of_the_machine_is_said_to_the_other_one_and_leaves_nothing_behind) {
  World world;
  const CapturedLog log;
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
