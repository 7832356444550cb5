#include <chrono>
#include <random>

#include "base/text.hpp"
#include "mail/imap/list_pattern.hpp"
#include "mail/imap/mailbox_name.hpp"

using namespace understudy;
using namespace understudy::mail::imap;
using namespace std::string_literals;

namespace {

std::string random_text(std::mt19937& random) {
  static const std::string characters[] = {"a", "&", "-",           "/", "~", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                           "+", ",", "\xef\xbf\xbf"};
  std::string out;
  for (auto left = random() % 12; left > 0; --left) out += characters[random() % std::size(characters)];
  return out;
}

// The meaning of a pattern without any cleverness; only for short ones.
bool plainly_matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*' || pattern[0] == '%') {
    if (plainly_matches(pattern.substr(1), name)) return true;
    return !name.empty() && (pattern[0] == '*' || name[0] != '/') && plainly_matches(pattern, name.substr(1));
  }
  return !name.empty() && name[0] == pattern[0] && plainly_matches(pattern.substr(1), name.substr(1));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_names)

BOOST_AUTO_TEST_CASE(modified_utf7_is_read_and_written_as_the_rfc_shows_it) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"INBOX", "INBOX"},
      {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
      {"Entw&APw-rfe", "Entw\xc3\xbcrfe"},
      {"&-", "&"},
      {"a&-b&-&-", "a&b&&"},
      {"&AOQ-&-", "\xc3\xa4&"},
      {"&2D3eAA-", "\xf0\x9f\x98\x80"},
      {"&AOQA5A-", "\xc3\xa4\xc3\xa4"},
      {"a-b", "a-b"},
      {"a+b", "a+b"},
  };
  for (const auto& [utf7, utf8] : cases) {
    BOOST_TEST_CONTEXT(utf7) BOOST_TEST(from_utf7(utf7).value_or("fault") == utf8);
    BOOST_TEST(to_utf7(utf8) == utf7);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_the_one_form_of_a_name_is_a_fault_that_says_why) {
  const std::string cases[] = {
      "&",     "a&",         "&AOQ",    "&AOQ/-", "&AOQ=-",   "&A-",      "&AO-",     "&AOR-",    "&AGE-",
      "&ACY-", "&AOQ-&AOQ-", "&2D0-",   "&3gA-",  "&2D0A5A-", "&2D3YPQ-", "&AOQAYQ-", "\xc3\xa4", "\x7f",
      "a\tb",  "a\0b"s,      "&AOQAAA", "a\r\nb", "& -",      "&AOQA-",   "&AOQAA-",  "&AH4-",
  };
  for (const auto& name : cases) {
    const auto got = from_utf7(name);
    BOOST_TEST_CONTEXT(base::escape(name)) BOOST_TEST((!got && got.error().size() > 10));
    const auto read = read_mailbox_name(name, NameForm::utf7);
    BOOST_TEST((!read.good() && read.utf8 == name));
  }
}

BOOST_AUTO_TEST_CASE(each_name_comes_back_from_modified_utf7_and_is_the_only_one_that_does) {
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    const std::string name = random_text(random);
    BOOST_REQUIRE(from_utf7(to_utf7(name)).value_or("fault") == name);
  }
  static constexpr std::string_view alphabet = "&-AOQa,D2e3";
  for (int round = 0; round < 20000; ++round) {
    std::string utf7;
    for (auto left = random() % 12; left > 0; --left) utf7 += alphabet[random() % alphabet.size()];
    if (const auto name = from_utf7(utf7)) BOOST_REQUIRE_MESSAGE(to_utf7(*name) == utf7, utf7);
  }
  BOOST_TEST(to_utf7("a\xff\xed\xa0\x80") == "a&,,3,,f,9,,0-");
}

BOOST_AUTO_TEST_CASE(controls_and_octets_that_are_no_utf8_are_faults_in_either_form) {
  for (const auto& name : {"a\0b"s, "a\x01"s, "\x7f"s, "a\nb"s, "\xc2\x85"s, "\xe2\x80\xa8"s, "\xe2\x80\xa9"s, "\xff"s,
                           "\xed\xa0\x80"s, "\xc0\xaf"s}) {
    BOOST_TEST_CONTEXT(base::escape(name)) BOOST_TEST(!read_mailbox_name(name, NameForm::utf8).good());
  }
  for (const auto utf7 : {"&AAA-", "&AAo-", "&AIU-", "&ICg-", "&ICk-", "&AH8-"})
    BOOST_TEST(!read_mailbox_name(utf7, NameForm::utf7).good());
  for (const auto name : {"../..", "/etc/passwd", "a//b", "a/", ".", "%", "a b", "a\\b", "\xc3\xa4", "&"})
    BOOST_TEST(read_mailbox_name(name, NameForm::utf8).utf8 == name);
}

BOOST_AUTO_TEST_CASE(a_name_has_a_thousand_octets_and_not_one_more) {
  BOOST_TEST(read_mailbox_name(std::string(1000, 'a'), NameForm::utf7).good());
  BOOST_TEST(!read_mailbox_name(std::string(1001, 'a'), NameForm::utf7).good());
  std::string widest;
  for (int i = 0; i < 500; ++i) widest += i % 2 == 0 ? "\xc3\xa4" : "&";
  widest.resize(1000 - 250);
  std::string all = "";
  while (all.size() + 3 <= 1000) all += "\xc3\xa4&";
  BOOST_TEST(read_mailbox_name(to_utf7(all), NameForm::utf7).utf8 == all);
  BOOST_TEST(!read_mailbox_name(std::string(1 << 20, '&'), NameForm::utf7).good());
  BOOST_TEST(read_mailbox_name(std::string(1 << 20, '&'), NameForm::utf7).utf8.size() <= max_mailbox_name);
}

BOOST_AUTO_TEST_CASE(inbox_is_one_mailbox_in_every_case_of_letters) {
  const std::pair<std::string, std::string> cases[] = {{"inbox", "INBOX"},   {"InBoX/a/inbox", "INBOX/a/inbox"},
                                                       {"inbox2", "inbox2"}, {"a/inbox", "a/inbox"},
                                                       {"inbox/", "INBOX/"}, {"inbo", "inbo"}};
  for (const auto& [name, wanted] : cases) BOOST_TEST(read_mailbox_name(name, NameForm::utf7).utf8 == wanted);
  BOOST_TEST(read_list_pattern("inbox", NameForm::utf7).utf8 == "inbox");
  BOOST_TEST(read_list_pattern("&AOQ-%*", NameForm::utf7).utf8 == "\xc3\xa4%*");
}

BOOST_AUTO_TEST_CASE(patterns_match_what_their_wildcards_say) {
  const std::tuple<std::string, std::string, bool> cases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "a/b/c", true},
      {"%", "a", true},
      {"%", "a/b", false},
      {"a/%", "a/b", true},
      {"a/%", "a/b/c", false},
      {"%/%", "a/b", true},
      {"*b", "a/b", true},
      {"%b", "a/b", false},
      {"a*c", "abc/bc", true},
      {"a%c", "abcbc", true},
      {"inbox", "INBOX", true},
      {"InB%", "INBOX", true},
      {"inbox", "inboxx", false},
      {"iNbOx/x", "INBOX/x", true},
      {"inbox/x", "INBOX/X", false},
      {"A", "a", false},
      {"*%", "a/b", true},
      {"%*", "a/b", true},
      {"%%", "a/b", false},
      {"a", "A", false},
      {"INBOX*", "INBOX/a", true},
      {"x/inbox", "x/INBOX", false},
  };
  for (const auto& [pattern, name, wanted] : cases)
    BOOST_TEST_CONTEXT(pattern << " on " << name) BOOST_TEST(ListPattern(pattern).matches(name) == wanted);
}

BOOST_AUTO_TEST_CASE(patterns_match_as_plain_recursion_does) {
  std::mt19937 random(11);
  const auto text = [&](std::string_view alphabet, std::size_t most) {
    std::string out;
    for (auto left = random() % most; left > 0; --left) out += alphabet[random() % alphabet.size()];
    return out;
  };
  for (int round = 0; round < 20000; ++round) {
    const std::string pattern = text("ab/*%", 9), name = text("ab/", 9);
    const ListPattern compiled(pattern);
    BOOST_REQUIRE_MESSAGE(compiled.matches(name) == plainly_matches(pattern, name), pattern << " on " << name);
    if (compiled.matches(name + "/a")) BOOST_REQUIRE_MESSAGE(compiled.reaches(name), pattern << " on " << name);
  }
  BOOST_TEST(!ListPattern("a/%").reaches("b"));
  BOOST_TEST(ListPattern("a/b/%").reaches("a"));
  BOOST_TEST(!ListPattern("%").reaches("a/b"));
}

BOOST_AUTO_TEST_CASE(long_patterns_cross_the_words_of_their_bits) {
  const std::string name = std::string(63, 'a') + "/" + std::string(64, 'b') + "/" + std::string(200, 'c');
  BOOST_TEST(ListPattern(name).matches(name));
  for (std::size_t at = 0; at < name.size(); ++at) {
    std::string pattern = name;
    pattern[at] = name[at] == '/' ? '*' : '%';
    BOOST_REQUIRE(ListPattern(pattern).matches(name));
    pattern[at] = 'x';
    BOOST_REQUIRE(!ListPattern(pattern).matches(name));
  }
}

BOOST_AUTO_TEST_CASE(five_hundred_stars_on_ten_thousand_names_take_less_than_a_second) {
  std::string stars, spread;
  for (int i = 0; i < 500; ++i) {
    stars += i % 2 == 0 ? "*" : "%";
    spread += "*a";
  }
  const ListPattern run(stars), apart(spread + "b");
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = std::string(100, 'a') + std::to_string(i);
    BOOST_REQUIRE(run.matches(name));
    BOOST_REQUIRE(!apart.matches(name));
  }
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(1)));
}

BOOST_AUTO_TEST_CASE(a_reference_goes_before_its_pattern_but_not_before_a_rooted_one) {
  BOOST_TEST(interpret("a/", "%") == "a/%");
  BOOST_TEST(interpret("", "%") == "%");
  BOOST_TEST(interpret("a/", "/b") == "/b");
}

BOOST_AUTO_TEST_SUITE_END()
