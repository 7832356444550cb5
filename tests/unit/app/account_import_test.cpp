/// `account import`: what a line says, and what becomes of the accounts that the lines name.
#include "app/verbs/account_line.hpp"
#include "mail/sasl/verifier.hpp"
#include "tests/support/sim_clock.hpp"
#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using app::AccountLine;
using Status = app::AdminAnswer::Status;

namespace {

std::string verifier(const std::string& password = "secret") {
  sim::SimRandom random{7};
  return mail::sasl::make_verifier(password, random, 4096)->text();
}

boost::json::object line(int number, const std::string& address, boost::json::array aliases = {},
                         const std::string& kept = {}) {
  return {{"line", number}, {"address", address}, {"aliases", std::move(aliases)}, {"verifier", kept}};
}

struct World : test::AdminWorld {
  /// "added changed unchanged refused-line,refused-line"
  std::string import(boost::json::array lines, int check = 0) {
    const auto told = get("account/import", {{"accounts", std::move(lines)}, {"check", check}}).as_object();
    std::string text;
    for (const auto* key : {"added", "changed", "unchanged"}) text += boost::json::serialize(told.at(key)) + " ";
    for (const auto& each : told.at("refused").as_array()) text += boost::json::serialize(each.at("line")) + ",";
    refused = boost::json::serialize(told.at("refused"));
    return text;
  }
  std::string refused;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(account_lines)

BOOST_AUTO_TEST_CASE(a_line_says_one_account_or_none) {
  using Account = std::optional<AccountLine>;
  const std::string kept = verifier(), quoted = "\"" + kept + "\"";
  const std::pair<std::string, Account> rows[] = {
      {"", std::nullopt},
      {"  \t", std::nullopt},
      {"\r", std::nullopt},
      {"# the office", std::nullopt},
      {"Address,Verifier,Aliases", std::nullopt},
      {"address", std::nullopt},
      {"a@example.org", AccountLine{"a@example.org", "", {}}},
      {" a@example.org , , \r", AccountLine{"a@example.org", "", {}}},
      {"a@example.org,,b@example.org", AccountLine{"a@example.org", "", {"b@example.org"}}},
      {"a@example.org,,b@x c@x,,\"d@x  e@x\"", AccountLine{"a@example.org", "", {"b@x", "c@x", "d@x", "e@x"}}},
      {"a@example.org," + quoted, AccountLine{"a@example.org", kept, {}}},
      {"\"a@example.org\" , " + quoted + " ,b@x", AccountLine{"a@example.org", kept, {"b@x"}}},
      {"\"\"\"odd, one\"\"@example.org\"", AccountLine{"\"odd, one\"@example.org", "", {}}},
      {"\xC3\xA4@example.org", AccountLine{"\xC3\xA4@example.org", "", {}}},
  };
  for (const auto& [text, wanted] : rows) {
    const auto parsed = app::parse_account_line(text);
    BOOST_REQUIRE_MESSAGE(parsed, text + ": " + (parsed ? std::string() : parsed.error()));
    BOOST_TEST((*parsed == wanted), text);
  }
}

BOOST_AUTO_TEST_CASE(a_line_that_cannot_be_taken_says_why_and_never_repeats_a_secret) {
  const std::pair<std::string, const char*> rows[] = {
      {",x", "no address"},
      {"\"a@example.org", "no end"},
      {"\"a@example.org\"x,", "behind a quoted field"},
      {"a@example.org,hunter2", "no verifier"},
      {"a@example.org," + verifier(), "no verifier"},  // its commas are not quoted
      {"a@example.org,\"{SCRAM-SHA-256}hunter2\"", "no verifier"},
      {"a@example.org,,\x01", "control character"},
      {std::string("a@example.org,\0", 15), "control character"},
      {"\xff@example.org", "UTF-8"},
      {std::string(70'000, 'a'), "longer"},
  };
  for (const auto& [text, why] : rows) {
    const auto parsed = app::parse_account_line(text);
    BOOST_REQUIRE_MESSAGE(!parsed, text.substr(0, 100));
    BOOST_TEST(parsed.error().find(why) != std::string::npos, parsed.error());
    BOOST_TEST(parsed.error().find("hunter2") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(account_import, World)

BOOST_AUTO_TEST_CASE(lines_are_taken_whole_or_refused_alone_and_may_come_again) {
  get("account/add", {{"account", "there@example.org"}, {"aliases", {"taken@example.org"}}});
  const boost::json::array lines = {line(1, "A@Example.org", {"a1@example.org", "A1@copy.example.org"}, verifier()),
                                    line(2, "b@example.org"),
                                    line(4, "c@example.org", {"free@example.org", "taken@example.org"}),
                                    line(5, "taken@example.org"),
                                    line(6, "x@world.example"),
                                    line(7, "no address"),
                                    line(8, "d@example.org", {"a@example.org"}),
                                    line(9, "e@example.org", {}, "hunter2"),
                                    line(10, "there@example.org", {"taken@example.org"})};
  BOOST_TEST(import(lines, 1) == "2 0 1 4,5,6,7,8,9,");
  BOOST_TEST(list("account/list").size() == 1);
  BOOST_TEST(import(lines) == "2 0 1 4,5,6,7,8,9,");
  BOOST_TEST(refused.find("taken@example.org is an alias of there@example.org") != std::string::npos, refused);
  BOOST_TEST(refused.find("hunter2") == std::string::npos);
  BOOST_TEST(list("account/list").size() == 3);
  BOOST_TEST(list("mailbox/list", {{"account", "a@example.org"}}).size() == 6);
  const auto record = *archive().directory().record("a@example.org");
  BOOST_TEST((record.login && record.verifier == verifier() && record.aliases == std::vector<std::string>{"a1@example.org"}));
  BOOST_TEST(!archive().directory().record_by_address("free@example.org"));
  const auto before = kept();
  BOOST_TEST(import(lines) == "0 0 3 4,5,6,7,8,9,");
  BOOST_TEST((kept() == before));
}

BOOST_AUTO_TEST_CASE(what_is_there_is_completed_and_never_taken_away) {
  BOOST_REQUIRE(accept(test::Letter("one").to("bob@example.org").file("bob@example.org")));  // mail made the mailbox
  BOOST_TEST(import({line(1, "bob@example.org", {"b@example.org"}, verifier())}) == "0 1 0 ");
  auto record = *archive().directory().record("bob@example.org");
  BOOST_TEST((record.login && record.verifier == verifier() && record.aliases.size() == 1));
  BOOST_TEST(messages("bob@example.org").size() == 1);
  BOOST_TEST(import({line(1, "bob@example.org", {"c@example.org"})}) == "0 1 0 ");
  BOOST_TEST(import({line(1, "bob@example.org", {"d@example.org"}, verifier("another"))}) == "0 0 0 1,");
  BOOST_TEST(refused.find("account passwd") != std::string::npos, refused);
  record = *archive().directory().record("bob@example.org");
  BOOST_TEST((record.verifier == verifier() && record.aliases == std::vector<std::string>{"b@example.org", "c@example.org"}));
}

BOOST_AUTO_TEST_CASE(all_lines_of_a_request_share_one_commit_and_see_each_other) {
  const auto groups = archive().totals().groups;
  boost::json::array lines;
  for (int i = 0; i < 200; ++i) lines.push_back(line(i + 1, "u" + std::to_string(i) + "@example.org"));
  lines.push_back(line(201, "v@example.org", {"u7@example.org"}));
  for (int check : {1, 0}) BOOST_TEST(import(lines, check) == "200 0 0 201,");
  BOOST_TEST(archive().totals().groups == groups + 2 + 4);  // of the check and of the import; each is audited before and after
}

BOOST_AUTO_TEST_CASE(what_is_no_list_of_accounts_is_wrong_usage) {
  BOOST_TEST(status("account/import", {{"accounts", "x"}}) == Status::wrong_usage);
  BOOST_TEST(status("account/import", {{"accounts", {{{"address", "a@example.org"}}}}}) == Status::wrong_usage);  // no line
  BOOST_TEST(status("account/import", {{"accounts", boost::json::array(1001, line(1, "a@example.org"))}}) ==
             Status::wrong_usage);
  BOOST_TEST(import({}) == "0 0 0 ");
}

BOOST_AUTO_TEST_SUITE_END()
