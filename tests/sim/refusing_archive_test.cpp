/// An archive that refuses everything for good: what the primary makes of it, and when it stops.
#include <boost/test/unit_test.hpp>

#include "tests/sim/company.hpp"

using namespace understudy;
using namespace understudy::sim;
using namespace std::chrono_literals;

namespace {
const mail::smtp::Reply never{550, "5.7.1", "no"};
}  // namespace

BOOST_AUTO_TEST_SUITE(refusing_archive)

BOOST_AUTO_TEST_CASE(an_archive_that_refuses_everything_costs_one_notice_an_hour_and_none_for_a_notice) {
  Company company;
  Outside refusing(company.world, "192.0.2.20");
  for (const char* user : {"alice@example.org", "bob@example.org", "admin@example.org"}) refusing.refusals[user] = never;
  company.primary.power_on();
  const auto notices = [&] { return company.primary.subjects("admin@example.org", "INBOX").size(); };
  const auto from_world = [&](const std::string& subject) {
    const auto reply =
        hand_over(company.world, "203.0.113.9", "192.0.2.10:25", "ext@world.example", {"alice@example.org"}, message(subject));
    BOOST_TEST(reply.code == 250, reply.text());
    company.world.advance(1s);
  };
  from_world("first");
  company.world.advance(24h);
  BOOST_TEST(notices() == 1u);
  BOOST_TEST(company.primary.queued() == 2u);  // the copy, and that of the notice: kept, and left alone
  for (int i = 0; i < 20; ++i) from_world("later " + std::to_string(i));
  company.world.advance(24h);
  BOOST_TEST(notices() == 3u);  // one at once, one that stands for nineteen
  BOOST_TEST(company.primary.queued() == 24u);
  BOOST_TEST(refusing.messages.empty());
}

BOOST_AUTO_TEST_SUITE_END()
