/// Random schedules of crashes on both machines, with the peer link between them. UNDERSTUDY_SCHEDULES says how many,
/// UNDERSTUDY_SEED which is the first; each seed is a schedule of its own, and the same at every run.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include <boost/test/unit_test.hpp>

#include "base/text.hpp"
#include "tests/sim/schedule.hpp"

using namespace understudy::sim;

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  const auto number = understudy::base::to_number(text ? text : "");
  return number ? *number : otherwise;
}

#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t by_default = 20;  // each takes many times as long
#else
constexpr std::uint64_t by_default = 100;
#endif

std::string told(std::uint64_t seed, const Outcome& outcome) {
  std::string text = "UNDERSTUDY_SCHEDULES=1 UNDERSTUDY_SEED=" + std::to_string(seed) + "\n";
  for (const auto& line : outcome.trace) text += "  " + line + "\n";
  for (const auto& fault : outcome.faults) text += fault + "\n";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(custody_schedules)

BOOST_AUTO_TEST_CASE(after_any_schedule_of_crashes_on_both_machines_their_ledgers_are_equal) {
  const auto count = number_from("UNDERSTUDY_SCHEDULES", by_default);
  const auto first = number_from("UNDERSTUDY_SEED", std::random_device()());
  std::cout << "schedules: " << count << ", UNDERSTUDY_SEED=" << first << std::endl;
  std::uint64_t letters = 0, cuts = 0, numbers = 0, minutes = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const auto outcome = run_schedule(seed);
    BOOST_CHECK_MESSAGE(outcome.faults.empty(), told(seed, outcome));
    letters += outcome.letters;
    cuts += outcome.cuts;
    numbers += outcome.numbers;
    minutes = std::max(minutes, outcome.minutes);
  }
  std::cout << letters << " messages, " << numbers << " numbers, " << cuts << " power cuts, quiet within " << minutes
            << " minutes" << std::endl;
  BOOST_TEST(numbers >= count);  // each schedule has mail that is owed, and machines that lose their power
  BOOST_TEST(cuts >= count);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_schedule_to_the_last_octet_of_both_stores) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto once = run_schedule(seed), again = run_schedule(seed);
    BOOST_TEST(once.trace == again.trace, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_SUITE_END()
