// Split horizon: a copy never goes back to where it came from; mail in transit that would is returned, never dropped.
#include "tests/unit/routing/site.hpp"

using namespace understudy::test;
using namespace understudy::routing;

BOOST_AUTO_TEST_SUITE(plan_horizon)

BOOST_AUTO_TEST_CASE(a_copy_is_never_queued_for_the_machine_that_handed_us_the_message) {
  Site by_key = primary();
  auto keyed = route("*", "192.0.2.20:25");
  keyed.peer_key = "ed25519:AAAA";
  by_key.routes = RouteTable({keyed});
  Origin same_key = client("label", {.relay = false, .local_sender = false, .copy = true});
  same_key.client_key = "ed25519:AAAA";
  Origin other_key = same_key;
  other_key.client_key = "ed25519:BBBB";
  Origin no_key = same_key;
  no_key.client_key.clear();
  const char* const copied = "1: file bob@example.org/INBOX, copy route:*";
  const char* const kept = "1: file bob@example.org/INBOX; marks: split-horizon";
  check({
      {"same name", primary(), {client("ARCHIVE.example.org.", {.copy = true}), "x@world.example", {"bob@example.org"}}, kept},
      {"same key", by_key, {same_key, "x@world.example", {"bob@example.org"}}, kept},
      {"other key", by_key, {other_key, "x@world.example", {"bob@example.org"}}, copied},
      {"no key", by_key, {no_key, "x@world.example", {"bob@example.org"}}, copied},
      {"an equal address alone proves nothing",
       by_key,
       {{.via = Via::network, .address = "192.0.2.20"}, "x@world.example", {"bob@example.org"}},
       copied},
      {"nor does EHLO",
       primary(),
       {{.via = Via::network, .helo = "archive.example.org"}, "x@world.example", {"bob@example.org"}},
       copied},
  });
}

BOOST_AUTO_TEST_CASE(a_copy_is_not_queued_where_a_fallback_route_leads_back) {
  Site site = primary();
  auto second = route("*", "archive.example.org");
  second.priority = 20;
  site.routes = RouteTable({second, route("*", "other.example.org")});
  check({{"copy", site, {the_archive(), "", {"bob@example.org"}}, "1: file bob@example.org/INBOX; marks: split-horizon"}});
}

BOOST_AUTO_TEST_CASE(mail_in_transit_that_would_go_straight_back_is_returned) {
  Origin relaying_archive = the_archive();
  relaying_archive.may.relay = true;
  Site by_chance = primary();
  auto second = route("*", "archive.example.org");
  second.priority = 20;
  by_chance.routes = RouteTable({route("*", "smarthost.example.net"), second});
  check({
      {"straight back",
       primary(),
       {relaying_archive, "x@world.example", {"ext@world.example"}},
       "1: return 554 5.4.6 mail loop: the next hop is where this message comes from"},
      {"only when the best route is down",
       by_chance,
       {relaying_archive, "x@world.example", {"ext@world.example"}},
       "1: relay route:*"},
      {"a list's member is a new address",
       primary(),
       {relaying_archive, "", {"mixed@example.org"}},
       "1: file bob@example.org/INBOX, relay route:* to ext@world.example; marks: split-horizon"},
  });
}

BOOST_AUTO_TEST_CASE(a_hop_that_is_its_own_next_hop_gets_nothing) {
  Site site = primary();
  site.routes = RouteTable({route("*", "MAILBOX.example.org:25")});
  check({
      {"copy", site, {world(), "x@world.example", {"bob@example.org"}}, "1: file bob@example.org/INBOX; marks: own-next-hop"},
      {"relay",
       site,
       {user("alice"), "alice@example.org", {"ext@world.example"}},
       "1: return 554 5.4.6 mail loop: the next hop is where this message comes from"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
