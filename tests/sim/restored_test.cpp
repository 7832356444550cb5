/// A primary that comes back as an old copy of itself: the other machine says so and does not believe it until somebody has
/// looked; mail flows all the time.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "tests/sim/company.hpp"
#include "tests/sim/ledgers.hpp"

using namespace understudy;
using namespace understudy::sim;
using namespace std::chrono_literals;
using archive::witness::Finding;

namespace {

const std::string new_incarnation(32, '3');

void wait_until_quiet(Company& company) {
  for (int minutes = 0; minutes < 600 && !is_quiet(company); ++minutes) company.world.advance(1min);
  for (const auto& reason : what_is_under_way(company)) BOOST_ERROR(reason);
}

void send_to_alice(Company& company, const std::string& subject) {
  const auto reply =
      hand_over(company.world, "203.0.113.9", "192.0.2.10:25", "ext@world.example", {"alice@example.org"}, message(subject));
  BOOST_TEST(reply.code == 250, reply.text());
}

std::ptrdiff_t copies_on_archive(Company& company, const std::string& subject) {
  return std::ranges::count(company.archive.subjects("alice@example.org", "INBOX"), subject);
}

/// A day, a copy of the primary with mail that has not left yet, and a second day that the copy does not know of.
archive::store::MemoryDisk live_two_days(Company& company) {
  company.primary.power_on();
  company.archive.power_on();
  company.everyday();
  wait_until_quiet(company);
  company.archive.power_off();
  send_to_alice(company, "in-the-outbox");
  auto copy = company.primary.drive<MemoryDrive>().copy();
  company.archive.power_on();
  for (const char* subject : {"lost-1", "lost-2", "lost-3"}) send_to_alice(company, subject);
  wait_until_quiet(company);
  return copy;
}

void restore_primary(Company& company, const archive::store::MemoryDisk& copy) {
  company.primary.power_off();
  company.primary.drive<MemoryDrive>().restore(copy, new_incarnation);
  company.primary.power_on();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(restored)

BOOST_AUTO_TEST_CASE(an_old_copy_of_the_primary_is_named_by_what_it_shows_and_its_mail_flows_on) {
  struct Case {
    int mails;  // that it takes before the archive sees it again
    Finding finding;
  };
  for (const auto& [mails, finding] : {Case{0, Finding::shorter}, {3, Finding::fork}, {6, Finding::not_continued}}) {
    Company company(Engine::memory, 1, Link::both_listen);
    const auto copy = live_two_days(company);
    company.archive.power_off();
    restore_primary(company, copy);
    for (int i = 0; i < mails; ++i) send_to_alice(company, "new-" + std::to_string(i));
    company.world.advance(1min);
    BOOST_TEST(numbers_given(company.primary) == static_cast<std::uint64_t>(mails));  // from 1, in its new life
    company.archive.power_on();
    company.world.advance(10min);
    auto& witness = company.archive.machine().witness();
    const auto dispute = witness.open_dispute();
    BOOST_REQUIRE((dispute && *dispute));
    BOOST_TEST(name_of((*dispute)->finding) == name_of(finding));

    const auto connected = company.primary.machine().peer_link()->status().connected;
    BOOST_REQUIRE(connected.has_value());
    send_to_alice(company, "in-dispute");
    company.world.advance(2h);
    const auto still = company.primary.machine().peer_link()->status().connected;
    BOOST_REQUIRE(still.has_value());
    BOOST_TEST((still->since == connected->since));  // the link does not flap because of it
    BOOST_TEST(witness.disputes()->size() == 1u);
    BOOST_TEST(company.primary.queued() == 0u);
    BOOST_TEST(copies_on_archive(company, "in-dispute") == 1);
    BOOST_TEST(copies_on_archive(company, "in-the-outbox") == 1);  // handed over again, under the number of its former life
    BOOST_TEST(copies_on_archive(company, "lost-2") == 1);
    for (int i = 0; i < mails; ++i) BOOST_TEST(copies_on_archive(company, "new-" + std::to_string(i)) == 1);

    witness.settle_dispute([](const base::Result<>& settled) { BOOST_TEST(settled.has_value()); });
    company.world.advance(1s);  // nobody sends anything, nor signs a head
    const auto seen = witness.witnessed();
    const auto shown = company.primary.machine().witness().statement();
    BOOST_TEST((seen && *seen && shown && (*seen)->head == (*shown)->head));  // countersigned at once
    send_to_alice(company, "settled");
    wait_until_quiet(company);
    BOOST_TEST(copies_on_archive(company, "settled") == 1);
    BOOST_TEST(numbers_given(company.primary) == static_cast<std::uint64_t>(mails) + 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()
