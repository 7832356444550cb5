#include "conf/values.hpp"

#include <random>

using namespace understudy;
using namespace understudy::conf;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(a_size_is_digits_and_at_most_one_unit) {
  for (const auto& [text, octets] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"0", 0},
                                                          {"1", 1},
                                                          {"512", 512},
                                                          {"1K", 1024},
                                                          {"256M", 256ull << 20},
                                                          {"3G", 3ull << 30},
                                                          {"1T", 1ull << 40},
                                                          {"00012K", 12 * 1024},
                                                          {"9223372036854775807", 9223372036854775807ull},
                                                          {"8388607T", 8388607ull << 40}})
    BOOST_TEST((parse_size(text) && *parse_size(text) == octets), text);
  for (const auto& text : std::vector<std::string>{"", "K", "-1", "+1", " 1", "1 ", "1k", "1KB", "1KK", "1.5G", "0x10", "1e3",
                                                   "M256", std::string("1\0K", 3)})
    BOOST_TEST((!parse_size(text) && parse_size(text).error().code == base::errc::malformed), text);
  for (const auto& text :
       std::vector<std::string>{"9223372036854775808", "8388608T", "18446744073709551616", "99999999999999999999T"})
    BOOST_TEST((!parse_size(text) && parse_size(text).error().code == base::errc::too_long), text);
}

BOOST_AUTO_TEST_CASE(a_duration_is_parts_in_falling_order_each_unit_once) {
  for (const auto& [text, duration] :
       std::vector<std::pair<std::string, std::chrono::milliseconds>>{{"0", 0ms},
                                                                      {"0s", 0ms},
                                                                      {"2s", 2s},
                                                                      {"250ms", 250ms},
                                                                      {"5m", 5min},
                                                                      {"1h30m", 90min},
                                                                      {"14d", 24h * 14},
                                                                      {"1w1d1h1m1s1ms", 24h * 8 + 1h + 1min + 1s + 1ms},
                                                                      {"36500d", 24h * 36500},
                                                                      {"90m", 90min}})
    BOOST_TEST((parse_duration(text) && *parse_duration(text) == duration), text);
  for (const auto& text : std::vector<std::string>{"", "2", "s", "-2s", "+2s", "2 s", " 2s", "2S", "2sec", "30m1h", "1h1h",
                                                   "1ms1s", "1.5h", "1h30", "1d2", "h1", "00", std::string("2s\0", 3)})
    BOOST_TEST((!parse_duration(text) && parse_duration(text).error().code == base::errc::malformed), text);
  for (const auto& text : std::vector<std::string>{"36501d", "36500d1ms", "99999999999999999999s", "18446744073709551615w"})
    BOOST_TEST((!parse_duration(text) && parse_duration(text).error().code == base::errc::too_long), text);
}

BOOST_AUTO_TEST_CASE(what_is_formatted_is_parsed_to_the_same) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t octets = (random() >> 1) >> (random() % 63);
    const auto size = parse_size(format_size(octets));
    BOOST_REQUIRE_MESSAGE((size && *size == octets), "seed " << seed << ": " << octets);
    const std::chrono::milliseconds duration(static_cast<std::int64_t>((random() % 3'153'600'000'000) >> (random() % 40)));
    const auto parsed = parse_duration(format_duration(duration));
    BOOST_REQUIRE_MESSAGE((parsed && *parsed == duration), "seed " << seed << ": " << duration.count());
  }
  BOOST_TEST(format_duration(24h * 14) == "14d");
  BOOST_TEST(format_duration(90min) == "1h30m");
  BOOST_TEST(format_size(256ull << 20) == "256M");
  BOOST_TEST(format_size(1536) == "1536");
}

BOOST_AUTO_TEST_SUITE_END()
