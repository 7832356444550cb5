/// Connections that stay open for what may come soon: for whom, how long, and what it costs when one is gone by then.
#include "schedule_world.hpp"

using namespace understudy;
using namespace understudy::test;
using routing::EntryKind;
using namespace std::chrono_literals;

namespace {

routing::Route smarthost() {
  routing::Route route;
  route.match = "*";
  route.via = {false, "relay.example", 25};
  return route;
}

/// A schedule in which everything leaves by one route.
class RestWorld : public ScheduleWorld {
 public:
  RestWorld() { set_routes({smarthost()}); }
  void accept_one() {
    Letter letter("Subject: " + std::to_string(++accepted_) + "\r\n\r\n");
    letter.to("a@far.example").enqueue(EntryKind::relay, "route:*");
    accept(letter.window(0s));
  }
  void hand_over_one() {
    accept_one();
    settle();
    BOOST_TEST(courier.handed.size() == static_cast<std::size_t>(accepted_));
    BOOST_TEST(entries().empty());
  }

 private:
  int accepted_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_rest)

BOOST_AUTO_TEST_CASE(messages_of_a_route_that_come_one_after_the_other_share_a_connection) {
  RestWorld world;
  for (int i = 0; i < 20; ++i) {
    world.hand_over_one();  // at once, not when the connection has rested
    world.advance(4s);
  }
  BOOST_TEST(world.courier.opened == 1u);
  BOOST_TEST(world.scheduler().idle());
  BOOST_TEST(world.scheduler().hops().empty());
  world.advance(2s);
  BOOST_TEST(world.courier.open_now == 0u);
  BOOST_TEST(world.courier.ended == 1u);
  world.hand_over_one();
  BOOST_TEST(world.courier.opened == 2u);
}

BOOST_AUTO_TEST_CASE(no_connection_stays_open_where_the_configuration_says_0) {
  RestWorld world;
  world.set_options([](relay::Options& options) { options.outbound.keep_open = 0s; });
  world.hand_over_one();
  BOOST_TEST(world.courier.open_now == 0u);
}

BOOST_AUTO_TEST_CASE(a_host_found_by_mx_is_left_at_once) {
  ScheduleWorld world;
  world.accept(letter_to("a@far.example"));
  world.settle();
  BOOST_TEST(world.courier.handed.size() == 1u);
  BOOST_TEST(world.courier.open_now == 0u);
}

BOOST_AUTO_TEST_CASE(of_the_connections_to_a_hop_one_stays_open_and_others_are_opened_beside_it) {
  RestWorld world;
  world.courier.duration = 1s;
  for (int i = 0; i < 12; ++i) world.accept_one();
  world.advance(4500ms);
  BOOST_TEST(world.courier.handed.size() == 12u);
  BOOST_TEST(world.courier.most_open == 4u);
  BOOST_TEST(world.courier.open_now == 1u);
  for (int i = 0; i < 12; ++i) world.accept_one();
  world.advance(4500ms);
  BOOST_TEST(world.courier.handed.size() == 24u);
  BOOST_TEST(world.courier.most_open == 4u);
}

BOOST_AUTO_TEST_CASE(a_connection_keeps_to_its_number_of_messages_also_when_it_rests_between_them) {
  RestWorld world;
  world.set_options([](relay::Options& options) { options.outbound.messages_per_connection = 3; });
  for (int i = 0; i < 9; ++i) {
    world.hand_over_one();
    world.advance(1s);
  }
  BOOST_TEST(world.courier.opened == 3u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_was_lost_while_it_rested_costs_a_new_one_and_no_wait) {
  RestWorld world;
  world.hand_over_one();
  world.advance(1s);
  world.courier.connections_lost = 1;
  world.hand_over_one();
  BOOST_TEST(world.courier.opened == 2u);
  BOOST_TEST(world.scheduler().counts().deferred == 0u);
}

BOOST_AUTO_TEST_CASE(a_hop_that_loses_new_connections_too_is_waited_for) {
  RestWorld world;
  world.hand_over_one();
  world.advance(1s);
  world.courier.connections_lost = 2;
  world.accept_one();
  world.advance(1min);
  BOOST_TEST(world.courier.opened == 2u);
  BOOST_TEST(world.courier.handed.size() == 1u);
  world.advance(10min);
  BOOST_TEST(world.courier.handed.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_hop_that_closes_after_some_messages_costs_connections_and_no_wait) {
  for (const std::size_t workers : {1u, 4u}) {
    RestWorld world;
    world.set_options([&](relay::Options& options) { options.outbound.connections_per_hop = workers; });
    world.courier.most_messages = 2;
    for (int i = 0; i < 7; ++i) world.accept_one();
    world.settle();
    BOOST_TEST(world.courier.handed.size() == 7u);
    BOOST_TEST(world.courier.closed >= 1u);
    BOOST_TEST(world.scheduler().counts().deferred == 0u);
    BOOST_TEST(world.entries().empty());
  }
}

BOOST_AUTO_TEST_CASE(an_entry_at_which_the_hop_always_closes_has_two_connections_an_attempt_and_holds_up_nobody) {
  RestWorld world;
  world.set_options([](relay::Options& options) { options.outbound.connections_per_hop = 1; });
  world.courier.closes_at = "bad@far.example";
  const auto accept_bad = [&] {
    Letter letter("Subject: bad\r\n\r\n");
    letter.to("bad@far.example").enqueue(EntryKind::relay, "route:*");
    world.accept(letter.window(0s));
  };
  world.accept_one();
  accept_bad();
  for (int i = 0; i < 3; ++i) world.accept_one();
  world.settle();
  BOOST_TEST(world.courier.handed.size() == 4u);
  BOOST_TEST(world.courier.closed == 2u);
  BOOST_REQUIRE(world.entries().size() == 1u);
  BOOST_TEST(world.only_entry().attempts == 1u);
  BOOST_TEST(world.only_entry().targets.front().last_reply.status == "4.4.2");
  world.advance(1h);
  const auto attempts = world.only_entry().attempts;
  BOOST_TEST(attempts > 1u);
  BOOST_TEST(world.courier.closed <= 2 * attempts);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_lost_after_a_word_counts_as_an_attempt) {
  RestWorld world;
  world.set_options([](relay::Options& options) { options.outbound.connections_per_hop = 1; });
  world.courier.closes_at = "bad@far.example";
  world.courier.last_word = "250 go on";
  world.accept_one();
  Letter letter("Subject: bad\r\n\r\n");
  world.accept(letter.to("bad@far.example").enqueue(EntryKind::relay, "route:*").window(0s));
  world.settle();
  BOOST_TEST(world.courier.closed == 1u);
  BOOST_TEST(world.only_entry().attempts == 1u);
}

BOOST_AUTO_TEST_CASE(a_connection_does_not_outlive_the_settings_that_it_was_opened_by) {
  RestWorld world;
  world.hand_over_one();
  world.set_hostname("other.example.org");
  world.scheduler().retry_all();  // as a reload does
  world.settle();
  BOOST_TEST(world.courier.open_now == 0u);
  world.hand_over_one();
  BOOST_TEST(world.courier.opened == 2u);
}

BOOST_AUTO_TEST_CASE(an_end_in_good_order_does_not_wait_for_a_connection_that_rests) {
  RestWorld world;
  world.hand_over_one();
  const auto before = world.world.clock.now();
  world.stop();
  BOOST_TEST((world.world.clock.now() - before < 1s));
  BOOST_TEST(world.courier.ended == 1u);
  world.start();
}

BOOST_AUTO_TEST_CASE(a_quarter_of_all_connections_may_rest) {
  ScheduleWorld world;
  world.set_options([](relay::Options& options) { options.outbound.connections = 8; });
  std::vector<routing::Route> routes;
  for (int i = 0; i < 6; ++i) {
    auto route = smarthost();
    route.match = "far" + std::to_string(i) + ".example";
    routes.push_back(route);
  }
  world.set_routes(routes);
  for (int i = 0; i < 6; ++i) {
    const auto domain = "far" + std::to_string(i) + ".example";
    Letter letter("Subject: " + domain + "\r\n\r\n");
    letter.to("a@" + domain).enqueue(EntryKind::relay, "route:" + domain);
    world.accept(letter.window(0s));
    world.settle();
  }
  BOOST_TEST(world.courier.handed.size() == 6u);
  BOOST_TEST(world.courier.open_now == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
