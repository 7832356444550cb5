#include "routing/route.hpp"

#include "base/text.hpp"

using namespace understudy::routing;

namespace {
Route route(const std::string& match, const std::string& via, std::uint16_t priority = 10) {
  Route r;
  r.match = match;
  r.via = *parse_next_hop(via);
  r.priority = priority;
  return r;
}

std::vector<std::string> hosts(const std::vector<Route>& routes) {
  std::vector<std::string> out;
  for (const Route& r : routes) out.push_back(r.via.by_mx ? "mx" : r.via.host);
  return out;
}
using Hosts = std::vector<std::string>;
}  // namespace

BOOST_AUTO_TEST_SUITE(route_table)

BOOST_AUTO_TEST_CASE(AP_14_a_next_hop_is_a_name_an_address_or_mx) {
  struct Row {
    const char* via;
    NextHop expected;
  };
  for (const Row& row : std::vector<Row>{{"archive.example.org:2525", {false, "archive.example.org", 2525}},
                                         {"Archive.Example.ORG.", {false, "archive.example.org", 25}},
                                         {"localhost:10025", {false, "localhost", 10025}},
                                         {"m\xc3\xbcller.example", {false, "xn--mller-kva.example", 25}},
                                         {"192.0.2.20:26", {false, "192.0.2.20", 26}},
                                         {"[192.0.2.20]:26", {false, "192.0.2.20", 26}},
                                         {"[2001:DB8::1]", {false, "2001:db8::1", 25}},
                                         {"[::1]:587", {false, "::1", 587}},
                                         {"mx", {true, "", 25}},
                                         {"MX", {true, "", 25}},
                                         {"mx:25", {false, "mx", 25}}}) {
    const auto got = parse_next_hop(row.via);
    BOOST_REQUIRE_MESSAGE(got.has_value(), row.via);
    BOOST_TEST((*got == row.expected), row.via);
    BOOST_TEST((parse_next_hop(got->text()) == row.expected), got->text());
  }
}

BOOST_AUTO_TEST_CASE(AP_14_anything_else_is_no_next_hop) {
  using namespace std::string_literals;
  for (const std::string& via :
       {""s, ":25"s, "host:"s, "host:0"s, "host:65536"s, "host:25x"s, "host:-1"s, "::1"s, "2001:db8::1:25"s, "[]"s, "[::1"s,
        "[::1]25"s, "[::1]:"s, "[host]:25"s, "a b"s, "host:25 "s, "-a.example"s, "[1.2.3.4\0x]"s, "host:25\0"s})
    BOOST_TEST(!parse_next_hop(via), understudy::base::escape(via));
}

BOOST_AUTO_TEST_CASE(a_star_and_dot_takes_what_is_below_and_not_the_domain_itself) {
  const Route below = route("*.b.example", "h");
  for (const char* yes : {"a.b.example", "x.a.b.example"}) BOOST_TEST(below.matches(yes), yes);
  for (const char* no : {"b.example", "ab.example", ".b.example", "b.example.org", "[192.0.2.1]", ""})
    BOOST_TEST(!below.matches(no), no);
  BOOST_TEST(route("*", "h").matches("[192.0.2.1]"));
  BOOST_TEST(route("b.example", "h").matches("b.example"));
  BOOST_TEST(!route("b.example", "h").matches("a.b.example"));
}

BOOST_AUTO_TEST_CASE(AP_13_the_first_match_of_the_file_wins) {
  const RouteTable table({route("a.example", "one"), route("*.example", "two"), route("c.example", "never"), route("*", "mx")});
  BOOST_TEST(table.hop_for("a.example").text == "route:a.example");
  BOOST_TEST(table.hop_for("b.example").text == "route:*.example");
  BOOST_TEST(table.hop_for("c.example").text == "route:*.example");
  BOOST_TEST(table.hop_for("else.org").text == "mx:else.org");
  BOOST_TEST(table.hop_for("else.org").is_static() == false);
  BOOST_TEST(RouteTable().hop_for("[192.0.2.1]").text == "mx:[192.0.2.1]");
}

BOOST_AUTO_TEST_CASE(AP_14_routes_of_one_match_are_tried_by_priority_then_in_the_order_of_the_file) {
  const RouteTable table({route("*", "last", 30), route("a.example", "other"), route("*", "first", 5), route("*", "second", 5),
                          route("*", "mx", 20)});
  BOOST_TEST((hosts(table.routes_of({"route:*"})) == Hosts{"first", "second", "mx", "last"}));
  BOOST_TEST(table.hop_for("a.example").text == "route:*");  // "*" stands first in the file
  BOOST_TEST(table.all().size() == 5u);

  std::vector<Route> many;
  Hosts expected;
  for (int i = 0; i < 100; ++i) many.push_back(route("*", "h" + std::to_string(i), static_cast<std::uint16_t>(i % 2)));
  for (int i = 0; i < 100; ++i) expected.push_back("h" + std::to_string(i < 50 ? 2 * i : 2 * i - 99));
  BOOST_TEST((hosts(RouteTable(many).routes_of({"route:*"})) == expected));
}

BOOST_AUTO_TEST_CASE(a_hop_stands_for_its_match_so_that_a_corrected_route_is_used) {
  const Hop queued = RouteTable({route("*", "wrong.example.org")}).hop_for("x.example");
  BOOST_TEST((hosts(RouteTable({route("*", "right.example.org")}).routes_of(queued)) == Hosts{"right.example.org"}));
  BOOST_TEST(RouteTable({route("y.example", "h")}).routes_of(queued).empty());
}

BOOST_AUTO_TEST_CASE(AP_15_a_smarthost_of_today_takes_what_was_queued_for_the_mx_yesterday) {
  BOOST_TEST(
      (hosts(RouteTable({route("*", "smarthost.example.net")}).routes_of({"mx:x.example"})) == Hosts{"smarthost.example.net"}));
  BOOST_TEST((hosts(RouteTable({route("*", "mx")}).routes_of({"mx:x.example"})) == Hosts{"mx"}));
  BOOST_TEST(RouteTable().routes_of({"mx:x.example"}).empty());
  BOOST_TEST(RouteTable({route("*", "h")}).routes_of({"nonsense"}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
