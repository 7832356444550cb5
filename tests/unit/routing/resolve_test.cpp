// What resolve() promises beyond the plans in which it shows: limits, and whom an address belongs to.
#include "routing/resolve.hpp"

#include "tests/unit/routing/site.hpp"

using namespace understudy::routing;
using understudy::test::address;
using understudy::test::TableDirectory;

namespace {
Destinations reach(const TableDirectory& directory, const char* text) {
  return resolve(locate(address(text), directory), directory);
}

std::string owner(const TableDirectory& directory, const char* text) {
  const auto box = owner_of(locate(address(text), directory), directory);
  return box ? box->name : "";
}
}  // namespace

BOOST_AUTO_TEST_SUITE(resolution)

BOOST_AUTO_TEST_CASE(a_list_of_ten_thousand_members_is_reached_and_one_more_is_too_many) {
  std::vector<std::string> members;
  for (std::size_t i = 0; i < max_alias_members; ++i) members.push_back("m" + std::to_string(i) + "@world.example");
  TableDirectory directory;
  directory.domain("example.org").alias("big@example.org", members);
  BOOST_TEST(reach(directory, "big@example.org").outside.size() == max_alias_members);
  BOOST_TEST(!reach(directory, "big@example.org").limited);
  directory.alias("bigger@example.org", {"one@world.example", "big@example.org"});
  BOOST_TEST(reach(directory, "bigger@example.org").limited);
}

BOOST_AUTO_TEST_CASE(lists_that_hold_each_other_end) {
  TableDirectory directory;
  directory.domain("example.org").account("bob@example.org");
  std::vector<std::string> all;
  for (int i = 0; i < 50; ++i) all.push_back("l" + std::to_string(i) + "@example.org");
  for (const auto& list : all) directory.alias(list, all).alias(list, {"bob@example.org"});
  const auto got = reach(directory, "l0@example.org");
  BOOST_TEST(got.boxes.size() == 1u);
  BOOST_TEST(!got.limited);
}

BOOST_AUTO_TEST_CASE(an_outside_member_is_reached_once_however_its_domain_is_written) {
  TableDirectory directory;
  directory.domain("example.org").alias("l@example.org", {"x@world.example", "x@WORLD.example.", "X@world.example"});
  BOOST_TEST(reach(directory, "l@example.org").outside.size() == 2u);  // the local part's case is the other side's matter
}

BOOST_AUTO_TEST_CASE(an_address_belongs_to_one_account_or_to_nobody) {
  const auto directory = understudy::test::people();
  BOOST_TEST(owner(directory, "ALICE+x@copy.example.org") == "alice@example.org");
  BOOST_TEST(owner(directory, "a.lice@example.org") == "alice@example.org");
  BOOST_TEST(owner(directory, "new@example.org") == "new@example.org");
  for (const char* nobodys : {"team@example.org", "mixed@example.org", "away@example.org", "x@world.example", "x@-bad-"})
    BOOST_TEST(owner(directory, nobodys) == "", nobodys);
}

BOOST_AUTO_TEST_CASE(the_last_at_sign_of_an_account_name_divides) {
  TableDirectory directory;
  directory.domain("example.org").postmaster_is("post@office@example.org").account("post@office@example.org");
  const auto got = reach(directory, "postmaster@example.org");
  BOOST_REQUIRE_EQUAL(got.boxes.size(), 1u);
  BOOST_TEST(got.boxes[0].name == "post@office@example.org");
}

BOOST_AUTO_TEST_SUITE_END()
