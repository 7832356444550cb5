#include <chrono>
#include <random>

#include "base/text.hpp"
#include "mail/header/fields.hpp"
#include "mail/header/lexer.hpp"
#include "mail/header/scan.hpp"

using namespace understudy;
using namespace understudy::mail::header;
using namespace std::string_literals;

namespace {

/// "name=value|name=value|body:rest", values as they stand.
std::string shape(std::string_view text) {
  const Header header = scan(text);
  std::string out;
  for (const Field& field : header.fields)
    out += std::string(header.name(field)) + '=' + base::escape(header.value(field)) + '|';
  return out + "body:" + base::escape(text.substr(header.body));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(header_scan)

BOOST_AUTO_TEST_CASE(fields_and_body_are_found_whatever_the_line_ends) {
  struct Row {
    std::string text, shape;
  };
  for (const Row& row : std::vector<Row>{
           {"", "body:"},
           {"A: b\r\nC: d\r\n\r\nhello\r\n", "A= b|C= d|body:hello\\x0d\\x0a"},
           {"A: b\nC: d\n\nhello\n", "A= b|C= d|body:hello\\x0a"},
           {"A: b\rC: d\r\rhello\r", "A= b|C= d|body:hello\\x0d"},
           {"A: b\r\r\nC: d\r\r\n\r\r\nhello", "A= b|C= d|body:hello"},
           {"A: b\n\rC: d\n\r\n\rhello", "A= b|C= d|body:\\x0dhello"},
           {"A: b\nC: d\r\n\nhello", "A= b|C= d|body:hello"},
           {"A: b\rC: d\r\n\r\nhello", "A= b\\x0dC: d|body:hello"},  // a bare CR makes no field where there are LFs
           {"A:b\r\n c\r\n\td\r\nE:\r\n\r\n", "A=b\\x0d\\x0a c\\x0d\\x0a\\x09d|E=|body:"},
           {"A: b\r\n \r\nC: d\r\n\r\nx", "A= b\\x0d\\x0a |C= d|body:x"},
           {"A : b\r\nC\t:d\r\n\r\nx", "A= b|C=d|body:x"},
           {"A: b", "A= b|body:"},
           {"A: b\r\n", "A= b|body:"},
           {"A: b\r", "A= b|body:"},
           {"\r\nbody", "body:body"},
           {" A: b\r\n\r\n", "body: A: b\\x0d\\x0a\\x0d\\x0a"},
           {"no field\r\nA: b\r\n\r\n", "body:no field\\x0d\\x0aA: b\\x0d\\x0a\\x0d\\x0a"},
           {"From x Mon Jan 1\nA: b\n\nx", "A= b|body:x"},
           {">From x Mon Jan 1\nA: b\n\nx", "A= b|body:x"},
           {"A: b\nwrapped line\nC: d\n\nx", "A= b|C= d|body:x"},
           {"A: b\nwrapped line\n more of it\nC: d\n\nx", "A= b|C= d|body:x"},
           {"A: b\nfirst line of the body\nsecond line\n", "A= b|body:first line of the body\\x0asecond line\\x0a"},
           {"A: b\n:no name\n\nx", "A= b|body::no name\\x0a\\x0ax"},
           {"A: b\nN\xc3\xb6: d\nE: f\n\nx", "A= b|E= f|body:x"},
           {"A: b\0c\nD: e\n\n"s, "A= b\\x00c|D= e|body:"},
       })
    BOOST_TEST(shape(row.text) == row.shape, base::escape(row.text) << " gives " << shape(row.text));
}

BOOST_AUTO_TEST_CASE(whole_fields_lie_end_to_end_and_reach_the_blank_line) {
  const std::string text = "A: b\r\n c\r\nD:e\nF : g\r\n\r\nbody";
  const Header header = scan(text);
  std::string together;
  for (const Field& field : header.fields) together += field.whole.of(text);
  BOOST_TEST(together == "A: b\r\n c\r\nD:e\nF : g\r\n");
  BOOST_TEST(header.ended);
  BOOST_TEST(!scan("A: b\r\n").ended);
}

BOOST_AUTO_TEST_CASE(beyond_the_limits_fields_are_not_listed_and_the_body_is_still_found) {
  std::string text;
  for (int i = 0; i < 10'002; ++i) text += "A: b\r\n";
  Header header = scan(text + "\r\nbody");
  BOOST_TEST(header.fields.size() == 10'000u);
  BOOST_TEST(header.truncated);
  BOOST_TEST(header.body == text.size() + 2);
  text = "A: b\r\nC: " + std::string(1 << 20, 'x') + "\r\nD: e\r\n";
  header = scan(text + "\r\nbody");
  BOOST_TEST(header.fields.size() == 1u);
  BOOST_TEST(header.truncated);
  BOOST_TEST(header.body == text.size() + 2);
}

BOOST_AUTO_TEST_CASE(half_a_million_header_lines_take_less_than_two_seconds) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& line :
       {"To: a@b.example, c@d.example\r\n"s, "junk\r\n"s, "junk\r\nTo: x\r\n"s, " folded\r\n"s, "\"\\\"(\r\n"s}) {
    std::string text = "To: x\r\n";
    for (int i = 0; i < 500'000; ++i) text += line;
    const Header header = scan(text);
    addresses(header, "To");
    is_automatic(header);
  }
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  BOOST_TEST(seconds < 5 * 2.0);
}

BOOST_AUTO_TEST_CASE(ranges_hold_for_random_octets) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_INFO_SCOPE("seed " << seed);
  std::mt19937 random(seed);
  const std::string_view letters = "AB:: \t\r\n\r\n\nFrom(\"<>\\\xc3";
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    for (auto n = random() % 40; n > 0; --n) text.push_back(letters[random() % letters.size()]);
    const Header header = scan(text);
    std::uint64_t last = 0;
    for (const Field& field : header.fields) {
      BOOST_REQUIRE(field.whole.begin >= last);
      BOOST_REQUIRE(field.whole.contains(field.name));
      BOOST_REQUIRE(field.whole.contains(field.value));
      BOOST_REQUIRE(field.name.end < field.value.begin + 1);
      last = field.whole.end;
    }
    BOOST_REQUIRE(header.body >= last);
    BOOST_REQUIRE(header.body <= text.size());
  }
}

BOOST_AUTO_TEST_CASE(unfolding_joins_lines_and_never_words) {
  BOOST_TEST(unfold(" a\r\n b\r\n\tc\r\n") == "a b\tc");
  BOOST_TEST(unfold("a\rb\nc") == "a b c");
  BOOST_TEST(unfold("\r\n \r\n") == "");
}

BOOST_AUTO_TEST_CASE(tokens_that_do_not_end_are_read_as_characters) {
  struct Row {
    std::string in, tokens;
  };
  for (const Row& row : std::vector<Row>{
           {"a b", "a|b"},
           {"\"a \\\" b\"<", "\"a \\\" b\"|<"},
           {"(a(b)c)d", "(a(b)c)|d"},
           {"(a(b)c", "(|a|(|b|)|c"},
           {"\"a b", "\"|a|b"},
           {"[a b]c[", "[a b]|c|["},
           {"(a\\)b)c", "(a\\)b)|c"},
           {")]", ")|]"},
       }) {
    std::string got;
    Lexer lexer(row.in);
    for (Token token = lexer.next(); token.kind != Token::Kind::end; token = lexer.next())
      got += (got.empty() ? "" : "|") + std::string(token.raw);
    BOOST_TEST(got == row.tokens);
  }
}

BOOST_AUTO_TEST_CASE(unterminated_quotes_and_comments_do_not_make_the_lexer_slow) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& piece : {"\""s, "("s, "["s, "\\\""s, "\"\\"s, "(\\"s, "([\""s, "<"s, ",;:"s}) {
    std::string text;
    while (text.size() < 1 << 20) text += piece;
    parse_address_list(text);
    parse_message_ids(text);
    parse_message_id(text);
  }
  BOOST_TEST(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 5.0);
}

BOOST_AUTO_TEST_SUITE_END()
