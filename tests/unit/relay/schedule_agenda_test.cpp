#include <chrono>
#include <random>

#include "relay/schedule/agenda.hpp"

using namespace understudy;
using namespace understudy::relay;
using namespace std::chrono_literals;

namespace {
const base::WallTime start{std::chrono::milliseconds(1'700'000'000'000)};
const mail::smtp::Reply silence{451, "4.4.1", "no answer"};

Agenda::Id id(std::uint64_t index, std::uint64_t shard = 1) {
  return {{0, index}, 0, shard};
}
Agenda::Place at(std::string hop, base::WallTime due = start, std::optional<base::WallTime> deadline = {}) {
  return {std::move(hop), due, deadline};
}

/// A worker of the hop that is next, which answers.
HopState* begin(Agenda& agenda, base::WallTime now = start) {
  auto* hop = agenda.begin_worker(now);
  if (!hop) return nullptr;
  agenda.opened(*hop);
  agenda.asks(*hop);
  return hop;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_agenda)

BOOST_AUTO_TEST_CASE(an_entry_on_its_way_is_taken_by_nobody_else_whatever_is_done_to_it) {
  for (const std::string what :
       {"put again", "moved", "held and released", "held, released and moved", "retried", "all retried"}) {
    BOOST_TEST_CONTEXT(what) {
      Agenda agenda;
      agenda.set_limits({10, 10});
      agenda.put(id(1), at("a", start, start + 1h));
      auto* hop = begin(agenda);
      BOOST_REQUIRE(hop);
      BOOST_REQUIRE((agenda.take(*hop, start) == id(1)));
      if (what.starts_with("held")) agenda.remove(id(1));
      if (what == "put again" || what == "held and released") agenda.put(id(1), at("a", start, start + 1h));
      if (what.ends_with("moved")) agenda.put(id(1), at("b", start, start + 1h));
      if (what == "retried") agenda.retry(id(1), start);
      if (what == "all retried") agenda.retry_all(start);
      BOOST_TEST(!agenda.take(*hop, start + 2h));
      BOOST_TEST(!agenda.take_overdue(start + 2h));
      BOOST_TEST(!agenda.begin_worker(start + 2h));
      agenda.give_back(id(1));
      auto* next = begin(agenda, start + 2h);
      BOOST_REQUIRE(next);
      BOOST_TEST(next->text == (what.ends_with("moved") ? "b" : "a"));
      BOOST_TEST((agenda.take(*next, start + 2h) == id(1)));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_entry_removed_on_its_way_does_not_come_back) {
  Agenda agenda;
  agenda.set_limits({10, 10});
  agenda.put(id(1), at("a", start, start + 1h));
  auto* hop = begin(agenda);
  BOOST_REQUIRE((agenda.take(*hop, start) == id(1)));
  agenda.remove(id(1));
  agenda.give_back(id(1));
  agenda.end_worker(*hop, Agenda::Asked::yes);
  BOOST_TEST(agenda.size() == 0u);
  BOOST_TEST(!agenda.begin_worker(start + 24h));
  BOOST_TEST(agenda.hops().empty());
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_kept_away_stays_away_even_if_it_changes) {
  Agenda agenda;
  agenda.set_limits({10, 10});
  agenda.put(id(1), at("a"));
  auto* hop = begin(agenda);
  BOOST_REQUIRE((agenda.take(*hop, start) == id(1)));
  agenda.keep_away(id(1));
  BOOST_TEST(agenda.size() == 0u);
  agenda.put(id(1), at("a"));
  agenda.retry_all(start);
  BOOST_TEST(!agenda.take(*hop, start + 24h));
}

BOOST_AUTO_TEST_CASE(memory_grows_with_what_waits_and_not_with_what_went) {
  Agenda agenda;
  agenda.set_limits({10, 10});
  for (std::uint64_t i = 0; i < 1000; ++i) {
    agenda.put(id(i, i % 7), at("hop" + std::to_string(i % 50), start, start + 120h));
    if (i % 3 == 0) agenda.put(id(i, i % 7), at("hop" + std::to_string(i % 50), start, start + 4h));
  }
  BOOST_TEST(agenda.deadlines() == 1000u);
  for (std::uint64_t i = 0; i < 1000; ++i) agenda.remove(id(i, i % 7));
  BOOST_TEST(agenda.deadlines() == 0u);
  BOOST_TEST(agenda.size() == 0u);
  BOOST_TEST(agenda.size_of(3) == 0u);
  BOOST_TEST(!agenda.begin_worker(start));
  BOOST_TEST(agenda.hops().empty());
}

BOOST_AUTO_TEST_CASE(a_hop_that_failed_and_has_nothing_left_is_forgotten_when_its_back_off_is_over) {
  Agenda agenda;
  agenda.set_limits({10, 10});
  agenda.put(id(1), at("a"));
  auto* hop = agenda.begin_worker(start);
  BOOST_REQUIRE(hop);
  agenda.failed(*hop, silence, 10min, start);
  agenda.failed(*hop, silence, 10min, start);  // another worker met the same failure
  BOOST_TEST(hop->failures == 1u);
  agenda.end_worker(*hop, Agenda::Asked::never);
  agenda.remove(id(1));
  BOOST_TEST((agenda.next_turn() == start + 10min));
  BOOST_TEST(!agenda.begin_worker(start + 9min));
  BOOST_TEST(agenda.hops().size() == 1u);
  BOOST_TEST(!agenda.begin_worker(start + 10min));
  BOOST_TEST(agenda.hops().empty());
  BOOST_TEST(!agenda.next_turn());
}

BOOST_AUTO_TEST_CASE(a_hop_gets_one_worker_until_it_answers_and_no_more_than_there_is_to_do) {
  Agenda agenda;
  agenda.set_limits({10, 3});
  for (std::uint64_t i = 1; i <= 2; ++i) agenda.put(id(i), at("a"));
  auto* hop = agenda.begin_worker(start);
  BOOST_REQUIRE(hop);
  BOOST_TEST(!agenda.begin_worker(start));
  agenda.opened(*hop);
  BOOST_TEST(agenda.begin_worker(start));
  BOOST_TEST(!agenda.begin_worker(start));  // two entries, two workers that come for them
  agenda.asks(*hop);
  BOOST_TEST(agenda.take(*hop, start).has_value());
  BOOST_TEST(!agenda.begin_worker(start));
  agenda.put(id(3), at("a", start + 1s));
  BOOST_TEST((agenda.next_turn() == start + 1s));
  BOOST_TEST(agenda.begin_worker(start + 1s));
  agenda.put(id(4), at("a"));
  BOOST_TEST(!agenda.begin_worker(start + 1s));  // three at most
}

BOOST_AUTO_TEST_CASE(hops_take_turns_when_there_are_too_few_workers_for_all) {
  Agenda agenda;
  agenda.set_limits({1, 1});
  for (std::uint64_t i = 0; i < 300; ++i) agenda.put(id(i), at("hop" + std::to_string(i % 3)));
  std::string order;
  for (int i = 0; i < 9; ++i) {
    auto* hop = begin(agenda);
    BOOST_REQUIRE(hop);
    BOOST_TEST(!agenda.begin_worker(start));
    BOOST_TEST(!agenda.next_turn());
    BOOST_TEST(agenda.take(*hop, start).has_value());
    order += hop->text.back();
    agenda.end_worker(*hop, Agenda::Asked::yes);
  }
  BOOST_TEST(order == "012012012");
}

BOOST_AUTO_TEST_CASE(a_deadline_that_passed_on_the_way_is_met_at_the_return) {
  Agenda agenda;
  agenda.set_limits({10, 10});
  agenda.put(id(1), at("a", start, start + 1h));
  agenda.put(id(2), at("a", start + 5h, start + 2h));
  auto* hop = begin(agenda);
  BOOST_REQUIRE((agenda.take(*hop, start) == id(1)));
  auto overdue = agenda.take_overdue(start + 2h);
  BOOST_REQUIRE(overdue);
  BOOST_TEST((overdue->id == id(2)));
  BOOST_TEST(!agenda.next_deadline());
  agenda.give_back(id(1));
  BOOST_TEST((agenda.next_deadline() == start + 1h));
  overdue = agenda.take_overdue(start + 2h);
  BOOST_REQUIRE(overdue);
  BOOST_TEST((overdue->id == id(1)));
}

BOOST_AUTO_TEST_CASE(after_trouble_neither_time_nor_deadline_brings_it_back_early) {
  Agenda agenda;
  agenda.set_limits({10, 10});
  agenda.put(id(1), at("a", start, start));
  for (std::uint32_t n = 1; n <= 3; ++n) {
    const auto overdue = agenda.take_overdue(start + n * 1h);
    BOOST_REQUIRE(overdue);
    agenda.give_back_after_trouble(id(1), start + (n + 1) * 1h);
    BOOST_TEST(agenda.troubles(id(1)) == n);
    BOOST_TEST(!agenda.take_overdue(start + n * 1h + 59min));
    BOOST_TEST(!agenda.begin_worker(start + n * 1h + 59min));
  }
  BOOST_REQUIRE(agenda.take_overdue(start + 4h));
  agenda.give_back(id(1));
  BOOST_TEST(agenda.troubles(id(1)) == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_retried_goes_at_once_though_its_hop_was_held) {
  Agenda agenda;
  agenda.set_limits({10, 10});
  agenda.put(id(1), at("a", start + 24h));
  agenda.put(id(2), at("a", start + 24h));
  agenda.put(id(3), at("a"));
  auto* hop = agenda.begin_worker(start);
  agenda.failed(*hop, silence, 10h, start);
  agenda.end_worker(*hop, Agenda::Asked::never);
  BOOST_TEST(!agenda.begin_worker(start + 1s));
  agenda.remove(id(3));
  agenda.retry(id(2), start + 1s);
  hop = begin(agenda, start + 1s);
  BOOST_REQUIRE(hop);
  BOOST_TEST((agenda.take(*hop, start + 1s) == id(2)));
  BOOST_TEST(!agenda.take(*hop, start + 1s));
  agenda.retry_all(start + 1s);
  BOOST_TEST((agenda.take(*hop, start + 1s) == id(1)));
}

/// Workers that begin now and never come to an end, by their hops.
std::vector<HopState*> begin_all(Agenda& agenda) {
  std::vector<HopState*> begun;
  while (auto* hop = agenda.begin_worker(start)) begun.push_back(hop);
  return begun;
}

BOOST_AUTO_TEST_CASE(hops_that_say_nothing_leave_connections_to_routes_and_to_hops_that_proved_themselves) {
  Agenda agenda;
  agenda.set_limits({20, 4});
  for (std::uint64_t i = 0; i < 100; ++i) agenda.put(id(i), at("mx:silent" + std::to_string(i)));
  BOOST_TEST(begin_all(agenda).size() == 10u);  // half
  BOOST_TEST(!agenda.next_turn());              // and the schedule does not ask again and again
  agenda.put(id(100), at("route:*"));
  auto copies = begin_all(agenda);
  BOOST_REQUIRE(copies.size() == 1u);
  BOOST_TEST(copies[0]->text == "route:*");
  agenda.end_worker(*agenda.hops().at("mx:silent0"), Agenda::Asked::never);
  auto next = begin_all(agenda);
  BOOST_REQUIRE(next.size() == 1u);
  BOOST_TEST(next[0]->text.starts_with("mx:silent"));
}

BOOST_AUTO_TEST_CASE(a_hop_that_took_a_message_makes_room_for_another_one_to_prove_itself) {
  Agenda agenda;
  agenda.set_limits({8, 4});
  for (std::uint64_t i = 0; i < 50; ++i) agenda.put(id(i), at("mx:hop" + std::to_string(i % 5)));
  auto begun = begin_all(agenda);
  BOOST_REQUIRE(begun.size() == 4u);
  agenda.opened(*begun[0]);
  BOOST_TEST(begin_all(agenda).empty());  // who only greets has proved nothing
  agenda.delivered(*begun[0]);
  BOOST_TEST(begin_all(agenda).size() == 2u);  // three quarters for what is found by MX
  agenda.failed(*begun[0], silence, 10min, start);
  agenda.put(id(1000), at("route:*"));
  BOOST_TEST(begin_all(agenda).size() == 1u);
}

BOOST_AUTO_TEST_CASE(reports_to_strangers_have_a_quarter_even_where_their_hosts_take_them) {
  Agenda agenda;
  agenda.set_limits({20, 4});
  auto notice = at("");
  notice.load = Agenda::Place::Load::notice;
  for (std::uint64_t i = 0; i < 100; ++i) {
    notice.hop = "mx:evil" + std::to_string(i % 50);
    agenda.put(id(i), notice);
  }
  auto begun = begin_all(agenda);
  BOOST_TEST(begun.size() == 5u);
  for (auto* hop : begun) agenda.delivered(*hop);
  BOOST_TEST(begin_all(agenda).empty());
  agenda.put(id(1000), at("mx:evil49"));  // mail of a user of ours for the same host
  const auto mail = begin_all(agenda);
  BOOST_REQUIRE(mail.size() == 1u);
  BOOST_TEST(mail[0]->text == "mx:evil49");
  for (std::uint64_t i = 0; i < 100; ++i) agenda.put(id(2000 + i), at("mx:good" + std::to_string(i)));
  BOOST_TEST(begin_all(agenda).size() == 4u);  // half for all that are not proven
}

BOOST_AUTO_TEST_CASE(one_connection_is_enough_for_every_kind_of_hop) {
  Agenda agenda;
  agenda.set_limits({1, 1});
  auto notice = at("mx:c");
  notice.load = Agenda::Place::Load::notice;
  agenda.put(id(1), at("route:*"));
  agenda.put(id(2), at("mx:b"));
  agenda.put(id(3), notice);
  for (int i = 0; i < 3; ++i) {
    auto* hop = begin(agenda);
    BOOST_REQUIRE(hop);
    const auto taken = agenda.take(*hop, start);
    BOOST_REQUIRE(taken);
    BOOST_TEST(!agenda.begin_worker(start));
    agenda.remove(*taken);
    agenda.give_back(*taken);
    agenda.end_worker(*hop, Agenda::Asked::yes);
  }
  BOOST_TEST(agenda.size() == 0u);
}

/// Anything in any order: nobody ever holds what another one holds, and nothing is left behind.
BOOST_AUTO_TEST_CASE(whatever_happens_an_entry_is_with_one_worker_and_none_is_forgotten) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937 draw(seed);
      Agenda agenda;
      agenda.set_limits({5, 2});
      auto now = start;
      std::set<Agenda::Id> held, there;
      std::vector<HopState*> workers;
      const auto some_hop = [&] { return (draw() % 2 ? "mx:hop" : "hop") + std::to_string(draw() % 3); };
      for (int step = 0; step < 3000; ++step) {
        const auto which = id(draw() % 40, draw() % 2);
        switch (draw() % 9) {
          case 0:
          case 1:
            agenda.put(which, at(some_hop(), now + std::chrono::minutes(draw() % 90), now + std::chrono::hours(draw() % 5)));
            there.insert(which);
            break;
          case 2:
            agenda.remove(which);
            there.erase(which);
            break;
          case 3:
            if (auto* hop = begin(agenda, now)) workers.push_back(hop);
            break;
          case 4:
            if (workers.empty()) break;
            if (const auto taken = agenda.take(*workers[draw() % workers.size()], now)) {
              BOOST_TEST(held.insert(*taken).second);
              BOOST_TEST(there.contains(*taken));
            }
            break;
          case 5:
            if (const auto taken = agenda.take_overdue(now)) BOOST_TEST(held.insert(taken->id).second);
            break;
          case 6:
            if (held.empty()) break;
            if (draw() % 4 == 0) {
              agenda.give_back_after_trouble(*held.begin(), now + 1min);
            } else {
              agenda.give_back(*held.begin());
            }
            held.erase(held.begin());
            break;
          case 7:
            if (workers.empty()) break;
            if (draw() % 3 == 0) agenda.failed(*workers.back(), silence, 5min, now);
            agenda.end_worker(*workers.back(), Agenda::Asked::yes);
            workers.pop_back();
            break;
          default:
            now += std::chrono::minutes(draw() % 20);
        }
        BOOST_TEST(agenda.size() == there.size());
        BOOST_TEST(agenda.size_of(0) + agenda.size_of(1) == there.size());
      }
      for (auto* hop : workers) agenda.end_worker(*hop, Agenda::Asked::yes);
      for (const auto& entry : held) agenda.give_back(entry);
      now += 24h;
      while (auto* hop = begin(agenda, now)) {
        while (const auto taken = agenda.take(*hop, now)) {
          BOOST_TEST(there.erase(*taken) == 1u);
          agenda.remove(*taken);
          agenda.give_back(*taken);
        }
        agenda.end_worker(*hop, Agenda::Asked::yes);
      }
      BOOST_TEST(there.empty());
      BOOST_TEST(agenda.hops().empty());
      BOOST_TEST(agenda.deadlines() == 0u);
      BOOST_TEST(!agenda.next_turn());
    }
  }
}

BOOST_AUTO_TEST_CASE(ten_thousand_hops_that_wait_make_the_next_one_no_slower) {
  Agenda agenda;
  agenda.set_limits({10, 1});
  for (std::uint64_t i = 0; i < 10'000; ++i) agenda.put(id(i), at("waits" + std::to_string(i), start + 24h));
  const auto begun = std::chrono::steady_clock::now();
  for (std::uint64_t i = 10'000; i < 60'000; ++i) {
    agenda.put(id(i), at("goes"));
    auto* hop = begin(agenda);
    BOOST_REQUIRE((hop && agenda.take(*hop, start) == id(i)));
    agenda.remove(id(i));
    agenda.give_back(id(i));
    agenda.end_worker(*hop, Agenda::Asked::yes);
    BOOST_REQUIRE(agenda.next_turn().has_value());
  }
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 10s));  // a look at each hop each time would take minutes
}

BOOST_AUTO_TEST_SUITE_END()
