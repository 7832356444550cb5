/// RFC 5256 §2.1: what is left of a subject, and whether it was a reply or forward.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/imap/base_subject.hpp"

using understudy::mail::imap::base_subject;

BOOST_AUTO_TEST_SUITE(imap_base_subject)

BOOST_AUTO_TEST_CASE(what_replies_forwards_and_lists_add_is_removed) {
  struct Row {
    std::string_view subject, base;
    bool reply;
  };
  const std::vector<Row> rows = {
      {"", "", false},
      {"   ", "", false},
      {"Lunch", "Lunch", false},
      {"re: Lunch", "Lunch", true},
      {"RE:Lunch", "Lunch", true},
      {"Re : Lunch", "Lunch", true},
      {"Fw: Lunch", "Lunch", true},
      {"FWD: Lunch", "Lunch", true},
      {"Re: Fwd: re: Lunch", "Lunch", true},
      {"Reply: Lunch", "Reply: Lunch", false},
      {"Regarding", "Regarding", false},
      {"Forward: x", "Forward: x", false},
      {"AW: Lunch", "AW: Lunch", false},
      {"Re[2]: Lunch", "Lunch", true},
      {"Re [2] : Lunch", "Lunch", true},
      {"Re [2]", "Re [2]", false},
      {"Re [2 : Lunch", "Re [2 : Lunch", false},
      {"[list] Lunch", "Lunch", false},
      {"[list] Re: Lunch", "Lunch", true},
      {"Re: [list] Lunch", "Lunch", true},
      {"[a] [b][c] re: [d] Lunch [e]", "Lunch [e]", true},
      {"[a][b]", "[b]", false},
      {"[a] ", "[a]", false},
      {"Re: [a]", "[a]", true},
      {"[a] re:", "", true},
      {"[a[b]] Lunch", "[a[b]] Lunch", false},
      {"[[a] Lunch", "[[a] Lunch", false},
      {"[] Lunch", "Lunch", false},
      {"Lunch (fwd)", "Lunch", true},
      {"Lunch (FWD) (fwd)  ", "Lunch", true},
      {"Lunch(fwd)", "Lunch", true},
      {"(fwd)", "", true},
      {"(fwd) Lunch", "(fwd) Lunch", false},
      {"[fwd: Lunch]", "Lunch", true},
      {"[Fwd: Re: [list] Lunch (fwd)]", "Lunch", true},
      {"Re: [fwd: [fwd: Lunch]]", "Lunch", true},
      {"[fwd:]", "", true},
      {"[fwd: Lunch] today", "today", false},
      {"[fwd: Lunch", "[fwd: Lunch", false},
      {"[fwd: Lunch [x]", "Lunch [x", true},
      {"Re:\r\n\t\tLunch  at \t noon", "Lunch at noon", true},
      {"Re: \xc3\xbc"
       "bel",
       "\xc3\xbc"
       "bel",
       true},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.subject) {
      const auto got = base_subject(row.subject);
      BOOST_TEST(got.text == row.base);
      BOOST_TEST(got.is_reply_or_forward == row.reply);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_million_octets_of_anything_take_no_time_to_speak_of) {
  for (const std::string_view piece :
       {"[", "]", "[]", "[a]", "re:", "re[", "re[a]", "[fwd:", "(fwd)", "[fwd:]", "fw [a]:", " ", "[fwd:["}) {
    std::string many;
    while (many.size() < 1'000'000) many += piece;
    BOOST_TEST(base_subject(many).text.size() <= many.size());
    base_subject(many + std::string(many.size() / 6, ']'));
    base_subject(many + "x");
  }
}

BOOST_AUTO_TEST_CASE(what_is_left_has_nothing_more_to_remove_but_for_a_lone_blob) {
  const std::vector<std::string> pieces = {"re:", "fw", "[a]", "[", "]", "(fwd)", "[fwd:", " ", "x", ":", "\t"};
  std::uint64_t state = 7;
  for (int round = 0; round < 20'000; ++round) {
    std::string subject;
    for (int i = 0; i < 8; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      subject += pieces[(state >> 33) % pieces.size()];
    }
    const auto once = base_subject(subject);
    BOOST_REQUIRE_EQUAL(base_subject(once.text).text, once.text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
