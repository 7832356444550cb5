/// Which custody numbers nobody has to look for: never one that came, whatever the order.
#include "archive/custody/new_numbers.hpp"

#include <limits>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>

using namespace understudy;
using archive::custody::NewNumbers;
using archive::custody::Number;

namespace {

Number of(std::uint8_t sender, std::uint64_t number) {
  Number made;
  made.instance.fill(sender);
  made.number = number;
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(new_numbers)

BOOST_AUTO_TEST_CASE(nothing_is_known_of_a_life_before_the_store_was_asked) {
  NewNumbers numbers;
  BOOST_TEST(!numbers.knows(of(1, 1)));
  BOOST_TEST(!numbers.is_new(of(1, 1)));
  numbers.note(of(1, 1));
  BOOST_TEST(!numbers.knows(of(1, 1)));
  numbers.learn(of(1, 1), 7);
  BOOST_TEST(numbers.knows(of(1, 100)));
  BOOST_TEST(!numbers.knows(of(2, 100)));
  auto elsewhere = of(1, 100);
  elsewhere.partition = 1;
  BOOST_TEST(!numbers.knows(elsewhere));
  for (std::uint64_t number : {1, 6, 7}) BOOST_TEST(!numbers.is_new(of(1, number)), number);
  BOOST_TEST(numbers.is_new(of(1, 8)));
}

BOOST_AUTO_TEST_CASE(what_was_overtaken_is_new_until_it_comes_itself) {
  NewNumbers numbers;
  numbers.learn(of(1, 1), 0);
  numbers.note(of(1, 3));
  for (std::uint64_t number : {1, 2, 4}) BOOST_TEST(numbers.is_new(of(1, number)), number);
  BOOST_TEST(!numbers.is_new(of(1, 3)));
  numbers.note(of(1, 2));
  BOOST_TEST(!numbers.is_new(of(1, 2)));
  BOOST_TEST(numbers.is_new(of(1, 1)));
}

BOOST_AUTO_TEST_CASE(a_large_step_is_remembered_at_its_end_only_and_costs_no_more) {
  constexpr auto highest = std::numeric_limits<std::uint64_t>::max();
  NewNumbers numbers;
  numbers.learn(of(1, 1), 0);
  numbers.note(of(1, highest));
  BOOST_TEST(!numbers.is_new(of(1, highest)));
  BOOST_TEST(numbers.is_new(of(1, highest - 1)));
  BOOST_TEST(numbers.is_new(of(1, highest - NewNumbers::max_skipped)));
  BOOST_TEST(!numbers.is_new(of(1, highest - NewNumbers::max_skipped - 1)));
  BOOST_TEST(!numbers.is_new(of(1, 1)));
}

BOOST_AUTO_TEST_CASE(of_too_many_lives_it_learns_nothing_and_forgets_none) {
  NewNumbers numbers;
  Number number = of(1, 0);
  for (std::size_t i = 0; i < NewNumbers::max_lives; ++i) {
    BOOST_TEST(numbers.has_room());
    number.incarnation[0] = static_cast<std::uint8_t>(i);
    numbers.learn(number, 5);
  }
  BOOST_TEST(!numbers.has_room());
  numbers.learn(of(2, 0), 5);
  BOOST_TEST(!numbers.knows(of(2, 0)));
  BOOST_TEST(!numbers.is_new(of(2, 6)));
  number.number = 6;
  BOOST_TEST(numbers.is_new(number));
}

BOOST_AUTO_TEST_CASE(what_came_is_never_new_in_any_order) {
  for (unsigned round = 0; round < 200; ++round) {
    std::mt19937_64 random(round);
    NewNumbers numbers;
    std::set<std::uint64_t> came;  // before, and in any order
    const std::uint64_t stored = random() % 50;
    for (std::uint64_t number = 1; number <= stored; ++number)
      if (number == stored || random() % 2 == 0) came.insert(number);
    numbers.learn(of(1, 1), stored);
    std::uint64_t next = stored + 1;
    std::size_t found_new = 0;
    for (int step = 0; step < 500; ++step) {
      const auto far = random() % 100 == 0 ? random() % 3000 : random() % 12;
      const auto number = random() % 4 == 0 && !came.empty() ? *came.begin() + random() % next : next + far;
      if (numbers.is_new(of(1, number))) {
        ++found_new;
        BOOST_REQUIRE_MESSAGE(!came.contains(number), "round " << round << ", number " << number);
      }
      numbers.note(of(1, number));
      came.insert(number);
      next = std::max(next, number + 1) - random() % 3;
    }
    BOOST_TEST(found_new > 100u);  // or it is of no use
  }
}

BOOST_AUTO_TEST_SUITE_END()
