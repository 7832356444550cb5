/// Recipes of bodies: what is written is read again, what is damaged is said to be, and the steps give every octet once and in
/// order.
#include "archive/store/content/recipe.hpp"

#include <limits>
#include <random>

#include "base/bytes.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;

namespace {

using Kind = Form::Kind;
using LastEnd = Form::LastEnd;

constexpr std::uint64_t any_octets = std::numeric_limits<std::uint64_t>::max();
constexpr Form as_is{};

OwnBlock block(std::uint32_t octets) {
  return {{7, 4096, octets + 20}, octets};
}

SharedPart part(std::uint64_t before, std::uint32_t stored, Form form = as_is) {
  return {before, form, stored, base::sha256(std::to_string(stored))};
}

Recipe example() {
  return {{block(1), {{1ULL << 40, 1ULL << 50, 0xffffffff}, max_block_octets}},
          {part(1, 70'000), part(300, max_block_octets, {Kind::base64_crlf, 76, LastEnd::there}),
           part(0, 57, {Kind::base64_lf, 252, LastEnd::missing})}};
}

/// Where one octet of a body comes from.
struct Source {
  Step::From from;
  std::size_t index;
  std::uint64_t offset;
  bool operator==(const Source&) const = default;
};

std::vector<Source> sources(const Recipe& recipe, std::uint64_t octets) {
  std::vector<Source> own;
  for (std::size_t i = 0; i < recipe.own.size(); ++i)
    for (std::uint64_t at = 0; at < recipe.own[i].octets; ++at) own.push_back({Step::From::own, i, at});
  std::vector<Source> all;
  auto next = own.begin();
  for (std::size_t i = 0; i < recipe.shared.size(); ++i) {
    all.insert(all.end(), next, next + static_cast<std::ptrdiff_t>(recipe.shared[i].before));
    next += static_cast<std::ptrdiff_t>(recipe.shared[i].before);
    const std::uint64_t size = octets_in_message(recipe.shared[i].form, recipe.shared[i].stored);
    for (std::uint64_t at = 0; at < size; ++at) all.push_back({Step::From::shared, i, at});
  }
  all.insert(all.end(), next, own.end());
  BOOST_TEST_REQUIRE(all.size() == octets);
  return all;
}

Recipe random_recipe(std::mt19937_64& draw, std::uint64_t& octets) {
  Recipe recipe;
  std::uint64_t own = 0;
  octets = 0;
  for (std::uint64_t count = draw() % 6; count > 0; --count) {
    recipe.own.push_back(block(1 + static_cast<std::uint32_t>(draw() % 40)));
    own += recipe.own.back().octets;
  }
  octets = own;
  for (std::uint64_t count = draw() % 6; count > 0; --count) {
    const Form form = draw() % 2 ? as_is : Form{draw() % 2 ? Kind::base64_crlf : Kind::base64_lf, 76, LastEnd(draw() % 2)};
    recipe.shared.push_back(part(draw() % (own + 1), 1 + static_cast<std::uint32_t>(draw() % 100), form));
    own -= recipe.shared.back().before;
    octets += octets_in_message(form, recipe.shared.back().stored);
  }
  return recipe;
}

bool damaged(const Recipe& recipe, std::uint64_t octets = any_octets) {
  const auto got = Recipe::decode(recipe.encode(), octets);
  return !got && got.error().code == base::errc::damaged;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recipe)

BOOST_AUTO_TEST_CASE(a_recipe_is_read_as_it_was_written) {
  for (const Recipe& recipe : {Recipe{}, example(), Recipe{{block(5)}, {}}, Recipe{{}, {part(0, 9)}}}) {
    const auto got = Recipe::decode(recipe.encode(), any_octets);
    BOOST_TEST_REQUIRE(got.has_value());
    BOOST_TEST((*got == recipe));
  }
}

BOOST_AUTO_TEST_CASE(the_octets_of_a_recipe_are_those_of_its_grammar) {
  const Recipe recipe{{{{1, 300, 5}, 4}}, {{4, {Kind::base64_lf, 76, LastEnd::missing}, 3, base::Digest{}}}};
  std::string expected("\x01\x01\x01\xac\x02\x05\x04\x01\x04\x02\x4c\x00\x03", 13);
  expected.append(32, '\0');
  BOOST_TEST(recipe.encode() == expected);
  BOOST_TEST(Recipe{}.encode() == std::string("\x01\x00\x00", 3));
}

BOOST_AUTO_TEST_CASE(a_recipe_cut_anywhere_or_with_more_behind_it_is_damaged) {
  const std::string whole = example().encode();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const auto got = Recipe::decode(whole.substr(0, at), any_octets);
    BOOST_TEST_REQUIRE(!got.has_value(), "cut at " << at);
    BOOST_TEST((got.error().code == base::errc::damaged), "cut at " << at);
  }
  BOOST_TEST(!Recipe::decode(whole + '\0', any_octets).has_value());
}

BOOST_AUTO_TEST_CASE(a_later_version_is_unsupported_and_no_version_is_damaged) {
  std::string value = example().encode();
  for (const unsigned version : {2U, 255U}) {
    value[0] = static_cast<char>(version);
    BOOST_TEST((Recipe::decode(value, any_octets).error().code == base::errc::unsupported));
  }
  value[0] = 0;
  BOOST_TEST((Recipe::decode(value, any_octets).error().code == base::errc::damaged));
}

BOOST_AUTO_TEST_CASE(a_count_is_believed_only_as_far_as_octets_follow) {
  for (const std::uint64_t count : {std::uint64_t{3}, std::uint64_t{1} << 32, std::uint64_t{1} << 62, any_octets}) {
    const std::string own = base::Writer(1).varint(count).raw("12345678").take();
    BOOST_TEST((Recipe::decode(own, any_octets).error().code == base::errc::damaged), count);
    const std::string shared = base::Writer(1).varint(0).varint(count).raw(std::string(80, '\1')).take();
    BOOST_TEST((Recipe::decode(shared, any_octets).error().code == base::errc::damaged), count);
  }
}

BOOST_AUTO_TEST_CASE(places_and_lengths_that_cannot_be_are_damaged) {
  for (const OwnBlock& wrong :
       {OwnBlock{{0, 1, 1}, 1}, OwnBlock{{1, 1, 0}, 1}, OwnBlock{{1, any_octets, 1}, 1}, block(0), block(max_block_octets + 1)})
    BOOST_TEST(damaged(Recipe{{wrong}, {}}));
  for (const SharedPart& wrong : {part(0, 0), part(0, max_block_octets + 1), part(1, 5)})
    BOOST_TEST(damaged(Recipe{{}, {wrong}}));
  const std::string wide = base::Writer(1).varint(1).varint(1).varint(1).varint(1ULL << 32 | 1).varint(1).varint(0).take();
  BOOST_TEST(!Recipe::decode(wide, any_octets).has_value());
}

BOOST_AUTO_TEST_CASE(forms_that_cannot_be_are_damaged) {
  for (const Form& wrong : {Form{Kind(3), 76, LastEnd::there}, Form{Kind::base64_crlf, 0, LastEnd::there},
                            Form{Kind::base64_lf, 75, LastEnd::there}, Form{Kind::base64_lf, 255, LastEnd::there},
                            Form{Kind::base64_lf, 76, LastEnd(2)}}) {
    BOOST_TEST(damaged(Recipe{{}, {part(0, 5, wrong)}}));
    BOOST_TEST(!steps_of(Recipe{{}, {part(0, 5, wrong)}}, 10).has_value());
  }
}

BOOST_AUTO_TEST_CASE(more_octets_than_the_body_has_are_damaged) {
  const Recipe recipe{{block(10), block(20)}, {part(10, 30), part(20, 40)}};
  BOOST_TEST(Recipe::decode(recipe.encode(), 100).has_value());
  BOOST_TEST(damaged(recipe, 99));
  BOOST_TEST(damaged(recipe, 0));
  BOOST_TEST(damaged(Recipe{{block(10)}, {part(10, 1), part(1, 1)}}));
  BOOST_TEST(damaged(Recipe{{block(10)}, {part(1, 1), part(any_octets, 1)}}));
}

BOOST_AUTO_TEST_CASE(a_part_may_stand_before_in_and_behind_a_block) {
  const Recipe recipe{{block(10), block(5)}, {part(0, 100), part(4, 50), part(0, 60), part(11, 70)}};
  const auto steps = steps_of(recipe, 15 + 280);
  BOOST_TEST_REQUIRE(steps.has_value());
  struct Row {
    Step::From from;
    std::size_t index;
    std::uint64_t begin, octets;
    std::uint32_t skip;
  };
  using enum Step::From;
  const std::vector<Row> rows{{shared, 0, 0, 100, 0}, {own, 0, 100, 4, 0}, {shared, 1, 104, 50, 0}, {shared, 2, 154, 60, 0},
                              {own, 0, 214, 6, 4},    {own, 1, 220, 5, 0}, {shared, 3, 225, 70, 0}};
  BOOST_TEST_REQUIRE(steps->size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Step& step = (*steps)[i];
    BOOST_TEST((step.from == rows[i].from && step.index == rows[i].index && step.begin == rows[i].begin &&
                step.octets == rows[i].octets && step.skip == rows[i].skip),
               "step " << i);
  }
}

BOOST_AUTO_TEST_CASE(a_recipe_that_makes_another_length_than_the_bodys_is_damaged) {
  BOOST_TEST(steps_of(Recipe{}, 0)->empty());
  BOOST_TEST(!steps_of(Recipe{}, 1).has_value());
  const Recipe recipe{{block(10), block(5)}, {part(4, 50)}};
  BOOST_TEST(steps_of(recipe, 65).has_value());
  for (const std::uint64_t octets : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{64}, std::uint64_t{66}, any_octets})
    BOOST_TEST((steps_of(recipe, octets).error().code == base::errc::damaged), octets);
  BOOST_TEST(!steps_of(Recipe{{block(0)}, {}}, 0).has_value());
  BOOST_TEST(!steps_of(Recipe{{block(5)}, {part(6, 1)}}, 7).has_value());
  BOOST_TEST(!steps_of(Recipe{{block(5)}, {part(any_octets, 1)}}, 6).has_value());
}

BOOST_AUTO_TEST_CASE(steps_of_any_recipe_give_each_octet_once_and_in_order) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 draw(seed);
    std::uint64_t octets = 0;
    const Recipe recipe = random_recipe(draw, octets);
    const auto again = Recipe::decode(recipe.encode(), octets);
    BOOST_TEST_REQUIRE(again.has_value(), "seed " << seed);
    const auto steps = steps_of(*again, octets);
    BOOST_TEST_REQUIRE(steps.has_value(), "seed " << seed);
    std::vector<Source> got;
    for (const Step& step : *steps) {
      BOOST_TEST_REQUIRE(step.begin == got.size(), "seed " << seed);
      BOOST_TEST_REQUIRE(step.octets > 0U, "seed " << seed);
      for (std::uint64_t i = 0; i < step.octets; ++i) got.push_back({step.from, step.index, step.skip + i});
    }
    BOOST_TEST((got == sources(recipe, octets)), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(flipped_bits_make_another_recipe_or_none_and_never_more_octets_than_the_body_has) {
  const Recipe recipe = example();
  const std::string whole = recipe.encode();
  const std::uint64_t octets = 1 + max_block_octets + 70'000 + octets_in_message(recipe.shared[1].form, max_block_octets) +
                               octets_in_message(recipe.shared[2].form, 57);
  BOOST_TEST_REQUIRE(steps_of(recipe, octets).has_value());
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    const auto got = Recipe::decode(changed, octets);
    if (!got) continue;
    std::uint64_t total = 0;
    if (const auto steps = steps_of(*got, octets))
      for (const Step& step : *steps) total += step.octets;
    BOOST_TEST((total == 0 || total == octets), "bit " << bit);
  }
}

BOOST_AUTO_TEST_SUITE_END()
