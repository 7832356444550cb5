/// archive/summaries: a reader that steps from one summary to the next gives those that looking each up gives.
#include <random>

#include "archive/summaries.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::TestMailbox;

BOOST_AUTO_TEST_SUITE(summary_reader)

BOOST_AUTO_TEST_CASE(each_message_has_its_own_summary_in_whatever_order_they_are_asked_for) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, "alice@example.org");
  for (int i = 0; i < 120; ++i) {  // those of a folder lie among those of others
    BOOST_REQUIRE(box.append(i % 7 != 1 ? "INBOX" : "Archive", "number " + std::to_string(i)));
    if (i % 5 == 0) BOOST_REQUIRE(box.copy("INBOX", 1, "Trash"));
  }
  const auto& store = world.store();
  std::vector<store::BodyRef> bodies;
  for (const char* folder : {"INBOX", "Archive", "Trash"})
    for (const auto& each : box.messages(folder)) bodies.push_back(each.message.body);
  BOOST_REQUIRE(bodies.size() > 100u);
  std::mt19937 chance(1);
  for (int round = 0; round < 20; ++round) {
    SummaryReader reader(store, store.bodies(), box.number);
    if (round > 0) std::shuffle(bodies.begin(), bodies.end(), chance);
    for (const auto& body : bodies) {
      const auto found = reader.record(body), wanted = summary_of(store, store.bodies(), box.number, body);
      BOOST_REQUIRE(found);
      BOOST_REQUIRE(wanted);
      BOOST_TEST((*found == *wanted));
      if (chance() % 10 == 0) reader.rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_filed_after_it_had_begun_is_found_too) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  TestMailbox box(world, "alice@example.org");
  BOOST_REQUIRE(box.append("INBOX", "first"));
  const auto& store = world.store();
  SummaryReader reader(store, store.bodies(), box.number);
  BOOST_REQUIRE(reader.record(box.messages("INBOX")[0].message.body));
  BOOST_REQUIRE(box.append("INBOX", "second"));
  const auto second = box.messages("INBOX")[1].message.body;
  const auto found = reader.record(second);
  BOOST_REQUIRE(found);
  BOOST_TEST((*found == *summary_of(store, store.bodies(), box.number, second)));
}

BOOST_AUTO_TEST_SUITE_END()
