#include "archive/login/auditor_name.hpp"

using understudy::archive::login::AuditorName;

BOOST_AUTO_TEST_CASE(a_login_name_says_which_account_which_operator_and_which_case) {
  const std::pair<std::string, AuditorName> rows[] = {
      {"alice*vera", {"alice", "vera", ""}},
      {"alice@example.org*vera", {"alice@example.org", "vera", ""}},
      {"alice@example.org*vera*17/2026", {"alice@example.org", "vera", "17/2026"}},
      {"alice*vera*a*b", {"alice", "vera", "a*b"}},
      {"alice*vera*c@se", {"alice", "vera", "c@se"}},
      {"a*b@example.org*vera*c@se*2", {"a*b@example.org", "vera", "c@se*2"}},
      {"\"a b\"@example.org*vera", {"\"a b\"@example.org", "vera", ""}},
  };
  for (const auto& [text, parts] : rows) {
    const auto parsed = AuditorName::parse(text);
    BOOST_REQUIRE_MESSAGE(parsed.has_value(), text);
    BOOST_TEST((*parsed == parts), text);
  }
}

BOOST_AUTO_TEST_CASE(what_lacks_a_part_is_no_login_of_an_operator) {
  for (const std::string text :
       {"", "alice", "alice@example.org", "*", "**", "*vera", "alice*", "alice**case", "alice*vera*", "@*"})
    BOOST_TEST(!AuditorName::parse(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(who_acts_for_an_account_is_named_as_if_he_had_named_it_himself) {
  BOOST_TEST(AuditorName::joined("alice@example.org", "vera*17") == "alice@example.org*vera*17");
}
