// The sender's copy: whose Sent folder, and when none.
#include "tests/unit/routing/site.hpp"

using namespace understudy::test;
using namespace understudy::routing;

BOOST_AUTO_TEST_SUITE(plan_sender)

BOOST_AUTO_TEST_CASE(AP_53_the_envelope_decides_and_aliases_lead_to_their_owner) {
  const auto from = [](const char* sender) { return Mail{the_primary(), sender, {"ext@world.example"}}; };
  const char* const alice = "1: relay mx:world.example; sent: file alice@example.org/Sent seen";
  check({
      {"alias", archive(), from("A.Lice@example.org"), alice},
      {"detail", archive(), from("alice+shop@copy.example.org"), alice},
      {"postmaster", archive(), from("postmaster@example.org"),
       "1: relay mx:world.example; sent: file admin@example.org/Sent seen"},
      {"a list is nobody's alone", archive(), from("team@example.org"), "1: relay mx:world.example; marks: sender-not-one"},
      {"nor with an outside member", archive(), from("mixed@example.org"), "1: relay mx:world.example; marks: sender-not-one"},
      {"an outside sender", archive(), from("x@world.example"), "1: relay mx:world.example"},
  });
}

BOOST_AUTO_TEST_CASE(AP_53_a_from_field_that_differs_is_marked_and_changes_nothing) {
  MessageFacts other, alias;
  other.from = {address("ceo@example.org")};
  alias.from = {address("x@world.example"), address("a.lice@EXAMPLE.org")};
  check({
      {"other",
       archive(),
       {the_primary(), "alice@example.org", {"ext@world.example"}, other},
       "1: relay mx:world.example; sent: file alice@example.org/Sent seen; marks: from-differs"},
      {"one of several names him",
       archive(),
       {the_primary(), "alice@example.org", {"ext@world.example"}, alias},
       "1: relay mx:world.example; sent: file alice@example.org/Sent seen"},
  });
}

BOOST_AUTO_TEST_CASE(AP_19_a_forged_local_sender_never_reaches_a_sent_folder) {
  Site site = archive();
  site.policy.passthrough.accept_local_from = AcceptLocalFrom::anyone;
  const Origin unknown = client("gateway.example.org", {.relay = true, .local_sender = false, .copy = true});
  check({
      {"from the world", site, {world(), "alice@example.org", {"bob@example.org"}}, "1: file bob@example.org/INBOX"},
      {"a client nobody vouched for",
       site,
       {unknown, "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX"},
      {"vouched for",
       site,
       {scanner(), "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX; sent: file alice@example.org/Sent seen"},
  });
}

BOOST_AUTO_TEST_CASE(a_sender_unknown_to_the_directory_gets_a_mailbox_unless_a_program_made_him_up) {
  MessageFacts automatic;
  automatic.automatic = true;
  Site no_creation = archive();
  no_creation.policy.passthrough.create_mailbox = Switch::off;
  Site known = archive();
  known.directory.account_without_mailbox("bounce-17-x@example.org");
  const auto from = [](const std::string& sender, const MessageFacts& facts = {}) {
    return Mail{the_primary(), sender, {"ext@world.example"}, facts};
  };
  check({
      {"new", archive_without_directory(), from("Carol+x@example.org"),
       "1: relay mx:world.example; sent: create and file carol@example.org/Sent seen"},
      {"VERP", archive(), from("bounce-17-ext=world.example@example.org"),
       "1: relay mx:world.example; marks: sender-generated"},
      {"SRS", archive(), from("SRS0=abcd=xy=world.example=joe@example.org"),
       "1: relay mx:world.example; marks: sender-generated"},
      {"BATV", archive(), from("prvs=0123456789=alice@example.org"), "1: relay mx:world.example; marks: sender-generated"},
      {"automatic", archive(), from("robot@example.org", automatic), "1: relay mx:world.example; marks: sender-generated"},
      {"automatic, and known", archive(), from("alice@example.org", automatic),
       "1: relay mx:world.example; sent: file alice@example.org/Sent seen"},
      {"odd shape, and known", known, from("bounce-17-x@example.org"),
       "1: relay mx:world.example; sent: create and file bounce-17-x@example.org/Sent seen"},
      {"creation off", no_creation, from("carol@example.org"), "1: relay mx:world.example; marks: sender-unknown"},
  });
}

BOOST_AUTO_TEST_CASE(AP_23_the_primary_makes_no_sent_copy) {
  check({{"submitted", primary(), {user("alice"), "alice@example.org", {"ext@world.example"}}, "1: relay route:*"}});
}

BOOST_AUTO_TEST_SUITE_END()
