/// When a dictionary is trained: by what was ever stored, over how many starts it came, and by what this one has seen of it.
#include "letters_store.hpp"

using namespace understudy;
using test::Letters;

BOOST_AUTO_TEST_SUITE(dictionary_due)

BOOST_AUTO_TEST_CASE(what_was_stored_before_a_restart_counts_towards_the_first_dictionary) {
  for (int way = 0; way < 3; ++way) {
    Letters letters(Letters::setup(500));
    letters.take(300);
    BOOST_REQUIRE(letters.harness.maintain().has_value());
    BOOST_TEST(letters.dictionary() == 0u);
    if (way == 0) letters.harness.reopen();
    if (way == 1) letters.harness.kill();
    if (way == 2) letters.harness.cut_power(0);
    BOOST_REQUIRE(letters.harness.maintain().has_value());
    letters.take(300);
    BOOST_REQUIRE(letters.harness.maintain().has_value());
    BOOST_TEST(letters.dictionary() == 1u, "way " << way);
  }
}

BOOST_AUTO_TEST_CASE(a_start_that_has_seen_too_little_to_learn_from_waits_for_more) {
  Letters letters(Letters::setup(300));
  letters.take(300);
  letters.harness.reopen();
  letters.take(40);
  BOOST_REQUIRE(letters.harness.maintain().has_value());
  BOOST_TEST(letters.dictionary() == 0u);
  letters.take(300);
  BOOST_REQUIRE(letters.harness.maintain().has_value());
  BOOST_TEST(letters.dictionary() == 1u);
}

BOOST_AUTO_TEST_CASE(an_archive_that_has_grown_fourfold_over_several_starts_gets_another_dictionary) {
  Letters letters(Letters::setup(300));
  letters.begin();
  for (const std::uint32_t expected : {1u, 1u, 2u}) {  // 660 texts, 960, 1260
    letters.harness.reopen();
    letters.take(300, "example.net");
    BOOST_REQUIRE(letters.harness.maintain().has_value());
    BOOST_TEST(letters.dictionary() == expected, letters.kept.size() << " letters");
  }
  letters.take(20, "example.net");
  letters.harness.reopen();
  letters.require_whole("with two dictionaries");
}

BOOST_AUTO_TEST_SUITE_END()
