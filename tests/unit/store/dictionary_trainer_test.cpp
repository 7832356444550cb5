/// Dictionaries that are made here: kept where they gain, and without what only a few texts say.
#include "archive/store/content/dictionary_trainer.hpp"

#include "archive/store/content/block_codec.hpp"
#include "archive/store/content/common_text.hpp"
#include "letters.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;

namespace {

/// `count` letters, each with what `add` puts behind it, one in eight for judging.
template <class Add>
SampleSet letters(std::size_t count, const std::string& house, Add add) {
  SampleSet out;
  for (std::size_t i = 0; i < count; ++i) (i % 8 ? out.training : out.judging).add(test::letter(i, house) + add(i));
  return out;
}

SampleSet letters(std::size_t count, const std::string& house = "example.org") {
  return letters(count, house, [](std::size_t) { return std::string(); });
}

TrainOptions against(std::shared_ptr<const Dictionaries> present = std::make_shared<Dictionaries>(3)) {
  TrainOptions out;
  out.present = std::move(present);
  return out;
}

std::optional<std::string> trained(const SampleSet& sample, const TrainOptions& options = against()) {
  const auto got = train(sample, options);
  BOOST_TEST_REQUIRE(got.has_value());
  return *got;
}

std::size_t coded(const std::string& octets, const std::shared_ptr<const Dictionaries>& dictionaries) {
  BlockCodec codec(3, dictionaries);
  std::string out;
  codec.encode(BlockCodec::Use::literal, octets, out);
  return out.size();
}

/// Whether `dictionary` tells any `octets` in a row of `secret`.
bool tells(std::string_view dictionary, std::string_view secret, std::size_t octets) {
  for (std::size_t at = 0; at + octets <= secret.size(); ++at)
    if (dictionary.find(secret.substr(at, octets)) != std::string_view::npos) return true;
  return false;
}

std::string secret(std::size_t number) {
  std::string out = test::noise(60, number + 1'000'000);
  for (char& c : out) c = static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
  return out;
}

SampleShare share_of(const std::vector<std::string>& texts) {
  SampleShare out;
  for (const std::string& text : texts) out.add(text);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dictionary_trainer)

BOOST_AUTO_TEST_CASE(a_dictionary_of_letters_halves_letters_that_it_has_not_seen) {
  const auto dictionary = trained(letters(2000));
  BOOST_TEST_REQUIRE(dictionary.has_value());
  const auto none = std::make_shared<Dictionaries>(3), one = std::make_shared<Dictionaries>(3);
  BOOST_TEST_REQUIRE(one->add(1, *dictionary).has_value());
  std::size_t with = 0, without = 0;
  for (std::uint64_t i = 50'000; i < 50'100; ++i) {
    with += coded(test::letter(i), one);
    without += coded(test::letter(i), none);
  }
  BOOST_TEST(with * 2 < without);
}

BOOST_AUTO_TEST_CASE(a_dictionary_is_small_beside_its_sample_and_never_larger_than_allowed) {
  const SampleSet sample = letters(2000);
  TrainOptions options = against();
  BOOST_TEST(trained(sample, options)->size() * 20 <= sample.training.octets.size());
  options.max_octets = 5000;
  BOOST_TEST(trained(sample, options)->size() <= 5000U);
}

BOOST_AUTO_TEST_CASE(nothing_is_trained_on_too_little_on_noise_or_where_nothing_is_compressed) {
  BOOST_TEST(!trained({}).has_value());
  BOOST_TEST(!trained(letters(50)).has_value());
  SampleSet sample = letters(2000), noise;
  for (std::size_t i = 0; i < 1000; ++i) (i % 8 ? noise.training : noise.judging).add(test::noise(500, i));
  BOOST_TEST(!trained(noise).has_value());
  TrainOptions off = against();
  off.level = 0;
  BOOST_TEST(!trained(sample, off).has_value());
  sample.judging = {};
  BOOST_TEST(!trained(sample).has_value());
}

BOOST_AUTO_TEST_CASE(a_dictionary_that_gains_too_little_on_the_judging_share_is_not_kept) {
  SampleSet sample = letters(2000);
  sample.judging = {};
  for (std::size_t i = 0; i < 100; ++i) sample.judging.add(test::noise(500, i));
  BOOST_TEST(!trained(sample).has_value());
}

BOOST_AUTO_TEST_CASE(a_new_dictionary_has_to_beat_the_newest_by_some_percent) {
  const SampleSet same = letters(2000), changed = letters(2000, "other.example.net");
  const auto present = std::make_shared<Dictionaries>(3);
  BOOST_TEST_REQUIRE(present->add(1, *trained(same)).has_value());
  BOOST_TEST(!trained(same, against(present)).has_value());
  BOOST_TEST(trained(changed, against(present)).has_value());
  TrainOptions hard = against(present);
  hard.least_gain = 90;
  BOOST_TEST(!trained(changed, hard).has_value());
}

BOOST_AUTO_TEST_CASE(what_less_than_five_texts_say_is_in_no_dictionary) {
  const auto sample =
      letters(2000, "example.org", [](std::size_t i) { return secret(i / 4); });  // four texts, one after the other
  const auto dictionary = trained(sample);
  BOOST_TEST_REQUIRE(dictionary.has_value());
  for (std::size_t i = 0; i < 500; ++i) BOOST_TEST_REQUIRE(!tells(*dictionary, secret(i), common_run), "secret " << i);
}

BOOST_AUTO_TEST_CASE(what_many_texts_say_is_in_the_dictionary) {
  const auto dictionary = trained(letters(2000, "example.org", [](std::size_t i) { return secret(i % 3); }));
  BOOST_TEST_REQUIRE(dictionary.has_value());
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(dictionary->find(secret(i)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_runs_that_enough_texts_have_are_kept) {
  struct Row {
    std::string content;
    std::vector<std::string> texts;
    std::string kept;
  };
  const std::string a = "abcdefghijkl", b = "ABCDEFGHIJKLMN";
  for (const Row& row :
       {Row{"", {a, a}, ""}, Row{a, {}, ""}, Row{a, {a}, ""}, Row{a, {a, a}, a}, Row{a, {a + a}, ""},
        Row{a, {a.substr(1), a.substr(1)}, ""}, Row{a.substr(1), {a, a}, ""},
        Row{"--" + a + "--" + b + "--", {a + b, b + "x", "yy" + a}, a + b}, Row{b, {b, b.substr(1)}, b.substr(1)},
        Row{b, {b, b.substr(0, 12)}, b.substr(0, 12)}, Row{a + a, {a, a}, a + a}})
    BOOST_TEST(keep_common(row.content, share_of(row.texts), 2) == row.kept);
}

BOOST_AUTO_TEST_SUITE_END()
