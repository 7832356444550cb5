/// The schedule as a whole: who gets what, when, and how often.
#include <set>

#include "schedule_world.hpp"

using namespace understudy;
using namespace understudy::test;
using mail::smtp::Reply;
using relay::Outcome;
using routing::EntryKind;
using namespace std::chrono_literals;

namespace {
const Reply later{451, "4.3.0", "try later"}, never{550, "5.1.1", "no such user"};
const Outcome silence = relay::outcome_of({451, "4.4.1", "no answer"}, Outcome::Scope::next_hop);

void one_connection(relay::Options& options) {
  options.outbound.connections_per_hop = 1;
}

std::string number(int i) {
  return std::to_string(1000 + i);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_delivery)

BOOST_AUTO_TEST_CASE(an_entry_is_delivered_once_and_leaves_nothing_behind) {
  ScheduleWorld world;
  world.accept(letter_to("a@far.example"));
  world.settle();
  BOOST_REQUIRE(world.courier.handed.size() == 1u);
  BOOST_TEST(world.courier.handed[0].hop == "mx:far.example");
  BOOST_TEST(world.courier.handed[0].octets.ends_with("Hello.\r\n"));
  world.advance(10 * 24h);
  BOOST_TEST(world.courier.handed.size() == 1u);
  BOOST_TEST(world.entries().empty());
  BOOST_TEST(world.scheduler().idle());
  BOOST_TEST(world.scheduler().hops().empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_delivered_while_the_store_takes_no_writes) {
  ScheduleWorld world;
  world.courier.down["mx:far.example"] = silence;
  world.accept(letter_to("a@far.example"));
  world.settle();
  world.stop_writes();
  world.courier.down.clear();
  world.advance(6 * 24h);  // neither tried nor given up
  BOOST_TEST(world.courier.handed.empty());
  world.world.clock.set_wall(world.world.clock.now() - 6 * 24h);
  world.restart();
  world.advance(10min);
  BOOST_TEST(world.courier.handed.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_was_taken_and_could_not_be_noted_is_not_sent_again_until_the_next_start) {
  ScheduleWorld world;
  archive::outbox::Entry sent;
  world.courier.meanwhile = [&](const auto& entry) {
    sent = entry;
    world.spoil_settling(entry);
    world.courier.meanwhile = nullptr;
  };
  world.accept(letter_to("a@far.example"));
  world.settle();
  BOOST_TEST(world.courier.handed.size() == 1u);
  world.mend_settling(sent);
  world.advance(2 * 24h);
  world.release(sent);
  world.scheduler().retry_all();
  world.advance(1h);
  BOOST_TEST(world.courier.handed.size() == 1u);
  world.restart();
  world.settle();
  BOOST_TEST(world.courier.handed.size() == 2u);
  BOOST_TEST(world.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_entry_keeps_neither_the_start_nor_the_others_from_their_work) {
  ScheduleWorld world;
  world.courier.down["mx:far.example"] = silence;
  for (int i = 0; i < 5; ++i) world.accept(letter_to("u" + number(i) + "@far.example", number(i)));
  world.settle();
  const auto entries = world.entries();
  BOOST_REQUIRE(entries.size() == 5u);
  world.overwrite(entries[1], "not an entry");
  world.courier.down.clear();
  world.restart();
  world.advance(24h);
  BOOST_TEST(world.courier.handed.size() == 4u);
  world.overwrite(entries[1], entries[1].encode());  // mended, it goes too
  world.restart();
  world.settle();
  BOOST_TEST(world.courier.handed.size() == 5u);
}

BOOST_AUTO_TEST_CASE(AP_50_a_deferred_message_holds_nobody_else_of_its_hop) {
  ScheduleWorld world;
  world.set_options(one_connection);
  world.courier.replies["u1001@far.example"] = {later, later};
  for (int i = 0; i < 5; ++i) world.accept(letter_to("u" + number(i) + "@far.example", number(i)));
  world.settle();
  BOOST_TEST(world.order("mx:far.example") == (std::vector<std::string>{"0.0.0", "0.1.0", "0.2.0", "0.3.0", "0.4.0"}),
             boost::test_tools::per_element());
  BOOST_TEST(world.entries().size() == 1u);
  world.advance(20min);  // 5 minutes, then 10
  BOOST_TEST(world.courier.handed.size() == 7u);
  BOOST_TEST(world.entries().empty());
}

BOOST_AUTO_TEST_CASE(AP_50_what_waited_at_the_start_leaves_in_order_of_acceptance_on_each_route) {
  ScheduleWorld world;
  world.set_options(one_connection);
  world.courier.down = {{"mx:a.example", silence}, {"mx:b.example", silence}};
  for (int i = 0; i < 40; ++i) {
    world.accept(letter_to(number(i) + (i % 3 ? "@a.example" : "@b.example"), number(i)));
    world.advance(7min);
  }
  world.courier.down.clear();
  world.restart();
  world.advance(2h);
  for (const std::string hop : {"mx:a.example", "mx:b.example"}) {
    std::vector<std::string> recipients;
    for (const auto& handed : world.courier.handed)
      if (handed.hop == hop) recipients.push_back(handed.recipients.at(0));
    BOOST_TEST(std::ranges::is_sorted(recipients));
    BOOST_TEST(recipients.size() == (hop == "mx:a.example" ? 26u : 14u));
  }
}

BOOST_AUTO_TEST_CASE(entries_beyond_what_memory_holds_are_all_delivered_once_and_a_dead_hop_holds_only_its_own) {
  for (const bool restarted : {false, true}) {
    BOOST_TEST_CONTEXT("restarted: " << restarted) {
      ScheduleWorld world(40);
      for (const auto* hop : {"mx:dead.example", "mx:dumb.example"}) world.courier.down[hop] = silence;
      for (int i = 0; i < 60; ++i) {
        world.accept(letter_to(number(i) + "@dead.example", "dead" + number(i)));
        world.accept(letter_to(number(i) + "@dumb.example", "dumb" + number(i)));
      }
      for (int i = 0; i < 150; ++i) {
        world.accept(letter_to(number(i) + "@far.example", "far" + number(i)));
        world.accept(letter_to(number(i) + "@near.example", "near" + number(i)));
      }
      std::size_t most = 0;
      world.courier.meanwhile = [&](const auto&) {
        std::size_t all = 0;
        for (const auto& hop : world.scheduler().hops()) all += hop.entries;
        most = std::max(most, all);
      };
      if (restarted) world.restart();
      world.advance(2min);
      BOOST_TEST(world.courier.handed.size() == 300u);
      BOOST_TEST(most <= 80u);
      BOOST_TEST(world.entries().size() == 120u);
      world.courier.down.clear();
      world.advance(2h);
      std::set<std::string> once;
      for (const auto& handed : world.courier.handed) BOOST_TEST(once.insert(handed.entry + handed.hop).second);
      BOOST_TEST(once.size() == 420u);
      BOOST_TEST(world.entries().empty());
      BOOST_TEST(world.scheduler().idle());
    }
  }
}

BOOST_AUTO_TEST_CASE(AP_47_a_message_that_was_bounced_or_removed_may_be_sent_again_and_one_that_is_pending_may_not) {
  for (const std::string how : {"bounced", "bounced in silence", "expired", "removed", "delivered", "pending"}) {
    BOOST_TEST_CONTEXT(how) {
      ScheduleWorld world;
      auto letter = letter_to("x@far.example", "Message-ID: <one@world.example>\r\n\r\n").without_trace().window(14 * 24h);
      if (how == "bounced in silence") letter.notify(mail::smtp::Notify::never);
      auto& replies = world.courier.replies["x@far.example"];
      if (how.starts_with("bounced")) replies = {{550, "5.1.1", "not yet here"}};
      if (how == "expired" || how == "removed" || how == "pending")
        world.courier.down["mx:far.example"] = relay::outcome_of({451, "4.4.1", "down"}, relay::Outcome::Scope::next_hop);
      world.accept(letter);
      world.settle();
      if (how == "removed") world.remove(world.only_entry());
      if (how == "expired") world.advance(5 * 24h + 1h);
      world.settle();
      world.courier.down.clear();
      world.courier.handed.clear();
      const bool again = how != "pending" && how != "delivered";
      BOOST_TEST(world.entries().size() == (how == "pending" ? 1u : 0u));
      world.accept(letter);
      BOOST_TEST(world.entries().size() == (again || how == "pending" ? 1u : 0u));
      world.advance(2h);
      BOOST_TEST(world.order("mx:far.example").size() == (how == "delivered" ? 0u : 1u));
      BOOST_TEST(world.entries().empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(hosts_that_say_nothing_keep_no_copy_waiting) {
  ScheduleWorld world;
  world.set_options([](relay::Options& options) { options.outbound.connections = 8; });
  routing::Route route;
  route.match = "example.org";
  route.via = {false, "archive.example", 25};
  world.set_routes({route});
  world.courier.duration = 30min;
  for (int i = 0; i < 50; ++i) {
    const auto hop = "silent" + std::to_string(i) + ".example";
    world.accept(letter_to("x@" + hop, "Subject: report\r\n\r\n").from_nobody());
    world.accept(letter_to("y@" + hop + ".example"));
  }
  world.advance(1s);
  BOOST_TEST(world.courier.open_now == 4u);
  Letter copy("Subject: copy\r\n\r\n");
  copy.to("alice@example.org").enqueue(routing::EntryKind::copy, "route:example.org");
  world.accept(copy);
  world.advance(1s);
  BOOST_TEST(world.courier.open_now == 5u);
  world.advance(31min);
  BOOST_TEST(world.order("route:example.org").size() == 1u);
  world.courier.duration = 0s;
  world.advance(5h);
  BOOST_TEST(world.entries().empty());  // and all of them have their turn
}

BOOST_AUTO_TEST_CASE(held_and_released_on_its_way_a_message_is_sent_once) {
  ScheduleWorld world;
  world.courier.duration = 10s;
  world.accept(letter_to("a@far.example"));
  world.advance(2s);
  const auto entry = world.only_entry();
  world.hold(entry);
  world.advance(2s);
  world.release(entry);
  world.advance(1h);
  BOOST_TEST(!world.courier.two_at_once);
  BOOST_TEST(world.courier.handed.size() == 1u);
  BOOST_TEST(world.entries().empty());
}

BOOST_AUTO_TEST_CASE(what_is_held_before_it_is_sent_stays_and_what_is_held_on_its_way_is_held_after_it) {
  ScheduleWorld world;
  world.courier.duration = 10s;
  world.courier.replies["a@far.example"] = {later};
  world.accept(letter_to("a@far.example"));
  world.advance(2s);
  world.hold(world.only_entry());
  world.advance(24h);
  BOOST_TEST(world.courier.handed.size() == 1u);
  BOOST_TEST(!world.only_entry().held.empty());
  BOOST_TEST(world.only_entry().attempts == 1u);
  world.release(world.only_entry());
  world.advance(1min);
  BOOST_TEST(world.courier.handed.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_was_held_a_moment_before_it_was_to_be_sent_is_not_sent) {
  ScheduleWorld world;
  world.courier.down["mx:far.example"] = silence;
  world.accept(letter_to("a@far.example"));
  world.settle();
  auto held = world.only_entry();
  held.held = "held by the administrator";
  world.overwrite(held, held.encode());  // and the schedule has not heard of it yet
  world.courier.down.clear();
  world.advance(24h);
  BOOST_TEST(world.courier.handed.empty());
  held.held.clear();
  world.release(held);
  world.settle();
  BOOST_TEST(world.courier.handed.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_was_changed_a_moment_after_it_was_accepted_is_sent_as_it_was_changed) {
  ScheduleWorld world;
  world.accept(letter_to("a@far.example"));
  auto changed = world.only_entry();
  changed.targets[0].recipient.forward_path.local = "b";
  world.change([changed](archive::commit::Stage& stage, archive::commit::Owners& owners) {
    return owners.outbox.change(stage, changed);
  });
  world.settle();
  BOOST_REQUIRE(world.courier.handed.size() == 1u);
  BOOST_TEST(world.courier.handed[0].recipients == std::vector<std::string>{"b@far.example"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_message_removed_on_its_way_is_neither_sent_again_nor_reported) {
  for (const auto& answer : {later, never}) {
    ScheduleWorld world;
    world.courier.duration = 10s;
    world.courier.replies["a@far.example"] = {answer};
    world.accept(letter_to("a@far.example"));
    world.advance(2s);
    world.remove(world.only_entry());
    world.advance(6 * 24h);
    BOOST_TEST(world.courier.handed.size() == 1u);
    BOOST_TEST(world.scheduler().idle());
  }
}

BOOST_AUTO_TEST_CASE(a_message_that_changes_its_route_on_its_way_is_with_one_worker_at_a_time) {
  ScheduleWorld world;
  routing::Route smarthost;
  smarthost.match = "*";
  smarthost.via = {false, "relay.example", 25};
  world.set_routes({smarthost});
  world.courier.duration = 10s;
  world.courier.replies["a@far.example"] = {later};
  Letter letter("Subject: one\r\n\r\n");
  letter.to("a@far.example").enqueue(EntryKind::relay, "route:*");
  world.accept(letter);
  world.advance(2s);
  world.set_routes({});
  world.release(world.only_entry());  // a change: it belongs to the MX now
  world.scheduler().retry_all();
  world.advance(1h);
  BOOST_TEST(!world.courier.two_at_once);
  BOOST_REQUIRE(world.courier.handed.size() == 2u);
  BOOST_TEST(world.courier.handed[0].hop == "route:*");
  BOOST_TEST(world.courier.handed[1].hop == "mx:far.example");
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_route_that_has_gone_takes_the_one_of_its_domain) {
  ScheduleWorld world;
  world.courier.down["route:*"] = silence;
  routing::Route smarthost;
  smarthost.match = "*";
  smarthost.via = {false, "relay.example", 25};
  world.set_routes({smarthost});
  for (int i = 0; i < 10; ++i) {
    Letter letter(number(i));
    letter.to("a@far" + std::to_string(i % 2) + ".example").enqueue(EntryKind::relay, "route:*");
    world.accept(letter.window(0s));
  }
  world.advance(1min);
  BOOST_TEST(world.courier.handed.empty());
  world.set_routes({});
  world.scheduler().retry_all();
  world.advance(1min);
  BOOST_TEST(world.order("mx:far0.example").size() == 5u);
  BOOST_TEST(world.order("mx:far1.example").size() == 5u);
}

BOOST_AUTO_TEST_CASE(many_entries_that_expire_at_once_do_not_stop_delivery) {
  ScheduleWorld world;
  world.courier.down["mx:dead.example"] = silence;
  for (int i = 0; i < 300; ++i) world.accept(letter_to("a@dead.example", number(i)));
  world.stop();
  world.world.clock.advance(6 * 24h);
  world.start();
  std::size_t still_there = 0;
  world.courier.meanwhile = [&](const auto& entry) {
    if (entry.hop.text != "mx:far.example") return;
    for (const auto& other : world.entries()) still_there += other.hop.text == "mx:dead.example" ? 1 : 0;
  };
  world.accept(letter_to("a@far.example"));
  world.advance(10min);
  BOOST_TEST(still_there > 200u);
  BOOST_TEST(world.told("sender@world.example").size() == 300u);
  BOOST_TEST(world.entries().empty());
}

BOOST_AUTO_TEST_CASE(a_hop_that_answers_again_gets_its_entries_at_its_time_and_no_connection_too_many) {
  ScheduleWorld world;
  world.set_options([](relay::Options& options) {
    options.outbound.connections = 3;
    options.outbound.connections_per_hop = 2;
    options.outbound.messages_per_connection = 5;
  });
  world.courier.duration = 1s;
  world.courier.down["mx:late.example"] = silence;
  for (int i = 0; i < 40; ++i) {
    world.accept(letter_to("a@far.example", "far" + number(i)));
    world.accept(letter_to("a@near.example", "near" + number(i)));
    world.accept(letter_to("a@late.example", "late" + number(i)));
  }
  world.advance(2min);
  BOOST_TEST(world.courier.handed.size() == 80u);
  BOOST_TEST(world.courier.most_open <= 3u);
  world.courier.down.clear();
  world.advance(4min);
  BOOST_TEST(world.order("mx:late.example").size() == 40u);
  BOOST_TEST(!world.courier.two_at_once);
}

BOOST_AUTO_TEST_CASE(a_domain_that_does_not_exist_fails_every_entry_of_it) {
  ScheduleWorld world;
  world.courier.down["mx:none.example"] = relay::outcome_of({550, "5.1.2", "no such domain"}, Outcome::Scope::next_hop);
  for (int i = 0; i < 20; ++i) world.accept(letter_to("a@none.example", number(i)));
  world.advance(1min);
  BOOST_TEST(world.told("sender@world.example").size() == 20u);
  BOOST_TEST(world.entries().empty());
}

BOOST_AUTO_TEST_SUITE_END()
