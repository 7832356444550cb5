#include "base/random.hpp"

#include <mutex>
#include <set>
#include <thread>

using namespace understudy::base;

BOOST_AUTO_TEST_SUITE(random_octets)

BOOST_AUTO_TEST_CASE(no_octets_are_given_twice_whatever_is_asked_for_on_whichever_thread) {
  SystemRandom random;
  std::mutex mutex;
  std::set<std::string> seen;
  const auto draw = [&] {
    for (int i = 0; i < 2000; ++i) {
      const std::size_t count = 16 + i % 70;  // below and above what is drawn ahead
      const std::string octets = random.octets(count);
      const std::lock_guard lock(mutex);
      BOOST_REQUIRE(octets.size() == count);
      BOOST_REQUIRE(seen.insert(octets.substr(0, 16)).second);
    }
  };
  std::thread other(draw);
  draw();
  other.join();
  BOOST_TEST(random.octets(0).empty());
}

BOOST_AUTO_TEST_SUITE_END()
