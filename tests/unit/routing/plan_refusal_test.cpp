// What is refused, at which place of the dialogue, and what is taken and returned instead.
#include "tests/unit/routing/site.hpp"

using namespace understudy::test;
using namespace understudy::routing;

BOOST_AUTO_TEST_SUITE(plan_refusal)

BOOST_AUTO_TEST_CASE(AP_27_an_unknown_user_is_refused_at_rcpt_or_returned_to_the_submitter) {
  check({
      {"from the world",
       primary(),
       {world(), "ext@world.example", {"nobody@example.org", "bob@example.org"}},
       "nobody@example.org: 550 5.1.1 no such user; 1: file bob@example.org/INBOX, copy route:*"},
      {"from a scanner",
       primary(),
       {scanner(), "alice@example.org", {"nobody@example.org"}},
       "nobody@example.org: 550 5.1.1 no such user"},
      {"each form of an unknown address is returned",
       primary(),
       {user("alice"), "alice@example.org", {"nobody@example.org", "nobody+x@example.org"}},
       "1: return 550 5.1.1 no such user; 2: return 550 5.1.1 no such user"},
      {"with the null sender nobody could be told later",
       primary(),
       {user("alice"), "", {"nobody@example.org"}},
       "nobody@example.org: 550 5.1.1 no such user"},
      {"from a user: taken, not copied",
       primary(),
       {user("alice"), "alice@example.org", {"nobody@example.org", "bob@example.org"}},
       "1: return 550 5.1.1 no such user; 2: file bob@example.org/INBOX, copy route:*"},
  });
}

BOOST_AUTO_TEST_CASE(AP_24_a_known_user_without_mailbox_gets_none_where_creation_is_off) {
  Site site = primary();
  site.directory.account_without_mailbox("carol@example.org");
  check({
      {"off", site, {world(), "ext@world.example", {"carol@example.org"}}, "carol@example.org: 550 5.1.1 no such user"},
  });
  site.policy.passthrough.create_mailbox = Switch::on;
  check({
      {"on",
       site,
       {world(), "ext@world.example", {"carol@example.org"}},
       "1: create and file carol@example.org/INBOX, copy route:*"},
      {"on, unknown to the directory",
       site,
       {world(), "ext@world.example", {"dave@example.org"}},
       "dave@example.org: 550 5.1.1 no such user"},
  });
}

BOOST_AUTO_TEST_CASE(AP_29_AP_38_the_archive_creates_a_mailbox_and_stores) {
  check({
      {"without detail, lower case, domain alias resolved",
       archive(),
       {the_primary(), "ext@world.example", {"Carol+Lists@copy.Example.ORG"}},
       "1: create and file carol@example.org/INBOX"},
      {"once for two forms of one address",
       archive_without_directory(),
       {the_primary(), "ext@world.example", {"carol@example.org", "CAROL+x@example.org"}},
       "1: create and file carol@example.org/INBOX; 2: journal only; marks: same-place"},
  });
}

BOOST_AUTO_TEST_CASE(AP_52_only_users_and_clients_that_may_are_relayed_for) {
  const char* const denied = "ext@world.example: 550 5.7.1 relaying denied";
  check({
      {"world at the primary", primary(), {world(), "x@world.example", {"ext@world.example"}}, denied},
      {"world at the archive", archive(), {world(), "x@world.example", {"ext@world.example"}}, denied},
      {"world after takeover", taken_over(), {world(), "x@world.example", {"ext@world.example"}}, denied},
      {"a client without the permission", primary(), {the_archive(), "", {"ext@world.example"}}, denied},
      {"a scanner", primary(), {scanner(), "alice@example.org", {"ext@world.example"}}, "1: relay route:*"},
  });
}

BOOST_AUTO_TEST_CASE(relaying_cannot_be_hidden_in_a_local_part) {
  check({
      {"percent hack",
       primary(),
       {world(), "x@world.example", {"ext%world.example@example.org"}},
       "ext%world.example@example.org: 550 5.1.1 no such user"},
      {"quoted at-sign",
       primary(),
       {world(), "x@world.example", {"ext@world.example@example.org"}},
       "\"ext@world.example\"@example.org: 550 5.1.1 no such user"},
      {"bang path on the archive is a name like any other",
       archive(),
       {the_primary(), "x@world.example", {"world!ext@example.org"}},
       "1: create and file world!ext@example.org/INBOX"},
      {"no domain name",
       primary(),
       {user("alice"), "alice@example.org", {"ext@-bad-.example"}},
       "ext@-bad-.example: 553 5.1.3 the recipient's domain is no domain name"},
  });
}

BOOST_AUTO_TEST_CASE(before_takeover_the_archive_sends_the_world_to_the_next_mx_and_after_it_is_in_charge) {
  check({
      {"before",
       archive(),
       {world(), "ext@world.example", {"bob@example.org"}},
       "bob@example.org: 451 4.3.2 not in charge of this domain; try the next MX"},
      {"before, unknown users are not told apart",
       archive(),
       {world(), "ext@world.example", {"nobody@example.org"}},
       "nobody@example.org: 451 4.3.2 not in charge of this domain; try the next MX"},
      {"before, a user who has logged in",
       archive(),
       {user("alice"), "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX; sent: file alice@example.org/Sent seen"},
      {"after",
       taken_over(),
       {world(), "ext@world.example", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:example.org"},
      {"after, unknown",
       taken_over(),
       {world(), "ext@world.example", {"nobody@example.org"}},
       "nobody@example.org: 550 5.1.1 no such user"},
  });
}

BOOST_AUTO_TEST_CASE(AP_16_AP_18_AP_20_a_local_sender_needs_authentication_or_permission) {
  Site lenient = primary();
  lenient.refuse_claimed_local = Switch::off;
  const char* const refused = "MAIL 550 5.7.1 a local sender address needs authentication; use the submission port";
  const Origin relay_only = client("web.example.org", {.relay = true, .local_sender = false, .copy = false});
  const Origin copy_only = client("old.example.org", {.relay = false, .local_sender = false, .copy = true});
  check({
      {"forged", primary(), {world(), "alice@example.org", {"bob@example.org"}}, refused},
      {"forged by domain alias", primary(), {world(), "whoever@COPY.example.org", {"bob@example.org"}}, refused},
      {"an outside sender",
       primary(),
       {world(), "ext@world.example", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"the null sender", primary(), {world(), "", {"bob@example.org"}}, "1: file bob@example.org/INBOX, copy route:*"},
      {"a user from anywhere",
       primary(),
       {user("alice"), "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"a scanner",
       primary(),
       {scanner(), "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"a client without local-sender", primary(), {relay_only, "alice@example.org", {"bob@example.org"}}, refused},
      {"a copy says what the original said",
       primary(),
       {copy_only, "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"whatever that was",
       primary(),
       {copy_only, "x@-bad-.example", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"switch off",
       lenient,
       {world(), "alice@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
  });
}

BOOST_AUTO_TEST_CASE(AP_16_a_local_from_field_has_a_switch_of_its_own) {
  Site strict = primary();
  strict.refuse_local_from = Switch::on;
  MessageFacts ours, by_other_name, second, outside, nobody, unclear;
  ours.from = {address("alice@example.org")};
  by_other_name.from = {address("whoever@COPY.example.org")};
  second.from = {address("ext@world.example"), address("bob@example.net")};
  outside.from = {address("ext@world.example")};
  unclear.from = outside.from;
  unclear.from_unclear = true;
  const char* const refused = "DATA 550 5.7.1 a local From address needs authentication; use the submission port";
  const char* const taken = "1: file bob@example.org/INBOX, copy route:*";
  const Origin relay_only = client("web.example.org", {.relay = true, .local_sender = false, .copy = false});
  const Origin copy_only = client("old.example.org", {.relay = false, .local_sender = false, .copy = true});
  const auto to_bob = [](Origin origin, const char* from, MessageFacts facts) {
    return Mail{std::move(origin), from, {"bob@example.org"}, std::move(facts)};
  };
  check({
      {"off: a mailing list brings back what alice wrote", primary(), to_bob(world(), "list@world.example", ours), taken},
      {"on: the same", strict, to_bob(world(), "list@world.example", ours), refused},
      {"a domain's other name", strict, to_bob(world(), "ext@world.example", by_other_name), refused},
      {"one of several authors", strict, to_bob(world(), "ext@world.example", second), refused},
      {"a report", strict, to_bob(world(), "", ours), refused},
      {"an outside author", strict, to_bob(world(), "ext@world.example", outside), taken},
      {"an address of nobody", strict, to_bob(world(), "ext@world.example", nobody), taken},
      {"two fields", strict, to_bob(world(), "ext@world.example", unclear),
       "DATA 550 5.7.1 nobody can tell whom this is from; the header needs one From field"},
      {"two fields, off", primary(), to_bob(world(), "ext@world.example", unclear), taken},
      {"a client that may not send as local", strict, to_bob(relay_only, "ext@world.example", ours), refused},
      {"a scanner", strict, to_bob(scanner(), "alice@example.org", ours), taken},
      {"a copy says what the original said", strict, to_bob(copy_only, "ext@world.example", ours), taken},
      {"a copy with two fields", strict, to_bob(copy_only, "ext@world.example", unclear), taken},
      {"the other switch does not read the header", strict, to_bob(world(), "alice@example.org", outside),
       "MAIL 550 5.7.1 a local sender address needs authentication; use the submission port"},
  });
  Origin logged_in = user("alice");
  logged_in.refuse_nonlocal_from_local = Switch::on;
  check({
      {"a user, whomever he writes for", strict, to_bob(logged_in, "alice@example.org", second), taken},
      {"what is made here", strict, to_bob(made_here(), "", ours), taken},
  });
}

BOOST_AUTO_TEST_CASE(AP_18_a_user_may_send_only_as_himself) {  // RFC 6409 §6.1
  const char* const refused = "MAIL 553 5.7.1 this sender address belongs to another user";
  const char* const taken = "1: relay route:*";
  const auto sends_as = [](const char* from) { return Mail{user("alice"), from, {"ext@world.example"}}; };
  check({
      {"his address", primary(), sends_as("ALICE@example.org"), taken},
      {"under the domain's other name", primary(), sends_as("alice@copy.example.org"), taken},
      {"his alias", primary(), sends_as("a.lice@example.org"), taken},
      {"with detail", primary(), sends_as("alice+lists@example.org"), taken},
      {"a private address elsewhere", primary(), sends_as("alice@world.example"), taken},
      {"another user", primary(), sends_as("bob@example.org"), refused},
      {"a list that he shares", primary(), sends_as("team@example.org"), refused},
      {"an account that has gone since he logged in",
       primary(),
       {user("ghost"), "ghost@example.org", {"ext@world.example"}},
       refused},
      {"an address that nobody has", primary(), sends_as("nobody@example.org"), refused},
      {"no domain name", primary(), sends_as("x@-bad-.example"), "MAIL 553 5.1.7 the sender's domain is no domain name"},
      {"the postmaster's role is the postmaster's",
       primary(),
       {user("admin"), "postmaster@example.org", {"ext@world.example"}},
       taken},
      {"and nobody else's", primary(), sends_as("postmaster@example.org"), refused},
  });
}

BOOST_AUTO_TEST_CASE(a_loop_is_refused_unless_it_comes_as_a_copy_which_is_filed_and_never_relayed) {
  MessageFacts hops, own, almost;
  hops.received_count = 100;
  own.own_received_count = 3;
  almost.received_count = 99;
  almost.own_received_count = 2;
  const char* const refused = "DATA 554 5.4.6 mail loop: too many Received fields";
  check({
      {"100 hops", primary(), {world(), "ext@world.example", {"bob@example.org"}, hops}, refused},
      {"three times here", primary(), {user("alice"), "alice@example.org", {"ext@world.example"}, own}, refused},
      {"one less",
       primary(),
       {world(), "ext@world.example", {"bob@example.org"}, almost},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"a copy",
       archive(),
       {the_primary(), "ext@world.example", {"bob@example.org"}, hops},
       "1: file bob@example.org/INBOX; marks: loop"},
      {"a copy is not copied on",
       primary(),
       {the_primary(), "ext@world.example", {"bob@example.org"}, hops},
       "1: file bob@example.org/INBOX; marks: loop"},
      {"to be relayed: back to the sender",
       archive(),
       {the_primary(), "alice@example.org", {"ext@world.example"}, own},
       "1: return 554 5.4.6 mail loop: too many Received fields; sent: file alice@example.org/Sent seen; marks: loop"},
      {"a list",
       primary(),
       {the_primary(), "ext@world.example", {"mixed@example.org"}, own},
       "1: file bob@example.org/INBOX, return 554 5.4.6 mail loop: too many Received fields; marks: loop"},
  });
}

BOOST_AUTO_TEST_CASE(odd_octets_are_marked_for_the_relay) {
  MessageFacts odd;
  odd.odd_octets = true;
  check({{"copy",
          archive(),
          {the_primary(), "ext@world.example", {"bob@example.org"}, odd},
          "1: file bob@example.org/INBOX; marks: odd-octets"}});
}

BOOST_AUTO_TEST_SUITE_END()
