#include "relay/schedule/turns.hpp"

using namespace understudy;
using namespace understudy::relay;
using namespace std::chrono_literals;

namespace {
const base::WallTime start{std::chrono::milliseconds(1'700'000'000'000)};
}

BOOST_AUTO_TEST_SUITE(schedule_turns)

BOOST_AUTO_TEST_CASE(nobody_is_called_before_his_time) {
  Turns turns;
  turns.call("b", start + 2s);
  turns.call("a", start + 5s);
  BOOST_TEST((turns.next_time() == start + 2s));
  BOOST_TEST(!turns.next(start + 1s));
  BOOST_TEST(turns.next(start + 2s).value_or("") == "b");
  BOOST_TEST((turns.next_time() == start + 5s));
  BOOST_TEST(!turns.next(start + 4s));
  BOOST_TEST(turns.next(start + 9s).value_or("") == "a");
  BOOST_TEST(!turns.next_time());
  BOOST_TEST(turns.size() == 0u);
}

BOOST_AUTO_TEST_CASE(one_who_always_wants_more_goes_behind_those_who_wait) {
  Turns turns;
  for (const auto* who : {"a", "b", "c"}) turns.call(who, start);
  std::string order;
  for (int i = 0; i < 9; ++i) {
    const auto who = turns.next(start + std::chrono::seconds(i)).value_or("-");
    order += who;
    turns.call(who, start);  // wants since long ago
  }
  BOOST_TEST(order == "abcabcabc");
}

BOOST_AUTO_TEST_CASE(who_stands_in_line_keeps_his_place_when_he_calls_again) {
  Turns turns;
  for (const auto* who : {"a", "b", "c"}) turns.call(who, start);
  BOOST_TEST(turns.next(start).value_or("") == "a");
  turns.call("b", start - 1h);
  turns.call("b", start);
  BOOST_TEST(turns.next(start).value_or("") == "b");
  turns.call("c", start + 1h);  // not any more
  BOOST_TEST(!turns.next(start));
  BOOST_TEST(turns.next(start + 1h).value_or("") == "c");
}

BOOST_AUTO_TEST_CASE(who_is_dropped_is_not_called) {
  Turns turns;
  turns.call("asleep", start + 1h);
  turns.call("in line", start);
  turns.call("first", start - 1s);
  BOOST_TEST(turns.next(start).value_or("") == "first");
  turns.drop("asleep");
  turns.drop("in line");
  turns.drop("unknown");
  BOOST_TEST(!turns.next(start + 2h));
  BOOST_TEST(!turns.next_time());
}

BOOST_AUTO_TEST_CASE(a_lane_that_is_closed_holds_nobody_of_another_one) {
  Turns turns;
  turns.call("closed", start, 2);
  turns.call("open", start, 1);
  const Turns::Open without_two(0b1011);
  BOOST_TEST(turns.next(start, without_two).value_or("") == "open");
  BOOST_TEST(!turns.next(start, without_two));
  BOOST_TEST(!turns.next_time(without_two));  // or whoever asks would ask for ever
  BOOST_TEST((turns.next_time() == start));
  turns.call("later", start + 1s, 1);
  BOOST_TEST((turns.next_time(without_two) == start + 1s));
  turns.call("closed", start, 1);  // a better lane now, and still the one who waited longest
  BOOST_TEST(turns.next(start + 1s, without_two).value_or("") == "closed");
  BOOST_TEST(turns.next(start + 1s, without_two).value_or("") == "later");
  BOOST_TEST(turns.size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
