#include "mail/imap/date_time.hpp"

using namespace understudy;
using namespace understudy::mail::imap;
using namespace std::chrono;

BOOST_AUTO_TEST_SUITE(imap_date_time)

BOOST_AUTO_TEST_CASE(a_date_time_is_read_and_comes_back_as_it_was) {
  for (const auto text : {"17-Jul-1996 02:44:25 -0700", " 7-Feb-1994 00:00:00 +0000", "29-Feb-2024 23:59:59 +2359",
                          "31-Dec-9999 23:59:59 +0000", " 1-Jan-0000 00:00:00 +0000", " 1-Jan-1970 00:00:00 -0030"}) {
    const auto got = parse_date_time(text);
    BOOST_REQUIRE_MESSAGE(got.has_value(), text);
    BOOST_TEST(format_date_time(got->moment, got->zone) == text);
  }
  const auto got = parse_date_time("17-jUL-1996 02:44:25 -0700");
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST((got->moment == sys_days(1996y / July / 17) + 9h + 44min + 25s));
  BOOST_TEST((got->zone == -7h));
  BOOST_TEST(format_date_time(got->moment) == "17-Jul-1996 09:44:25 +0000");
  BOOST_TEST((parse_date_time("07-Jul-1996 02:44:25 -0700") == parse_date_time(" 7-Jul-1996 02:44:25 -0700")));
  BOOST_TEST((parse_date_time("30-Jun-2015 23:59:60 +0000")->moment == sys_days(2015y / June / 30) + 23h + 59min + 59s));
}

BOOST_AUTO_TEST_CASE(what_is_no_moment_is_refused) {
  for (const auto text : {"",
                          "30-Feb-1996 02:44:25 -0700",
                          "29-Feb-2023 00:00:00 +0000",
                          "00-Jan-1996 02:44:25 -0700",
                          "32-Jan-1996 02:44:25 -0700",
                          " 0-Jan-1996 02:44:25 -0700",
                          "17-Jul-1996 24:00:00 -0700",
                          "17-Jul-1996 02:60:25 -0700",
                          "17-Jul-1996 02:44:61 -0700",
                          "17-Jul-1996 02:44:25 -0760",
                          "17-Jul-1996 02:44:25 -2400",
                          "17-Jul-1996 02:44:25 00700",
                          "17-Jul-1996 02:44:25 GMT  ",
                          "7-Jul-1996 02:44:25 -0700",
                          "17-Jux-1996 02:44:25 -0700",
                          "17-Jul-96 02:44:25 -0700  ",
                          "17-Jul-1996  2:44:25 -0700",
                          "17-Jul-1996 02:44:25 -0700 ",
                          "17 Jul 1996 02:44:25 -0700",
                          "17-Jul-1996T02:44:25 -0700",
                          "-1-Jul-1996 02:44:25 -0700"})
    BOOST_TEST(!parse_date_time(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(moments_out_of_four_digit_years_are_written_as_the_nearest) {
  BOOST_TEST(format_date_time(base::WallTime(sys_days(12000y / January / 1))) == "31-Dec-9999 23:59:59 +0000");
  BOOST_TEST(format_date_time(base::WallTime(sys_days(-5y / January / 1))) == " 1-Jan-0000 00:00:00 +0000");
  BOOST_TEST(format_date_time(base::WallTime(-1ms)) == "31-Dec-1969 23:59:59 +0000");
}

BOOST_AUTO_TEST_CASE(a_date_is_a_day_of_the_calendar) {
  BOOST_TEST((parse_date("1-Feb-1994") == sys_days(1994y / February / 1)));
  BOOST_TEST((parse_date("01-FEB-1994") == sys_days(1994y / February / 1)));
  BOOST_TEST((parse_date("29-Feb-2024") == sys_days(2024y / February / 29)));
  BOOST_TEST(format_date(sys_days(1994y / February / 1)) == "1-Feb-1994");
  for (const auto text : {"", "-", "1-Feb", "30-Feb-2024", "29-Feb-1900", "1-Feb-94", "1-Feb-19944", " 1-Feb-1994",
                          "001-Feb-1994", "1-Feb-1994 ", "0-Feb-1994", "1/Feb/1994", "Feb-1-1994", "1--Feb-1994", "1-Feb--994"})
    BOOST_TEST(!parse_date(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
