/// Mail that is made here: what the journal says of it is what its own octets say, so that queue, journal and log of two
/// machines can be joined by its Message-ID.
#include "archive/journal/reader.hpp"
#include "mail/header/identity.hpp"
#include "mail/header/message_id.hpp"
#include "schedule_world.hpp"

using namespace understudy;
using namespace understudy::test;
using mail::smtp::Reply;
using namespace std::chrono_literals;

namespace {
const Reply never{550, "5.1.1", "no such user"};
const std::string sender = "sender@world.example", postmaster = "postmaster@ops.example";

/// The journal's entry of the message that was handed over in this transaction.
archive::journal::Entry journaled(ScheduleWorld& world, const Handed& handed) {
  const auto position = archive::Position::parse(handed.entry.substr(0, handed.entry.rfind('.')));
  BOOST_REQUIRE(position);
  auto entry = archive::journal::read(world.store(), *position);
  BOOST_REQUIRE(entry);
  return *entry;
}

void check_facts(ScheduleWorld& world, const std::string& told_to, std::string_view subject) {
  const auto told = world.told(told_to);
  BOOST_REQUIRE(told.size() == 1u);
  const auto header = mail::header::scan_facts(told[0].octets, "archive.example.org");
  const auto entry = journaled(world, told[0]);
  BOOST_TEST(entry.facts.message_id == header.message_id.value_or("none"));
  BOOST_TEST((mail::header::recognise_message_id(entry.facts.message_id, "archive.example.org", "key") == entry.made));
  BOOST_TEST(entry.facts.subject == subject);
  BOOST_TEST(entry.facts.subject == header.subject);
  BOOST_TEST((entry.facts.automatic && entry.facts.has_message_id && !entry.facts.from_unclear));
  BOOST_TEST(entry.facts.received_count == 0u);
  BOOST_TEST(entry.facts.size == told[0].octets.size());
  BOOST_REQUIRE(entry.facts.from.size() == 1u);
  BOOST_TEST(entry.facts.from[0].text() == "MAILER-DAEMON@example.org");
}
}  // namespace

BOOST_AUTO_TEST_SUITE(reporter)

BOOST_AUTO_TEST_CASE(a_report_is_journaled_under_the_message_id_and_the_subject_that_it_carries) {
  ScheduleWorld world;
  world.courier.replies["a@far.example"] = {never};
  world.accept(letter_to("a@far.example"));
  world.advance(1min);
  check_facts(world, sender, "Not delivered: your mail to a@far.example");
}

BOOST_AUTO_TEST_CASE(a_report_waits_in_the_queue_under_the_message_id_that_it_carries) {
  ScheduleWorld world;
  world.courier.replies["a@far.example"] = {never};
  world.courier.replies[sender] = {{451, "4.3.0", "try later"}};
  world.accept(letter_to("a@far.example"));
  world.settle();
  BOOST_REQUIRE(world.told(sender).size() == 1u);
  const auto header = mail::header::scan_facts(world.told(sender)[0].octets, "archive.example.org");
  BOOST_TEST(world.only_entry().message_id == header.message_id.value_or("none"));
}

BOOST_AUTO_TEST_CASE(a_notice_to_the_postmaster_is_journaled_as_what_it_is) {
  ScheduleWorld world;
  world.courier.replies["alice@example.org"] = {{550, "5.7.1", "no\x07 copies"}};
  Letter letter("Subject: one\r\n\r\nHello.\r\n");
  letter.to("alice@example.org").enqueue(routing::EntryKind::copy, "route:example.org");
  world.accept(letter);
  world.advance(1min);
  check_facts(world, postmaster, "A copy for the archive was refused");
  const auto octets = world.told(postmaster).at(0).octets;
  BOOST_TEST(octets.find("550 5.7.1 no? copies") != std::string::npos);
  BOOST_TEST(octets.find("`understudy queue show " + world.only_entry().id.text() + "`") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
