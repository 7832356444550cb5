/// Dictionaries: which octets are one, which is the newest, and that one in use outlives its place.
#include "archive/store/content/dictionaries.hpp"
#include "letters.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;

BOOST_AUTO_TEST_SUITE(dictionaries)

BOOST_AUTO_TEST_CASE(the_newest_dictionary_is_the_one_with_the_highest_number) {
  const std::string octets = test::dictionary_of_letters();
  Dictionaries all(1);
  BOOST_TEST((all.newest() == nullptr));
  for (const std::uint32_t number : {5U, 2U, 9U, 7U}) BOOST_TEST(all.add(number, octets).has_value());
  BOOST_TEST(all.newest()->number() == 9U);
  BOOST_TEST(all.find(2)->number() == 2U);
  BOOST_TEST((all.find(3) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_number_is_given_once) {
  Dictionaries all(1);
  BOOST_TEST(all.add(1, test::dictionary_of_letters()).has_value());
  BOOST_TEST((all.add(1, test::dictionary_of_letters("example.net")).error().code == base::errc::refused));
}

BOOST_AUTO_TEST_CASE(what_is_no_dictionary_of_zstds_is_damaged) {
  const std::string octets = test::dictionary_of_letters();
  Dictionaries all(1);
  for (const std::string& wrong :
       {std::string(), std::string("x"), test::prose(5000, 1), test::noise(5000, 1), octets.substr(0, 7), octets.substr(0, 20),
        octets.substr(1), octets.substr(0, 8) + test::noise(4000, 1),
        octets + std::string(Dictionaries::max_octets - octets.size() + 1, ' ')})
    BOOST_TEST((all.add(1, wrong).error().code == base::errc::damaged), wrong.size() << " octets");
  BOOST_TEST((all.newest() == nullptr));
  BOOST_TEST(all.add(1, octets + std::string(Dictionaries::max_octets - octets.size(), ' ')).has_value());
}

BOOST_AUTO_TEST_CASE(a_dictionary_in_use_outlives_the_set) {
  std::shared_ptr<const Dictionary> used;
  {
    Dictionaries all(1);
    BOOST_TEST_REQUIRE(all.add(1, test::dictionary_of_letters()).has_value());
    used = all.newest();
  }
  BOOST_TEST((used->for_encoding() != nullptr));
  BOOST_TEST((used->for_encoding() == used->for_encoding()));
}

BOOST_AUTO_TEST_SUITE_END()
