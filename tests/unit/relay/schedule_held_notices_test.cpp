#include "relay/schedule/held_notices.hpp"

using namespace understudy;
using namespace understudy::relay;
using namespace std::chrono_literals;

namespace {
const base::WallTime start{std::chrono::milliseconds(1'700'000'000'000)};
}

BOOST_AUTO_TEST_SUITE(schedule_held_notices)

BOOST_AUTO_TEST_CASE(the_first_of_each_cause_is_told_at_once) {
  HeldNotices notices;
  BOOST_TEST(!notices.next());
  notices.held("a", {"refused", "one"});
  notices.held("b", {"refused", "two"});
  BOOST_TEST((notices.next() <= start));
  BOOST_TEST(notices.take(start)->text == "one");
  BOOST_TEST(notices.take(start)->text == "two");
  BOOST_TEST(!notices.take(start));
  BOOST_TEST(!notices.next());
}

BOOST_AUTO_TEST_CASE(what_follows_waits_its_hour_and_is_counted) {
  HeldNotices notices;
  notices.held("a", {"refused", "first"});
  BOOST_TEST(notices.take(start).has_value());
  for (int i = 0; i < 9; ++i) notices.held("a", {"refused", "later " + std::to_string(i)});
  BOOST_TEST((notices.next() == start + 1h));
  BOOST_TEST(!notices.take(start + 59min));
  const auto told = notices.take(start + 1h);
  BOOST_REQUIRE(told);
  BOOST_TEST(told->text.starts_with("This is the latest of 9 messages"));
  BOOST_TEST(told->text.ends_with("later 8"));
  BOOST_TEST(!notices.take(start + 3h));
  notices.held("a", {"refused", "much later"});
  BOOST_TEST(notices.take(start + 3h)->text == "much later");
}

BOOST_AUTO_TEST_CASE(causes_beyond_the_limit_share_a_notice) {
  HeldNotices notices;
  for (std::size_t i = 0; i < HeldNotices::most_causes + 50; ++i) notices.held(std::to_string(i), {"refused", "x"});
  std::size_t told = 0;
  while (notices.take(start)) told += 1;
  BOOST_TEST(told == HeldNotices::most_causes + 1);
}

BOOST_AUTO_TEST_CASE(a_notice_says_where_the_others_of_its_cause_are_listed) {
  HeldNotices notices;
  notices.held("copies", {"s", "a"});
  notices.held("copies", {"s", "b"});
  notices.held("custody", {"s", "c", "`understudy journal custody` lists all"});
  notices.held("custody", {"s", "d", "`understudy journal custody` lists all"});
  BOOST_TEST(notices.take(start)->text.find("messages; `understudy queue list` shows all that wait.") != std::string::npos);
  BOOST_TEST(notices.take(start)->text.find("messages; `understudy journal custody` lists all.") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
