// The ordinary traffic of a pair: who gets what, on which machine. Each row is one transaction at one machine.
#include "tests/unit/routing/site.hpp"

using namespace understudy::test;
using namespace understudy::routing;

BOOST_AUTO_TEST_SUITE(plan_flow)

BOOST_AUTO_TEST_CASE(AP_06_mail_from_the_world_is_filed_and_copied) {
  check({
      {"one user",
       primary(),
       {world(), "ext@world.example", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"two users",
       primary(),
       {world(), "ext@world.example", {"bob@example.org", "alice@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*; 2: file alice@example.org/INBOX, copy route:*"},
      {"the copy", archive(), {the_primary(), "ext@world.example", {"bob@example.org"}}, "1: file bob@example.org/INBOX"},
  });
}

BOOST_AUTO_TEST_CASE(AP_07_mail_between_users_is_copied_and_gets_its_sent_copy_on_the_archive_only) {
  check({
      {"submitted",
       primary(),
       {user("alice"), "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"the copy",
       archive(),
       {the_primary(), "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX; sent: file alice@example.org/Sent seen"},
  });
}

BOOST_AUTO_TEST_CASE(AP_08_AP_28_mail_to_the_world_leaves_through_the_archive_and_is_in_sent) {
  check({
      {"submitted", primary(), {user("alice"), "alice@example.org", {"ext@world.example"}}, "1: relay route:*"},
      {"relayed",
       archive(),
       {the_primary(), "alice@example.org", {"ext@world.example"}},
       "1: relay mx:world.example; sent: file alice@example.org/Sent seen"},
      {"an address literal goes to itself",
       archive(),
       {the_primary(), "alice@example.org", {"ext@[198.51.100.7]"}},
       "1: relay mx:[198.51.100.7]; sent: file alice@example.org/Sent seen"},
  });
}

BOOST_AUTO_TEST_CASE(AP_48_local_and_outside_recipients_share_a_transaction) {
  check({
      {"submitted",
       primary(),
       {user("alice"), "alice@example.org", {"bob@example.org", "ext@world.example"}},
       "1: file bob@example.org/INBOX, copy route:*; 2: relay route:*"},
      {"on the archive",
       archive(),
       {the_primary(), "alice@example.org", {"bob@example.org", "ext@world.example"}},
       "1: file bob@example.org/INBOX; 2: relay mx:world.example; sent: file alice@example.org/Sent seen"},
  });
}

BOOST_AUTO_TEST_CASE(AP_47_only_the_envelope_decides_so_a_bcc_recipient_gets_his_copy) {
  MessageFacts header_names_others;
  header_names_others.from = {address("alice@example.org")};
  check({
      {"Bcc arrives alone",
       archive(),
       {the_primary(), "alice@example.org", {"bob@example.org"}, header_names_others},
       "1: file bob@example.org/INBOX; sent: file alice@example.org/Sent seen"},
  });
}

BOOST_AUTO_TEST_CASE(AP_30_AP_49_the_archive_queues_nothing_for_local_recipients) {
  check({
      {"from the world", archive(), {the_primary(), "ext@world.example", {"bob@example.org"}}, "1: file bob@example.org/INBOX"},
      {"to a list with an outside member",
       archive(),
       {the_primary(), "ext@world.example", {"mixed@example.org"}},
       "1: file bob@example.org/INBOX; marks: members-outside"},
  });
}

BOOST_AUTO_TEST_CASE(AP_22_a_domain_that_is_not_covered_has_all_switches_off) {
  Site here = primary();
  here.policy.passthrough.domains = {"example.org"};
  Site there = archive();
  there.policy.passthrough.domains = {"example.org"};
  there.directory.account_without_mailbox("known@example.net");
  check({
      {"covered",
       here,
       {world(), "ext@world.example", {"bob@copy.example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"not copied", here, {world(), "ext@world.example", {"nina@example.net"}}, "1: file nina@example.net/INBOX"},
      {"no Sent", there, {the_primary(), "nina@example.net", {"ext@world.example"}}, "1: relay mx:world.example"},
      {"not home", there, {made_here(), "", {"nina@example.net"}}, "1: file nina@example.net/INBOX"},
  });
}

BOOST_AUTO_TEST_CASE(AP_25_a_copy_is_routed_by_the_canonical_domain_and_keeps_its_forward_path) {
  Site site = primary();
  site.routes = RouteTable({route("example.org", "archive.example.org"), route("*", "mx")});
  check({
      {"domain alias",
       site,
       {world(), "ext@world.example", {"Alice+x@COPY.example.org"}},
       "1: file alice@example.org/INBOX, copy route:example.org"},
      {"no route: the MX of our own domain is us",
       site,
       {world(), "ext@world.example", {"nina@example.net"}},
       "1: file nina@example.net/INBOX; marks: copy-without-route"},
  });
}

BOOST_AUTO_TEST_CASE(two_recipients_of_one_mailbox_are_filed_once_and_copied_each) {
  check({
      {"alias and detail",
       primary(),
       {world(), "ext@world.example", {"alice@example.org", "a.lice@example.org"}},
       "1: file alice@example.org/INBOX, copy route:*; 2: copy route:*; marks: same-place"},
      {"on the archive the second is in the journal",
       archive(),
       {the_primary(), "ext@world.example", {"alice+a@example.org", "alice+b@example.org"}},
       "1: file alice@example.org/INBOX; 2: journal only; marks: same-place"},
      {"the same outside address twice",
       primary(),
       {user("alice"), "alice@example.org", {"ext@world.example", "ext@WORLD.example", "Ext@world.example"}},
       "1: relay route:*; 2: journal only; 3: relay route:*; marks: same-place"},
  });
}

BOOST_AUTO_TEST_CASE(addresses_in_utf8_take_the_same_way) {  // RFC 6531
  Site site = primary();
  site.directory.domain("xn--mller-kva.example").account("j\xc3\xb6rg@xn--mller-kva.example");
  check({
      {"local",
       site,
       {world(), "ext@world.example", {"J\xc3\xb6rg+x@m\xc3\xbcller.example"}},
       "1: file j\xc3\xb6rg@xn--mller-kva.example/INBOX, copy route:*"},
      {"outside",
       archive(),
       {the_primary(), "alice@example.org", {"\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b\xe5\xad\x90.example"}},
       "1: relay mx:xn--fsqu00a.example; sent: file alice@example.org/Sent seen"},
  });
}

BOOST_AUTO_TEST_CASE(a_success_report_is_owed_by_the_machine_in_charge_only) {  // RFC 3461 §5.2
  const understudy::mail::smtp::Notify notify{understudy::mail::smtp::Notify::success |
                                              understudy::mail::smtp::Notify::failure};
  const std::vector<std::string> both = {"bob@example.org", "ext@world.example"};
  check({
      {"in charge",
       primary(),
       {user("alice"), "alice@example.org", both, {}, notify},
       "1: file bob@example.org/INBOX, copy route:*, report delivered; 2: relay route:*"},
      {"archive",
       archive(),
       {the_primary(), "alice@example.org", both, {}, notify},
       "1: file bob@example.org/INBOX; 2: relay mx:world.example; sent: file alice@example.org/Sent seen"},
      {"list",
       primary(),
       {user("alice"), "alice@example.org", {"mixed@example.org"}, {}, notify},
       "1: file bob@example.org/INBOX, relay route:* to ext@world.example, copy route:*, report expanded"},
      {"one outside member: the next hop reports",
       primary(),
       {user("alice"), "alice@example.org", {"away@example.org"}, {}, notify},
       "1: relay route:* to ext@world.example, copy route:*"},
      {"null sender", primary(), {world(), "", {"bob@example.org"}, {}, notify}, "1: file bob@example.org/INBOX, copy route:*"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
