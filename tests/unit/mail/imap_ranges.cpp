#include <random>
#include <set>

#include "mail/imap/ranges.hpp"
#include "mail/imap/sequence_set.hpp"

using namespace understudy::mail::imap;

namespace {

static_assert(std::forward_iterator<Ranges::Numbers>);

constexpr std::uint32_t top = UINT32_MAX;

std::set<std::uint32_t> numbers(const Ranges& ranges) {
  return {ranges.begin(), ranges.end()};
}

Ranges random_ranges(std::mt19937& random) {
  Ranges out;
  for (auto left = random() % 8; left > 0; --left) {
    const std::uint32_t first = 1 + random() % 40;
    out.add(first, first + random() % 6);
  }
  return out;
}

void is_canonical(const Ranges& ranges) {
  for (std::size_t i = 0; i < ranges.ranges().size(); ++i) {
    BOOST_REQUIRE(ranges.ranges()[i].first <= ranges.ranges()[i].last);
    if (i > 0) BOOST_REQUIRE(ranges.ranges()[i].first > std::uint64_t(ranges.ranges()[i - 1].last) + 1);
  }
}

SequenceSet parsed(std::string_view text) {
  const auto set = SequenceSet::parse(text, {});
  BOOST_REQUIRE_MESSAGE(set.has_value(), text);
  return *set;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_ranges)

BOOST_AUTO_TEST_CASE(ranges_do_what_a_set_of_numbers_does) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const Ranges a = random_ranges(random), b = random_ranges(random);
    const auto in_a = numbers(a), in_b = numbers(b);
    Ranges all = a, left = a, common = a;
    all.unite(b);
    left.subtract(b);
    common.intersect(b);
    std::size_t position = 0;
    for (std::uint32_t n = 1; n < 60; ++n) {
      BOOST_REQUIRE(a.contains(n) == in_a.contains(n));
      BOOST_REQUIRE(all.contains(n) == (in_a.contains(n) || in_b.contains(n)));
      BOOST_REQUIRE(left.contains(n) == (in_a.contains(n) && !in_b.contains(n)));
      BOOST_REQUIRE(common.contains(n) == (in_a.contains(n) && in_b.contains(n)));
      if (in_a.contains(n)) BOOST_REQUIRE(a.nth(position++).value() == n);
    }
    BOOST_REQUIRE(a.count() == in_a.size());
    BOOST_REQUIRE(!a.nth(position));
    for (const Ranges& set : {a, all, left, common}) {
      is_canonical(set);
      BOOST_REQUIRE((set.empty() || Ranges::parse(set.text(), 100) == set));
      BOOST_REQUIRE((Ranges::of(set.ranges()) == set));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_largest_number_and_its_neighbours_join_without_overflow) {
  Ranges ranges;
  ranges.add(top);
  ranges.add(top - 1);
  BOOST_TEST(ranges.text() == "4294967294:4294967295");
  ranges.add(1, top);
  ranges.add(5);
  BOOST_TEST(ranges.text() == "1:4294967295");
  BOOST_TEST(ranges.count() == 4294967295u);
  ranges.subtract({{top, top}});
  ranges.subtract({{1, 1}});
  BOOST_TEST(ranges.text() == "2:4294967294");
  ranges.subtract({{1, top}});
  BOOST_TEST(ranges.empty());
  Ranges last{{top - 2, top}};
  BOOST_TEST(numbers(last).size() == 3u);
  BOOST_TEST(Ranges{}.text().empty());
  BOOST_TEST((Ranges{}.begin() == Ranges{}.end()));
  BOOST_TEST((Ranges{{5, 3}, {8, 9}, {1, 2}, {3, 4}}).text() == "1:4,8:9");
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_ranges_are_added_and_looked_up_at_once) {
  Ranges odd;
  for (std::uint32_t n = 1; n < 200'000; n += 2) odd.add(n);
  BOOST_TEST(odd.ranges().size() == 100'000u);
  for (std::uint32_t n = 1; n < 200'000; ++n) BOOST_REQUIRE(odd.contains(n) == (n % 2 == 1));
  Ranges even;
  for (std::uint32_t n = 2; n < 200'000; n += 2) even.add(n);
  odd.unite(even);
  BOOST_TEST(odd.text() == "1:199999");
}

BOOST_AUTO_TEST_CASE(text_that_is_no_set_of_ranges_is_refused) {
  for (const auto wrong : {"", ",", "1,", ",1", "0", "1:", ":1", "1:2:3", "a", "-1", "4294967296", "1;2", "*", "1 ", "0:5"})
    BOOST_TEST(!Ranges::parse(wrong, 10).has_value(), wrong);
  BOOST_TEST(Ranges::parse("9:7,3,4", 10)->text() == "3:4,7:9");
  BOOST_TEST(Ranges::parse("1,3,5", 3).has_value());
  BOOST_TEST(!Ranges::parse("1,3,5,7", 3).has_value());
}

BOOST_AUTO_TEST_CASE(a_star_is_the_largest_number_wherever_it_stands) {
  const std::tuple<std::string, std::uint32_t, std::string> cases[] = {
      {"1:*", 7, "1:7"},
      {"*", 7, "7"},
      {"*:*", 7, "7"},
      {"9:*", 7, "7:9"},
      {"*:9", 7, "7:9"},
      {"*:3", 7, "3:7"},
      {"5,1:2,3", 7, "1:3,5"},
      {"4:2", 7, "2:4"},
      {"1:*", 0, ""},
      {"*", 0, ""},
      {"3,*", 0, "3"},
      {"1:4294967295", 7, "1:4294967295"},
      {"*,1", 4294967295, "1,4294967295"},
  };
  for (const auto& [text, largest, wanted] : cases)
    BOOST_TEST_CONTEXT(text) BOOST_TEST(parsed(text).resolve(largest).text() == wanted);
  BOOST_TEST(parsed("$").saved());
  BOOST_TEST(parsed("$").resolve(9).empty());
  BOOST_TEST(parsed("1,5:*").has_star());
  BOOST_TEST(!parsed("1,5:9").has_star());
  for (const auto text : {"1", "1:*", "*", "$", "5:3,1,*:9"}) BOOST_TEST(parsed(text).text() == text);
}

BOOST_AUTO_TEST_CASE(text_that_is_no_sequence_set_is_refused_with_a_sentence) {
  for (const auto wrong : {"",
                           "0",
                           "1:0",
                           "1,",
                           ",1",
                           "1,,2",
                           "$,1",
                           "1,$",
                           "$$",
                           "1:2:3",
                           "-1",
                           "+1",
                           "1:-1",
                           "**",
                           "1*",
                           "4294967296",
                           "99999999999999999999",
                           "a",
                           "1:a",
                           " 1",
                           "1 "}) {
    const auto set = SequenceSet::parse(wrong, {});
    BOOST_TEST_CONTEXT(wrong) BOOST_TEST((!set && !set.error().empty()));
  }
}

BOOST_AUTO_TEST_CASE(a_sequence_set_has_as_many_ranges_as_its_limit_and_no_more) {
  std::string text = "1";
  for (int i = 1; i < 10'000; ++i) text += "," + std::to_string(2 * i + 1);
  BOOST_TEST(parsed(text).resolve(1).ranges().size() == 10'000u);
  BOOST_TEST(!SequenceSet::parse(text + ",1", {}).has_value());
  BOOST_TEST(SequenceSet::parse("1:2", {.ranges = 1, .octets = 3}).has_value());
  BOOST_TEST(!SequenceSet::parse("1:20", {.ranges = 1, .octets = 3}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
