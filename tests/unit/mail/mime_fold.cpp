/// Folding: what compares equal, and that it may be done piece by piece.
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/mime/fold.hpp"

using namespace understudy::mail::mime;

namespace {

std::string utf8(char32_t c) {
  std::string out;
  const auto put = [&](char32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6), put(0x80 | (c & 63));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  } else {
    put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_fold)

BOOST_AUTO_TEST_CASE(case_and_form_make_no_difference) {
  const std::vector<std::pair<std::string, std::string>> equal = {
      {"Hello, World_1", "hELLO, wORLD_1"},
      {"\u00e4", "\u00c4"},
      {"\u00e4", "a\u0308"},
      {"\u0431\u043e\u0440\u0449", "\u0411\u041e\u0420\u0429"},
      {"\u03c3", "\u03c2"},              // sigma, final sigma
      {"\ufb01", "fi"},                  // the ligature
      {"\u2460", "1"},                   // circled
      {"\uff21", "a"},                   // full width
      {"\u24d0", "A"},                   // circled small a
      {"\u00aa", "A"},                   // feminine ordinal: only its decomposition has a case
      {"\u01c6", "\u01c5"},              // dz with caron
      {"\ud55c", "\u1112\u1161\u11ab"},  // Hangul
      {"\u00a0", " "},
      {"\u1e9b\u0323", "s\u0307\u0323"},
  };
  for (const auto& [a, b] : equal) BOOST_TEST(fold(a) == fold(b), a << " and " << b);
  BOOST_TEST(fold("\u00df") != fold("ss"));  // RFC 5051 knows simple case only
  BOOST_TEST(fold("\u00e4") != fold("a"));
  BOOST_TEST(fold("a_b") == "A_B");
}

BOOST_AUTO_TEST_CASE(each_character_folds_once_and_for_all_within_the_promised_size) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    const auto text = utf8(c);
    const auto once = fold(text);
    BOOST_REQUIRE_EQUAL(fold(once), once);
    BOOST_REQUIRE_LE(once.size(), text.size() * max_fold_growth);
    BOOST_REQUIRE_EQUAL(whole_characters(text), text.size());
    for (std::size_t cut = 1; cut < text.size(); ++cut) BOOST_REQUIRE_EQUAL(whole_characters(text.substr(0, cut)), 0U);
  }
}

BOOST_AUTO_TEST_CASE(octets_that_are_no_utf8_stay) {
  for (const std::string text :
       {"\xff", "\xc3", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf8\x88\x80\x80\x80"}) {
    BOOST_TEST(fold(text) == text);
    BOOST_TEST(fold("a" + text + "b") == "A" + text + "B");
  }
}

BOOST_AUTO_TEST_CASE(pieces_fold_to_what_the_whole_folds_to) {
  std::mt19937 random(5);
  const std::vector<std::string> pieces = {"a",        "B",        "\u00e4", "\u20ac", "\U0001f600", "\xff", "\xc3",
                                           "\xe2\x82", "\xf0\x9f", "\x80",   "\ufdfa", "\xed",       "\xa0"};
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (int i = 0; i < 8; ++i) text += pieces[random() % pieces.size()];
    const auto whole = fold(text);
    std::string out;
    std::string held;
    for (std::size_t at = 0; at < text.size();) {
      const auto size = std::min<std::size_t>(1 + random() % 4, text.size() - at);
      held.append(text, at, size);
      at += size;
      const auto ready = whole_characters(held);
      BOOST_REQUIRE_GE(ready + 3, held.size());
      append_folded(std::string_view(held).substr(0, ready), out);
      held.erase(0, ready);
    }
    append_folded(held, out);
    BOOST_REQUIRE_EQUAL(out, whole);
  }
}

BOOST_AUTO_TEST_SUITE_END()
