/// The whole of passthrough between two machines in one process, and the same with the power cut at every write of either.
#include <algorithm>
#include <iostream>

#include <boost/test/unit_test.hpp>

#include "tests/sim/company.hpp"

using namespace understudy;
using namespace understudy::sim;
using namespace std::chrono_literals;
using archive::store::Faults;

namespace {

using Subjects = std::vector<std::string>;

Subjects sorted(Subjects subjects) {
  std::ranges::sort(subjects);
  return subjects;
}

/// Where every copy must be, exactly once.
void check_places(Company& company, const std::string& what) {
  BOOST_TEST_CONTEXT(what) {
    const std::string report = "Not delivered: your mail to nobody@world.example";
    for (Box* box : {&company.primary, &company.archive}) {  // made on one, come home to the other
      const auto subjects = box->subjects("alice@example.org", "INBOX");
      BOOST_TEST(std::ranges::count(subjects, report) == 1);
    }
    BOOST_TEST(sorted(company.primary.subjects("bob@example.org", "INBOX")) == (Subjects{"user-to-both", "user-to-user"}),
               boost::test_tools::per_element());
    BOOST_TEST(company.primary.subjects("alice@example.org", "INBOX").size() == 2u);  // and the report that came home
    BOOST_TEST(company.primary.subjects("alice@example.org", "\\Sent").empty());
    BOOST_TEST(sorted(company.archive.subjects("bob@example.org", "INBOX")) == (Subjects{"user-to-both", "user-to-user"}),
               boost::test_tools::per_element());
    BOOST_TEST(company.archive.subjects("alice@example.org", "INBOX").size() == 2u);
    BOOST_TEST(sorted(company.archive.subjects("alice@example.org", "\\Sent")) ==
                   (Subjects{"user-to-both", "user-to-nobody", "user-to-user"}),
               boost::test_tools::per_element());
    BOOST_TEST(company.primary.queued() == 0u);
    BOOST_TEST(company.archive.queued() == 0u);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(two_machines)

BOOST_AUTO_TEST_CASE(AP_03_AP_48_every_copy_is_where_the_passthrough_table_says) {
  Company company;
  company.primary.power_on();
  company.archive.power_on();
  company.everyday();
  check_places(company, "a quiet day");
  BOOST_REQUIRE(company.outside.messages.size() == 1u);
  BOOST_TEST(company.outside.messages[0].envelope.recipients.at(0).forward_path.text() == "ext@world.example");
  BOOST_TEST(company.outside.peer == "192.0.2.20");  // AP-08: the world hears from the archive alone
}

BOOST_AUTO_TEST_CASE(AP_50_an_archive_that_is_away_for_a_day_gets_everything_in_order) {
  Company company;
  company.primary.power_on();
  for (int i = 0; i < 30; ++i) {
    const auto reply = hand_over(company.world, "203.0.113.9", "192.0.2.10:25", "ext@world.example", {"alice@example.org"},
                                 message("m" + std::to_string(100 + i)));
    BOOST_TEST(reply.code == 250, reply.text());
    company.world.advance(48min);
  }
  BOOST_TEST(company.primary.queued() == 30u);
  BOOST_TEST(company.primary.subjects("alice@example.org", "INBOX").size() == 30u);
  company.archive.power_on();
  company.drain();
  const auto filed = company.archive.subjects("alice@example.org", "INBOX");
  BOOST_TEST(filed.size() == 30u);
  BOOST_TEST(std::ranges::is_sorted(filed));
}

/// For every write of one machine: the power goes there, comes back, the senders try again; nothing is missing or doubled.
void cut_everywhere(Box Company::*which, Faults::Kept kept) {
  std::uint64_t points = 0;
  {
    Company company;
    company.primary.power_on();
    company.archive.power_on();
    company.everyday();
    points = (company.*which).drive<MemoryDrive>().points();
  }
  BOOST_REQUIRE(points > 50u);
  std::cout << "power cuts: " << points << std::endl;
  for (std::uint64_t point = 1; point <= points; ++point) {
    Company company;
    (company.*which).drive<MemoryDrive>().plan_crash(point, kept, point);
    try {
      company.primary.power_on();
    } catch (const std::runtime_error&) {  // the engine died while it opened: power_on() again does the rest
    }
    try {
      company.archive.power_on();
    } catch (const std::runtime_error&) {
    }
    company.everyday();
    check_places(company, "power cut at write " + std::to_string(point));
    // After the next hop's 250 and before settle: the world is no Understudy and may get it again, once.
    BOOST_TEST(company.outside.messages.size() >= 1u);
    BOOST_TEST(company.outside.messages.size() <= 2u);
  }
}

BOOST_AUTO_TEST_CASE(a_power_cut_at_any_write_of_the_primary_loses_and_doubles_nothing) {
  cut_everywhere(&Company::primary, Faults::Kept::none);
}
BOOST_AUTO_TEST_CASE(a_power_cut_at_any_write_of_the_archive_loses_and_doubles_nothing) {
  cut_everywhere(&Company::archive, Faults::Kept::none);
}
BOOST_AUTO_TEST_CASE(what_was_written_and_not_synced_may_stay_on_the_archive) {
  cut_everywhere(&Company::archive, Faults::Kept::some);
}
BOOST_AUTO_TEST_CASE(shards_of_the_archive_may_stay_without_each_other) {
  cut_everywhere(&Company::archive, Faults::Kept::subset);
}
BOOST_AUTO_TEST_CASE(shards_of_the_primary_may_stay_without_each_other) {
  cut_everywhere(&Company::primary, Faults::Kept::subset);
}

BOOST_AUTO_TEST_SUITE_END()
