#include "relay/schedule/window.hpp"

using namespace understudy::relay;

namespace {
Window::Id id(std::uint64_t index, std::uint64_t shard = 1) {
  return {{0, index}, 0, shard};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_window)

BOOST_AUTO_TEST_CASE(a_shard_may_fill_as_much_room_as_it_leaves) {
  const Window window(1000);
  BOOST_TEST(window.room({0, 0}) == 500u);
  BOOST_TEST(window.room({500, 500}) == 0u);
  BOOST_TEST(window.room({500, 0}) == 250u);
  BOOST_TEST(window.room({750, 250}) == 0u);
  BOOST_TEST(window.room({400, 100}) == 250u);
}

BOOST_AUTO_TEST_CASE(a_few_entries_of_each_shard_have_room_however_full_it_is) {
  const Window window(100);
  BOOST_TEST(window.room({100, 0}) == Window::least);
  BOOST_TEST(window.room({5000, 3}) == Window::least - 3);
  BOOST_TEST(window.room({5000, Window::least}) == 0u);
  BOOST_TEST(window.room({5000, 200}) == 0u);
}

BOOST_AUTO_TEST_CASE(what_finds_no_room_is_read_later_from_just_before_it) {
  Window window(20);
  BOOST_TEST(window.admit(id(1), {0, 0}));
  BOOST_TEST(window.complete());
  BOOST_TEST(!window.admit(id(258), {10, 10}));
  BOOST_TEST(!window.admit(id(259), {9, 9}));  // in order: not before what is on disk
  BOOST_TEST(!window.complete());
  BOOST_TEST(!window.next_gap());  // nothing has left
  window.freed(2);
  BOOST_TEST(!window.next_gap());
  window.freed(1);
  const auto gap = window.next_gap();
  BOOST_REQUIRE(gap);
  BOOST_TEST(gap->shard == 1u);
  BOOST_TEST((gap->after < id(258).key() && gap->after > id(257).key()));
  BOOST_TEST(!window.next_gap());
  window.read(*gap, id(259).key(), Window::Found::end);
  BOOST_TEST(window.complete());
}

BOOST_AUTO_TEST_CASE(a_shard_is_complete_only_if_nothing_was_added_while_its_end_was_read) {
  Window window(20);
  window.open(1);
  auto gap = window.next_gap();
  BOOST_REQUIRE(gap);
  BOOST_TEST(!window.admit(id(5), {0, 0}));
  window.read(*gap, id(4).key(), Window::Found::end);
  BOOST_TEST(!window.complete());
  gap = window.next_gap();
  BOOST_REQUIRE(gap);
  BOOST_TEST(gap->after == id(4).key());
  window.read(*gap, gap->after, Window::Found::end);
  BOOST_TEST(window.complete());
}

BOOST_AUTO_TEST_CASE(a_change_of_what_is_being_read_makes_it_stale) {
  Window window(20);
  window.open(1);
  const auto gap = window.next_gap();
  BOOST_REQUIRE(gap);
  BOOST_TEST(!window.stale(*gap));
  BOOST_TEST(!window.changed(id(3)));
  BOOST_TEST(window.stale(*gap));
  window.read(*gap, gap->after, Window::Found::more);
  const auto again = window.next_gap();
  BOOST_REQUIRE(again);
  window.read(*again, id(3).key(), Window::Found::more);
  BOOST_TEST(window.changed(id(3)));
  BOOST_TEST(!window.changed(id(4)));
  BOOST_TEST(window.changed(id(4, 2)));
}

BOOST_AUTO_TEST_CASE(look_again_names_every_gap) {
  Window window(0);
  for (std::uint64_t shard = 1; shard <= 3; ++shard) BOOST_TEST(!window.admit(id(9, shard), {100, 10}));
  window.look_again();
  for (std::uint64_t shard = 1; shard <= 3; ++shard) {
    const auto gap = window.next_gap();
    BOOST_REQUIRE(gap);
    BOOST_TEST(gap->shard == shard);
  }
  BOOST_TEST(!window.next_gap());
}

BOOST_AUTO_TEST_SUITE_END()
