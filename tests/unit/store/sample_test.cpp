/// The sample that dictionaries are made of: bounded, fair to every text, the same for the same draws.
#include "archive/store/content/sample.hpp"

#include <thread>

#include "letters.hpp"
#include "tests/support/sim_clock.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;

namespace {

SampleLimits limits(std::size_t octets) {
  SampleLimits out;
  out.octets = octets;
  return out;
}

/// Text number `i`, its number in front.
std::string numbered(std::size_t i, std::size_t octets) {
  std::string out = std::to_string(i) + ":";
  out.resize(octets, 'x');
  return out;
}

/// The numbers of the texts that are kept, and that they are as they were.
std::vector<std::size_t> numbers(const SampleShare& share) {
  std::vector<std::size_t> out;
  std::string_view rest = share.octets;
  for (const std::size_t size : share.sizes) {
    out.push_back(std::stoull(std::string(rest.substr(0, 20))));
    BOOST_TEST((rest.substr(0, size) == numbered(out.back(), size)));
    rest.remove_prefix(size);
  }
  BOOST_TEST(rest.empty());
  return out;
}

std::vector<std::size_t> all_numbers(const Sample& sample) {
  const SampleSet set = sample.copy();
  std::vector<std::size_t> out = numbers(set.training);
  for (const std::size_t one : numbers(set.judging)) out.push_back(one);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sample)

BOOST_AUTO_TEST_CASE(what_fits_is_all_kept_and_one_in_eight_is_for_judging) {
  sim::SimRandom random(1);
  Sample sample(random);
  for (std::size_t i = 0; i < 8000; ++i) sample.offer(numbered(i, 100));
  const SampleSet set = sample.copy();
  BOOST_TEST(set.training.sizes.size() + set.judging.sizes.size() == 8000U);
  BOOST_TEST(set.judging.sizes.size() > 800U);
  BOOST_TEST(set.judging.sizes.size() < 1200U);
  BOOST_TEST(sample.octets() == 800'000U);
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_whatever_the_lengths_of_texts) {
  for (const std::size_t octets : {64, 1000, 32'768, 200'000}) {
    sim::SimRandom random(2);
    Sample sample(random, limits(400'000));
    for (std::size_t i = 0; i < 10'000; ++i) sample.offer(numbered(i, octets));
    BOOST_TEST(sample.octets() + all_numbers(sample).size() * sizeof(std::string) <= 400'000U);
    BOOST_TEST(sample.octets() >= 200'000U);
  }
}

BOOST_AUTO_TEST_CASE(a_long_text_is_cut_and_a_tiny_one_is_not_kept) {
  sim::SimRandom random(3);
  Sample sample(random);
  for (std::size_t i = 0; i < 100; ++i) sample.offer(numbered(i, 63));
  sample.offer("");
  BOOST_TEST(sample.octets() == 0U);
  sample.offer(numbered(7, 40'000));
  BOOST_TEST(sample.octets() == 32'768U);
  BOOST_TEST((all_numbers(sample) == std::vector<std::size_t>{7}));
}

BOOST_AUTO_TEST_CASE(early_and_late_long_and_short_texts_have_the_same_chance) {
  std::vector<std::size_t> kept(4);  // by quarter of their order
  std::size_t all = 0, longs = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    sim::SimRandom random(seed);
    Sample sample(random, limits(1'000'000));
    for (std::size_t i = 0; i < 8000; ++i) sample.offer(numbered(i, i % 20 ? 100 : 20'000));
    for (const std::size_t i : all_numbers(sample)) {
      ++all;
      ++kept[i / 2000];
      longs += i % 20 == 0;
    }
  }
  BOOST_TEST_REQUIRE(all > 20'000U);
  for (const std::size_t one : kept) BOOST_TEST((one * 4 > all * 95 / 100 && one * 4 < all * 105 / 100), one << " of " << all);
  BOOST_TEST((longs * 20 > all * 9 / 10 && longs * 20 < all * 11 / 10), longs << " of " << all);
}

BOOST_AUTO_TEST_CASE(the_same_draws_and_texts_give_the_same_sample) {
  const auto once = [](std::uint64_t seed) {
    sim::SimRandom random(seed);
    Sample sample(random, limits(50'000));
    for (std::size_t i = 0; i < 3000; ++i) sample.offer(numbered(i, 100 + i % 50));
    return sample.copy();
  };
  BOOST_TEST((once(1).training.octets == once(1).training.octets));
  BOOST_TEST((once(1).judging.sizes == once(1).judging.sizes));
  BOOST_TEST((once(1).training.octets != once(2).training.octets));
}

BOOST_AUTO_TEST_CASE(a_cleared_sample_is_filled_again) {
  sim::SimRandom random(4);
  Sample sample(random, limits(10'000));
  for (std::size_t i = 0; i < 1000; ++i) sample.offer(numbered(i, 100));
  sample.clear();
  BOOST_TEST(sample.octets() == 0U);
  BOOST_TEST(sample.copy().training.sizes.empty());
  for (std::size_t i = 0; i < 50; ++i) sample.offer(numbered(i, 100));
  BOOST_TEST(sample.octets() == 5000U);
}

BOOST_AUTO_TEST_CASE(threads_fill_one_sample) {
  sim::SimRandom random(5);
  Sample sample(random, limits(200'000));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 20'000; ++i) sample.offer(numbered(t * 100'000 + i, 100));
    });
  for (std::size_t i = 0; i < 20; ++i) all_numbers(sample);
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(sample.octets() + all_numbers(sample).size() * sizeof(std::string) <= 200'000U);
  BOOST_TEST(sample.octets() > 100'000U);
}

BOOST_AUTO_TEST_SUITE_END()
