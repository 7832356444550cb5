#include "relay/schedule/hop_queue.hpp"

using namespace understudy;
using namespace understudy::relay;
using namespace std::chrono_literals;

namespace {
const base::WallTime start{std::chrono::milliseconds(1'700'000'000'000)};

archive::outbox::Id id(std::uint64_t index) {
  return {{0, index}, 0, 1};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_hop_queue)

BOOST_AUTO_TEST_CASE(AP_50_entries_leave_in_order_of_acceptance_and_a_deferred_one_holds_nobody) {
  HopQueue queue;
  for (std::uint64_t i = 4; i >= 1; --i) queue.put(id(i), start);
  BOOST_TEST((queue.take(start) == id(1)));
  queue.put(id(1), start + 1h);
  BOOST_TEST((queue.take(start) == id(2)));
  BOOST_TEST((queue.take(start) == id(3)));
  BOOST_TEST((queue.take(start) == id(4)));
  BOOST_TEST(!queue.take(start));
  BOOST_TEST((queue.take(start + 1h) == id(1)));
  BOOST_TEST(queue.size() == 0u);
}

BOOST_AUTO_TEST_CASE(an_entry_is_there_once_however_often_it_is_put) {
  HopQueue queue;
  for (auto due : {start, start + 2h, start + 1h}) queue.put(id(1), due);
  BOOST_TEST(queue.size() == 1u);
  BOOST_TEST(queue.ready(start) == 0u);
  BOOST_TEST((queue.take(start + 1h) == id(1)));
  BOOST_TEST(!queue.take(start + 3h));
  queue.put(id(1), start);
  BOOST_TEST(queue.ready(start) == 1u);
  queue.put(id(1), start + 1h);  // ready already: it waits again
  BOOST_TEST(!queue.take(start));
}

BOOST_AUTO_TEST_CASE(release_all_makes_everything_due_in_order) {
  HopQueue queue;
  queue.put(id(2), start + 24h);
  queue.put(id(1), start + 48h);
  queue.release_all(start);
  BOOST_TEST((queue.take(start) == id(1)));
  BOOST_TEST((queue.take(start) == id(2)));
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_gone_whatever_its_state) {
  HopQueue queue;
  queue.put(id(1), start);
  queue.put(id(2), start + 1h);
  BOOST_TEST(queue.ready(start) == 1u);
  for (std::uint64_t i = 1; i <= 3; ++i) queue.remove(id(i));
  BOOST_TEST(queue.size() == 0u);
  BOOST_TEST(!queue.take(start + 2h));
  BOOST_TEST(!queue.more_than(0));
}

BOOST_AUTO_TEST_CASE(the_time_at_which_more_are_due_than_are_served_is_known) {
  HopQueue queue;
  queue.put(id(1), start);
  queue.put(id(2), start + 1h);
  BOOST_TEST((queue.more_than(0) == start));
  BOOST_TEST(queue.ready(start) == 1u);
  BOOST_TEST((queue.more_than(0) == start));
  BOOST_TEST((queue.more_than(1) == start + 1h));
}

BOOST_AUTO_TEST_SUITE_END()
