/// Command lines of POP3.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/pop3/command.hpp"

using namespace understudy::mail::pop3;

namespace {

/// What a line is, written out.
std::string shown(std::string_view line) {
  const auto parsed = parse_command(line);
  if (!parsed) return parsed.error().kind == Refusal::Kind::foreign ? "foreign" : "refused";
  const auto number = [](const auto& n) { return n ? std::to_string(*n) : std::string("all"); };
  struct {
    decltype(number)& n;
    std::string operator()(const command::User& c) { return "user '" + c.name + "'"; }
    std::string operator()(const command::Pass& c) { return "pass '" + c.password + "'"; }
    std::string operator()(const command::Stat&) { return "stat"; }
    std::string operator()(const command::List& c) { return "list " + n(c.number); }
    std::string operator()(const command::Retr& c) { return "retr " + std::to_string(c.number); }
    std::string operator()(const command::Dele& c) { return "dele " + std::to_string(c.number); }
    std::string operator()(const command::Noop&) { return "noop"; }
    std::string operator()(const command::Rset&) { return "rset"; }
    std::string operator()(const command::Quit&) { return "quit"; }
    std::string operator()(const command::Top& c) { return "top " + std::to_string(c.number) + " " + std::to_string(c.lines); }
    std::string operator()(const command::Uidl& c) { return "uidl " + n(c.number); }
    std::string operator()(const command::Capa&) { return "capa"; }
    std::string operator()(const command::Stls&) { return "stls"; }
    std::string operator()(const command::Auth& c) { return "auth " + c.mechanism + " " + c.initial.value_or("none"); }
    std::string operator()(const command::Utf8&) { return "utf8"; }
    std::string operator()(const command::Lang& c) { return "lang " + c.tag.value_or("none"); }
  } show{number};
  return std::visit(show, *parsed);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pop3_command)

BOOST_AUTO_TEST_CASE(lines_are_what_the_grammar_says) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"USER joe", "user 'joe'"},
      {"user joe@x.example", "user 'joe@x.example'"},
      {"USER j\u00f6", "user 'j\u00f6'"},
      {"USER \xff", "refused"},
      {"USER", "refused"},
      {"USER ", "refused"},
      {"PASS  two  words ", "pass ' two  words '"},
      {"PASS", "refused"},
      {"PASS a\tb", "refused"},
      {"STAT", "stat"},
      {"stat ", "stat"},
      {"STAT 1", "refused"},
      {"LIST", "list all"},
      {"LIST 18446744073709551615", "list 18446744073709551615"},
      {"LIST 18446744073709551616", "refused"},
      {"LIST -1", "refused"},
      {"LIST 1 2", "refused"},
      {"RETR", "refused"},
      {"RETR 0", "retr 0"},
      {"RETR x", "refused"},
      {"DELE 7", "dele 7"},
      {"NOOP", "noop"},
      {"RSET", "rset"},
      {"QuIt", "quit"},
      {"TOP 1 0", "top 1 0"},
      {"TOP 1", "refused"},
      {"TOP 1 2 3", "refused"},
      {"TOP 1 -1", "refused"},
      {"UIDL", "uidl all"},
      {"UIDL 3", "uidl 3"},
      {"CAPA", "capa"},
      {"STLS", "stls"},
      {"AUTH PLAIN", "auth PLAIN none"},
      {"AUTH scram-sha-256-plus bixh", "auth SCRAM-SHA-256-PLUS bixh"},
      {"AUTH PLAIN =", "auth PLAIN ="},
      {"AUTH", "refused"},
      {"AUTH PL/IN", "refused"},
      {"AUTH PLAIN a b", "refused"},
      {"AUTH ABCDEFGHIJKLMNOPQRSTU", "refused"},
      {"UTF8", "utf8"},
      {"LANG", "lang none"},
      {"LANG EN", "lang en"},
      {"LANG a b", "refused"},
      {"APOP joe 0123", "refused"},
      {"", "refused"},
      {" STAT", "refused"},
      {"STAT\r", "refused"},
      {std::string("NOOP\0", 5), "refused"},
      {"RETR \u0661", "refused"},
      {"GET / HTTP/1.1", "foreign"},
      {"\x16\x03\x01", "foreign"},
  };
  for (const auto& [line, expected] : rows) BOOST_TEST(shown(line) == expected, line);
}

BOOST_AUTO_TEST_CASE(a_log_learns_the_verb_and_nothing_else) {
  BOOST_TEST(known_verb("pass secret") == "PASS");
  BOOST_TEST(known_verb("secret") == "");
  BOOST_TEST(known_verb("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
