// Mail that an instance makes itself (bounces, reports, notices): its way home, and its return.
#include "tests/unit/routing/site.hpp"

using namespace understudy::test;
using namespace understudy::routing;

BOOST_AUTO_TEST_SUITE(plan_made_here)

BOOST_AUTO_TEST_CASE(AP_31_AP_33_a_bounce_made_on_the_archive_is_filed_there_and_sent_home) {
  check({
      {"to a local user",
       archive(),
       {made_here(), "", {"alice@example.org"}},
       "1: file alice@example.org/INBOX, home route:example.org"},
      {"to a user whom the archive has not seen",
       archive_without_directory(),
       {made_here(), "", {"alice@example.org"}},
       "1: create and file alice@example.org/INBOX, home route:example.org"},
      {"to the world it is relayed", archive(), {made_here(), "", {"ext@world.example"}}, "1: relay mx:world.example"},
      {"a domain that nobody else serves",
       archive(),
       {made_here(), "", {"nina@example.net"}},
       "1: file nina@example.net/INBOX; marks: home-without-route"},
  });
}

BOOST_AUTO_TEST_CASE(AP_32_mail_that_came_in_has_a_received_field_and_does_not_go_home) {
  check({
      {"none on arrival, ours on top",
       archive(),
       {the_primary(), "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX; sent: file alice@example.org/Sent seen"},
  });
}

BOOST_AUTO_TEST_CASE(AP_36_a_bounce_that_came_home_is_not_copied_back) {
  check({
      {"known by name",
       primary(),
       {the_archive(), "", {"alice@example.org"}},
       "1: file alice@example.org/INBOX; marks: split-horizon"},
  });
}

BOOST_AUTO_TEST_CASE(AP_36_a_returned_message_is_journaled_and_filed_nowhere) {
  MessageFacts returned;
  returned.returned = true;
  check({
      {"as a copy from another product",
       archive(),
       {the_primary(), "", {"alice@example.org"}, returned},
       "1: journal only; marks: returned"},
      {"a user forwards it outside: mail to be relayed is never dropped",
       archive(),
       {the_primary(), "", {"alice@example.org", "ext@world.example"}, returned},
       "1: journal only; 2: relay mx:world.example; marks: returned"},
      {"with a sender, no Sent copy either",
       archive(),
       {the_primary(), "admin@example.org", {"alice@example.org"}, returned},
       "1: journal only; marks: returned"},
      {"from the world it was never filed here before",
       taken_over(),
       {world(), "", {"alice@example.org"}, returned},
       "1: file alice@example.org/INBOX, copy route:example.org"},
  });
}

BOOST_AUTO_TEST_CASE(AP_26_a_bounce_made_on_the_primary_gets_its_one_copy) {
  Site both = primary();
  both.policy.passthrough.copy_without_received_to_outbox = Switch::on;
  Site neither = primary();
  neither.policy.passthrough.copy_local_to_outbox = Switch::off;
  check({
      {"by the normal rule",
       primary(),
       {made_here(), "", {"alice@example.org"}},
       "1: file alice@example.org/INBOX, copy route:*"},
      {"both switches on: once, as home",
       both,
       {made_here(), "", {"alice@example.org"}},
       "1: file alice@example.org/INBOX, home route:*"},
      {"both off", neither, {made_here(), "", {"alice@example.org"}}, "1: file alice@example.org/INBOX"},
  });
}

BOOST_AUTO_TEST_CASE(AP_37_no_sent_copy_for_the_null_sender_or_for_mail_made_here) {
  check({
      {"null sender from the primary", archive(), {the_primary(), "", {"ext@world.example"}}, "1: relay mx:world.example"},
      {"null sender at submission (RFC 6409 3.2)", primary(), {user("alice"), "", {"ext@world.example"}}, "1: relay route:*"},
      {"made here with a local sender",
       archive(),
       {made_here(), "admin@example.org", {"alice@example.org"}},
       "1: file alice@example.org/INBOX, home route:example.org"},
  });
}

BOOST_AUTO_TEST_CASE(a_bounce_for_nobody_is_returned_to_its_null_sender_and_so_ends) {
  check({
      {"unknown here", primary(), {made_here(), "", {"nobody@example.org"}}, "1: return 550 5.1.1 no such user"},
  });
}

BOOST_AUTO_TEST_CASE(an_import_is_filed_and_copied_and_never_relayed) {
  const Origin import{.via = Via::import, .may = {.relay = true, .local_sender = true, .copy = true}};
  check({
      {"into a mailbox",
       primary(),
       {import, "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"old mail to the world stays here",
       archive(),
       {import, "alice@example.org", {"ext@world.example"}},
       "1: journal only; marks: import-not-relayed"},
      {"a list's outside members too",
       primary(),
       {import, "alice@example.org", {"mixed@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*; marks: import-not-relayed"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
