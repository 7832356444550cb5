#include "mail/smtp/octet_check.hpp"
#include "smtp_pieces.hpp"

using namespace understudy;
using namespace understudy::mail::smtp;
using namespace std::string_literals;

namespace {

OctetFacts check(const test::Pieces& pieces) {
  OctetCheck check;
  for (const auto piece : pieces) check.feed(piece);
  check.finish();
  return check.facts();
}

OctetFacts check_plainly(std::string_view text) {
  OctetFacts facts;
  facts.octets = text.size();
  facts.ends_in_crlf = text.empty() || text.ends_with("\r\n");
  std::uint64_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    facts.has_nul |= text[i] == '\0';
    facts.has_8bit |= (text[i] & 0x80) != 0;
    if (text.substr(i, 2) == "\r\n") {
      line = 0;
      ++i;
      continue;
    }
    facts.has_bare_cr |= text[i] == '\r';
    facts.has_bare_lf |= text[i] == '\n';
    facts.longest_line = std::max(facts.longest_line, ++line);
  }
  return facts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_octet_check)

BOOST_AUTO_TEST_CASE(odd_octets_are_found_wherever_the_pieces_are_cut) {
  const std::string xs(64, 'x');  // as many as are looked at in one go
  const std::string cases[] = {"",
                               "\r\n",
                               "a\r\n",
                               "a",
                               "\r",
                               "\n",
                               "a\r",
                               "\r\r\n",
                               "\r\n\n",
                               "\n\r",
                               "a\0b"s,
                               "\xff\r\n",
                               "abc\r\nde\r",
                               "a\rb\nc\r\n",
                               xs + "\xe4" + xs + "\r\n",
                               xs + "\0\r\n"s};
  for (const auto& text : cases)
    test::for_each_split(text, [&](const test::Pieces& pieces) { BOOST_TEST((check(pieces) == check_plainly(text))); });
}

BOOST_AUTO_TEST_CASE(random_octets_give_the_facts_that_the_plain_rules_give) {
  const auto seed = std::random_device{}();
  BOOST_TEST_CONTEXT("seed " << seed) {
    std::mt19937 random(seed);
    for (int round = 0; round < 20000; ++round) {
      const auto text = test::random_lines(random, random() % 200);
      BOOST_REQUIRE((check(test::random_pieces(text, random)) == check_plainly(text)));
    }
  }
}

BOOST_AUTO_TEST_CASE(only_bare_newlines_and_nul_need_chunking) {
  BOOST_TEST(!check({"\xe4\r\n"}).needs_chunking());
  BOOST_TEST(check({"a\nb\r\n"}).needs_chunking());
  BOOST_TEST(check({"a\rb\r\n"}).needs_chunking());
  BOOST_TEST(check({std::string_view("\0\r\n", 3)}).needs_chunking());
}

BOOST_AUTO_TEST_SUITE_END()
