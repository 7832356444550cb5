#include "routing/mx.hpp"

#include <map>
#include <random>

using namespace understudy::routing;

namespace {
/// The same numbers in every run.
class Seeded final : public understudy::base::Random {
 public:
  std::string octets(std::size_t count) override {
    std::string out;
    while (out.size() < count) out.push_back(static_cast<char>(engine_()));
    return out;
  }

 private:
  std::mt19937_64 engine_{1};
};

using Hosts = std::vector<std::string>;
const Hosts nobody;

MxChoice choose(const std::vector<MxRecord>& records, const Hosts& ours = nobody, std::size_t limit = 10) {
  Seeded random;
  return choose_mx("d.example", records, ours, limit, random);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(mx_choice)

BOOST_AUTO_TEST_CASE(AP_21_lower_preference_is_tried_first) {
  const auto got = choose({{30, "c.example"}, {10, "a.example"}, {20, "b.example"}});
  BOOST_TEST((got.kind == MxChoice::Kind::hosts));
  BOOST_TEST((got.hosts == Hosts{"a.example", "b.example", "c.example"}));
}

BOOST_AUTO_TEST_CASE(equal_preferences_share_the_load_and_never_leave_their_place) {  // RFC 5321 §5.1
  std::map<std::string, int> first;
  Seeded random;
  const std::vector<MxRecord> records = {{10, "a.example"}, {10, "b.example"}, {10, "c.example"}, {20, "z.example"}};
  for (int i = 0; i < 300; ++i) {
    const auto got = choose_mx("d.example", records, nobody, 10, random);
    BOOST_REQUIRE_EQUAL(got.hosts.size(), 4u);
    BOOST_REQUIRE_EQUAL(got.hosts[3], "z.example");
    ++first[got.hosts[0]];
  }
  for (const char* host : {"a.example", "b.example", "c.example"}) BOOST_TEST(first[host] > 30, host);
}

BOOST_AUTO_TEST_CASE(without_an_mx_record_the_domain_is_its_own_host) {
  BOOST_TEST((choose({}).hosts == Hosts{"d.example"}));
  BOOST_TEST((choose({}, {"d.example"}).kind == MxChoice::Kind::none_left));
}

BOOST_AUTO_TEST_CASE(a_null_mx_takes_no_mail) {  // RFC 7505
  BOOST_TEST((choose({{0, "."}}).kind == MxChoice::Kind::null_mx));
  BOOST_TEST((choose({{0, ""}}).kind == MxChoice::Kind::null_mx));
  const auto contradiction = choose({{0, "."}, {10, "a.example"}});
  BOOST_TEST((contradiction.hosts == Hosts{"a.example"}));
}

BOOST_AUTO_TEST_CASE(hosts_no_better_than_ourselves_are_dropped) {  // RFC 5321 §5.1
  const std::vector<MxRecord> records = {{10, "a.example"}, {20, "us.example"}, {20, "peer.example"}, {30, "worse.example"}};
  BOOST_TEST((choose(records, {"us.example"}).hosts == Hosts{"a.example"}));
  const auto best = choose({{10, "us.example"}, {20, "b.example"}}, {"other.example", "us.example"});
  BOOST_TEST((best.kind == MxChoice::Kind::none_left));
  BOOST_TEST(best.hosts.empty());
}

BOOST_AUTO_TEST_CASE(a_host_that_turns_out_to_be_ourselves_ends_the_list_with_its_equals) {  // RFC 5321 §5.1
  using enum Leads;
  const struct {
    const char* what;
    std::vector<std::uint16_t> preferences;
    std::vector<Leads> leads;
    std::size_t left;
  } rows[] = {
      {"nobody is us", {10, 20, 30}, {on, on, on}, 3},
      {"the worst", {10, 20, 30}, {on, on, to_ourselves}, 2},
      {"and what is worse than us", {10, 20, 30}, {on, to_ourselves, on}, 1},
      {"the best", {10, 20}, {to_ourselves, on}, 0},
      {"an equal before us", {10, 20, 20, 30}, {on, on, to_ourselves, on}, 1},
      {"all equal", {10, 10, 10}, {on, on, to_ourselves}, 0},
      {"twice", {10, 20, 30}, {on, to_ourselves, to_ourselves}, 1},
      {"the domain itself", {0}, {to_ourselves}, 0},
      {"nothing is known of the last", {10, 20}, {to_ourselves}, 0},
      {"no host", {}, {}, 0},
  };
  for (const auto& row : rows) {
    MxChoice choice;
    for (std::size_t i = 0; i < row.preferences.size(); ++i) choice.hosts.push_back("h" + std::to_string(i) + ".example");
    choice.preferences = row.preferences;
    const auto got = without_ourselves(choice, row.leads);
    BOOST_TEST(got.hosts.size() == row.left, row.what);
    BOOST_TEST(got.preferences.size() == row.left, row.what);
    BOOST_TEST(std::equal(got.hosts.begin(), got.hosts.end(), choice.hosts.begin()), row.what);
    const bool emptied = row.left == 0 && !row.preferences.empty();
    BOOST_TEST((got.kind == (emptied ? MxChoice::Kind::none_left : MxChoice::Kind::hosts)), row.what);
  }
}

BOOST_AUTO_TEST_CASE(each_host_keeps_its_preference) {
  const auto got = choose({{30, "c.example"}, {10, "a.example"}, {20, "a.example"}, {20, "b.example"}});
  BOOST_TEST((got.preferences == std::vector<std::uint16_t>{10, 20, 30}));
  BOOST_TEST((choose({}).preferences == std::vector<std::uint16_t>{0}));
}

BOOST_AUTO_TEST_CASE(an_address_in_place_of_a_name_is_no_host) {
  BOOST_TEST((choose({{10, "127.0.0.1"}}).kind == MxChoice::Kind::none_left));
  BOOST_TEST((choose({{10, "127.0.0.1"}, {20, "2130706433"}, {30, "b.example"}}).hosts == Hosts{"b.example"}));
}

BOOST_AUTO_TEST_CASE(a_long_answer_is_cut_after_sorting_and_a_host_is_tried_once) {
  std::vector<MxRecord> records;
  for (int i = 1000; i > 0; --i) records.push_back({static_cast<std::uint16_t>(i), "h" + std::to_string(i) + ".example"});
  BOOST_TEST((choose(records, nobody, 3).hosts == Hosts{"h1.example", "h2.example", "h3.example"}));
  BOOST_TEST(
      (choose({{10, "a.example"}, {20, "a.example"}, {30, "b.example"}}, nobody, 2).hosts == Hosts{"a.example", "b.example"}));
}

BOOST_AUTO_TEST_CASE(neither_family_of_a_hosts_addresses_hides_the_other) {  // RFC 5321 §5.1
  const struct {
    const char* what;
    std::string families;  // as the resolver gave them: '6', '4'
    std::size_t limit;
    std::vector<std::size_t> order;
  } rows[] = {
      {"none", "", 4, {}},
      {"one", "4", 4, {0}},
      {"one family keeps its order and is cut", "444444", 4, {0, 1, 2, 3}},
      {"IPv6 first, then by turns", "6644", 4, {0, 2, 1, 3}},
      {"five AAAA before the only A", "666664", 4, {0, 5, 1, 2}},
      {"one AAAA before five A", "644444", 4, {0, 1, 2, 3}},
      {"A first stays first", "4466", 4, {0, 2, 1, 3}},
      {"mixed", "4646", 3, {0, 1, 2}},
      {"two: one of each", "6666664", 2, {0, 6}},
      {"as many as there are", "666444", 6, {0, 3, 1, 4, 2, 5}},
      {"one", "64", 1, {0}},
      {"nothing is wanted", "64", 0, {}},
  };
  for (const auto& row : rows) {
    std::vector<AddressFamily> families;
    for (const char c : row.families) families.push_back(c == '6' ? AddressFamily::ipv6 : AddressFamily::ipv4);
    BOOST_TEST(by_turns(families, row.limit) == row.order, row.what);
  }
}

BOOST_AUTO_TEST_SUITE_END()
