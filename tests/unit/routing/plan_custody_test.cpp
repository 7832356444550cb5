// Custody belongs to the hop: what is copied or relayed there is owed to the next machine, what was made here is not.
#include "tests/unit/routing/site.hpp"

using namespace understudy::test;
using namespace understudy::routing;

namespace {

Route with_custody(const std::string& match, const std::string& via, std::uint16_t priority = 10) {
  auto to = route(match, via);
  to.custody = Switch::on;
  to.priority = priority;
  return to;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_custody)

BOOST_AUTO_TEST_CASE(what_leaves_for_a_hop_with_custody_is_owed_there) {
  Site site = primary();
  site.routes = RouteTable({route("away.example", "other.example:25"), with_custody("*", "archive.example.org:25")});
  const char* const both =
      "1: file bob@example.org/INBOX, copy route:* with custody; 2: relay route:* with custody; 3: relay route:away.example";
  check({
      {"copy and relay",
       site,
       {user("alice"), "alice@example.org", {"bob@example.org", "x@far.example", "y@away.example"}},
       both},
      {"a route without",
       primary(),
       {world(), "x@far.example", {"bob@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
  });
}

BOOST_AUTO_TEST_CASE(what_was_made_here_is_not_owed) {
  Site site = archive();
  site.routes = RouteTable({with_custody("example.org", "mailbox.example.org:25"), route("*", "mx")});
  check({{"home", site, {made_here(), "", {"bob@example.org"}}, "1: file bob@example.org/INBOX, home route:example.org"}});
}

BOOST_AUTO_TEST_CASE(the_best_route_of_a_hop_says_whether_it_has_custody) {
  const RouteTable first({with_custody("*", "a.example", 10), route("*", "b.example")});
  auto later = with_custody("*", "a.example", 20);
  const RouteTable second({later, route("*", "b.example")});
  BOOST_TEST((first.custody_of({"route:*"}) == Switch::on));
  BOOST_TEST((second.custody_of({"route:*"}) == Switch::off));
  BOOST_TEST((first.custody_of({"route:gone.example"}) == Switch::off));
  BOOST_TEST((first.custody_of({"report:"}) == Switch::off));
  const RouteTable by_mx({with_custody("*", "mx")});
  BOOST_TEST((by_mx.custody_of({"mx:far.example"}) == Switch::on));
  BOOST_TEST((RouteTable().custody_of({"mx:far.example"}) == Switch::off));
}

BOOST_AUTO_TEST_SUITE_END()
