#include "mail/sasl/verifier.hpp"
#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using test::text_of;
using Status = app::AdminAnswer::Status;

namespace {
std::string verifier(const std::string& password) {
  base::SystemRandom random;
  return mail::sasl::make_verifier(password, random, 4096)->text();
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(accounts, test::AdminWorld)

BOOST_AUTO_TEST_CASE(an_account_that_is_added_is_listed_with_its_folders_and_without_its_verifier) {
  get("account/add", {{"account", "Erin@Example.org"}, {"aliases", {"e.rin@example.org"}}, {"verifier", verifier("secret")}});
  const auto listed = list("account/list");
  BOOST_REQUIRE(listed.size() == 1);
  BOOST_TEST(
      boost::json::serialize(listed[0]) ==
      R"({"address":"erin@example.org","aliases":["e.rin@example.org"],"login":true,"mailbox":true,"template":"","origin":"command"})");
  BOOST_TEST(list("mailbox/list", {{"account", "erin@example.org"}}).size() == 6);
  BOOST_TEST(text_of(get("account/show", {{"account", "e.rin@copy.example.org"}}), "address") == "erin@example.org");
}

BOOST_AUTO_TEST_CASE(an_address_that_leads_somewhere_already_is_not_taken_twice) {
  get("account/add", {{"account", "erin@example.org"}, {"aliases", {"e.rin@example.org"}}});
  const boost::json::object refused[] = {{{"account", "erin@example.org"}},
                                         {{"account", "ERIN@copy.example.org"}},
                                         {{"account", "e.rin@example.org"}},
                                         {{"account", "new@example.org"}, {"aliases", {"erin@example.org"}}},
                                         {{"account", "new@example.org"}, {"aliases", {"e.rin@example.org"}}},
                                         {{"account", "new@example.org"}, {"aliases", {"new@example.org"}}}};
  for (const auto& words : refused) BOOST_TEST(status("account/add", words) == Status::failed, boost::json::serialize(words));
  BOOST_TEST(list("account/list").size() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_wrong_usage_and_an_unknown_domain_is_not_found) {
  BOOST_TEST(status("account/add", {{"account", "no address"}}) == Status::wrong_usage);
  BOOST_TEST(status("account/add", {{"account", "x@world.example"}}) == Status::not_found);
  BOOST_TEST(status("account/add", {{"account", "x@example.org"}, {"verifier", "secret"}}) == Status::wrong_usage);
  BOOST_TEST(list("account/list").empty());
}

BOOST_AUTO_TEST_CASE(a_word_without_a_domain_is_told_what_it_lacks) {
  const auto answer = ask("account/show", {{"account", "carol"}});
  BOOST_TEST(answer.status == Status::wrong_usage);
  BOOST_TEST(text_of(answer.value, "error").find("without a domain (@example.org?): carol") != std::string::npos,
             text_of(answer.value, "error"));
}

BOOST_AUTO_TEST_CASE(the_last_account_that_takes_mail_for_postmaster_is_not_removed) {  // RFC 5321 §4.5.1
  options.postmaster = "erin@example.org";
  archive().replace_options(options, [](base::Result<>) {});
  pump();
  get("account/add", {{"account", "erin@example.org"}});
  const auto refused = ask("account/remove", {{"account", "erin@example.org"}});
  BOOST_TEST(refused.status == Status::failed);
  BOOST_TEST(text_of(refused.value, "error").find("takes the mail for postmaster@") != std::string::npos);
  BOOST_TEST(list("account/list").size() == 1);

  get("account/add", {{"account", "postmaster@example.org"}});
  BOOST_TEST(status("account/remove", {{"account", "erin@example.org"}}) == Status::failed);  // it is that of example.net still
  get("account/add", {{"account", "postmaster@example.net"}});
  get("account/remove", {{"account", "erin@example.org"}});
  BOOST_TEST(status("account/remove", {{"account", "postmaster@example.org"}}) == Status::failed);
  policy.undelivered = routing::Undelivered::store;  // a mailbox would be made at the next message
  get("account/remove", {{"account", "postmaster@example.org"}});
}

BOOST_AUTO_TEST_CASE(an_account_whose_alias_is_the_postmaster_is_not_removed) {
  options.postmaster = "postmaster@example.org";
  archive().replace_options(options, [](base::Result<>) {});
  pump();
  get("account/add", {{"account", "erin@example.org"}, {"aliases", {"postmaster@example.org"}}});
  get("account/add", {{"account", "frank@example.org"}});
  BOOST_TEST(status("account/remove", {{"account", "erin@example.org"}}) == Status::failed);
  get("account/remove", {{"account", "frank@example.org"}});

  get("account/add", {{"account", "grace@example.org"}});
  options.postmaster = "grace@example.org";  // who takes the mail as soon as that alias is gone
  archive().replace_options(options, [](base::Result<>) {});
  pump();
  get("account/remove", {{"account", "erin@example.org"}});
  BOOST_TEST(status("account/remove", {{"account", "grace@example.org"}}) == Status::failed);
}

BOOST_AUTO_TEST_CASE(a_new_password_replaces_the_old_one_and_an_empty_one_ends_the_login) {
  get("account/add", {{"account", "erin@example.org"}});
  BOOST_TEST(!list("account/list")[0].as_object().at("login").as_bool());
  const auto second = verifier("another");
  get("account/passwd", {{"account", "erin@example.org"}, {"verifier", second}});
  BOOST_TEST(archive().directory().record("erin@example.org")->verifier == second);
  BOOST_TEST(list("account/list")[0].as_object().at("login").as_bool());
  get("account/passwd", {{"account", "erin@example.org"}, {"verifier", ""}});
  BOOST_TEST(!list("account/list")[0].as_object().at("login").as_bool());
  BOOST_TEST(status("account/passwd", {{"account", "nobody@example.org"}, {"verifier", ""}}) == Status::not_found);
}

BOOST_AUTO_TEST_CASE(a_quota_is_set_and_shown_and_taken_away) {
  get("account/add", {{"account", "erin@example.org"}});
  get("account/quota", {{"account", "erin@example.org"}, {"octets", 1 << 20}, {"messages", 5}});
  const auto shown = get("account/show", {{"account", "erin@example.org"}}).as_object();
  BOOST_TEST(shown.at("quota").to_number<std::uint64_t>() == 1u << 20);
  BOOST_TEST(shown.at("quota_messages").to_number<std::uint64_t>() == 5u);
  get("account/quota", {{"account", "erin@example.org"}, {"octets", 0}, {"messages", 0}});
  BOOST_TEST(archive().directory().record("erin@example.org")->quota == 0u);
  BOOST_TEST(status("account/quota", {{"account", "nobody@example.org"}, {"octets", 0}, {"messages", 0}}) == Status::not_found);
  BOOST_TEST(status("account/quota", {{"account", "erin@example.org"}, {"octets", -1}, {"messages", 0}}) ==
             Status::wrong_usage);
}

BOOST_AUTO_TEST_CASE(an_account_is_removed_by_its_own_name_only) {
  get("account/add", {{"account", "erin@example.org"}, {"aliases", {"e.rin@example.org"}}});
  BOOST_TEST(status("account/remove", {{"account", "e.rin@example.org"}}) == Status::not_found);
  get("account/remove", {{"account", "erin@example.org"}});
  BOOST_TEST(status("account/show", {{"account", "erin@example.org"}}) == Status::not_found);
  BOOST_TEST(status("account/remove", {{"account", "erin@example.org"}}) == Status::not_found);
}

BOOST_AUTO_TEST_CASE(a_long_list_comes_in_pages_that_miss_and_repeat_nothing) {
  const std::size_t all = 2 * app::AdminApi::page_rows + 1;
  for (std::size_t i = 0; i < all; ++i) get("account/add", {{"account", "u" + std::to_string(i) + "@example.org"}});
  const auto listed = list("account/list");
  BOOST_TEST(pages == 3);
  BOOST_TEST(listed.size() == all);
  for (std::size_t i = 1; i < listed.size(); ++i)
    BOOST_REQUIRE(text_of(listed[i - 1], "address") < text_of(listed[i], "address"));
}

BOOST_AUTO_TEST_CASE(check_names_each_account_that_differs_from_the_file_and_no_secret) {
  const auto here = verifier("one"), there = verifier("two");
  get("account/add", {{"account", "a@example.org"}, {"aliases", {"x@example.org", "y@example.org"}}, {"verifier", here}});
  get("account/add", {{"account", "b@example.org"}, {"verifier", here}});
  const boost::json::array seeds = {
      {{"address", "a@example.org"}, {"aliases", {"y@example.org", "x@example.org"}}, {"verifier", here}},
      {{"address", "b@example.org"}, {"aliases", {"z@example.org"}}, {"verifier", there}},
      {{"address", "c@example.org"}}};
  const auto lines = get("account/compare", {{"accounts", seeds}}).as_array();
  BOOST_REQUIRE(lines.size() == 3);
  const auto text = boost::json::serialize(lines);
  BOOST_TEST(text.find("a@example.org") == std::string::npos);
  for (const auto* part : {"b@example.org: its aliases", "b@example.org: its password", "c@example.org: is in the file"})
    BOOST_TEST(text.find(part) != std::string::npos, text);
  BOOST_TEST(text.find("SCRAM") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
