/// What RETR and TOP send, cut at each place, and read again as clients do.
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/pop3/message_encoder.hpp"
#include "smtp_pieces.hpp"

using understudy::mail::pop3::MessageEncoder;
using namespace understudy::test;

namespace {

std::string sent(const Pieces& pieces, std::optional<std::uint64_t> lines = {}) {
  MessageEncoder encoder(lines);
  std::string out;
  for (const auto piece : pieces) {
    if (encoder.done()) break;
    encoder.feed(piece, out);
  }
  encoder.finish(out);
  return out;
}

std::string sent_any_way(std::string_view message, std::optional<std::uint64_t> lines = {}) {
  const auto whole = sent({message}, lines);
  for_each_split(message, [&](const Pieces& pieces) { BOOST_REQUIRE_EQUAL(sent(pieces, lines), whole); });
  return whole;
}

/// A client that ends lines at CRLF or, if it is lenient, at any LF: the lines of the response, and what it left over.
std::pair<std::string, std::string> received(std::string_view response, bool lenient) {
  std::string message;
  for (;;) {
    const auto end = lenient ? response.find('\n') : response.find("\r\n");
    if (end == response.npos) return {message, "no end"};
    auto line = response.substr(0, end);
    response.remove_prefix(end + (lenient ? 1 : 2));
    if (lenient && line.ends_with('\r')) line.remove_suffix(1);
    if (line == ".") return {message, std::string(response)};
    if (line.starts_with('.')) line.remove_prefix(1);
    message.append(line).append("\r\n");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pop3_message_encoder)

BOOST_AUTO_TEST_CASE(lines_are_stuffed_and_ended) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", ".\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {"a", "a\r\n.\r\n"},
      {".", "..\r\n.\r\n"},
      {".\r\n..\r\n", "..\r\n...\r\n.\r\n"},
      {"a\n.\n", "a\r\n..\r\n.\r\n"},
      {"a\r.\r", "a\r.\r\r\n.\r\n"},
      {"\r", "\r\r\n.\r\n"},
      {"\r\r\n", "\r\r\n.\r\n"},
      {"\r.\r\n", "\r.\r\n.\r\n"},
      {std::string("a\0\n", 3), std::string("a\0\r\n.\r\n", 7)},
  };
  for (const auto& [message, expected] : rows) BOOST_TEST(sent_any_way(message) == expected);
}

BOOST_AUTO_TEST_CASE(top_counts_lines_of_the_body) {
  const std::string m = "A: b\r\nC: d\r\n\r\n1\r\n.2\r\n\r\n4";
  BOOST_TEST(sent_any_way(m, 0) == "A: b\r\nC: d\r\n\r\n.\r\n");
  BOOST_TEST(sent_any_way(m, 1) == "A: b\r\nC: d\r\n\r\n1\r\n.\r\n");
  BOOST_TEST(sent_any_way(m, 2) == "A: b\r\nC: d\r\n\r\n1\r\n..2\r\n.\r\n");
  BOOST_TEST(sent_any_way(m, 3) == "A: b\r\nC: d\r\n\r\n1\r\n..2\r\n\r\n.\r\n");
  BOOST_TEST(sent_any_way(m, 4) == sent_any_way(m));
  BOOST_TEST(sent_any_way(m, std::numeric_limits<std::uint64_t>::max()) == sent_any_way(m));
  BOOST_TEST(sent_any_way("A: b\n\n1\n2\n", 1) == "A: b\r\n\r\n1\r\n.\r\n");
  BOOST_TEST(sent_any_way("A: b\r\r\n\r\r\n1\r\r\n2", 1) == "A: b\r\r\n\r\r\n1\r\r\n.\r\n");
  BOOST_TEST(sent_any_way("A: b\r\n", 0) == "A: b\r\n.\r\n");
  BOOST_TEST(sent_any_way("\r\n1\r\n", 0) == "\r\n.\r\n");
}

BOOST_AUTO_TEST_CASE(clients_of_both_kinds_stay_in_step_with_any_octets) {
  std::mt19937 random(8);
  for (int round = 0; round < 3'000; ++round) {
    const auto message = random_lines(random, random() % 60);
    const auto response = sent(random_pieces(message, random));
    const auto strict = received(response + "+OK next\r\n", false);
    const auto lenient = received(response + "+OK next\r\n", true);
    BOOST_REQUIRE_EQUAL(strict.second, "+OK next\r\n");
    BOOST_REQUIRE_EQUAL(lenient.second, "+OK next\r\n");
    std::string expected;  // bare LFs are CRLF
    for (std::size_t i = 0; i < message.size(); ++i) {
      if (message[i] == '\n' && (i == 0 || message[i - 1] != '\r')) expected.push_back('\r');
      expected.push_back(message[i]);
    }
    if (!expected.empty() && !expected.ends_with("\r\n")) expected += "\r\n";
    BOOST_REQUIRE_EQUAL(strict.first, expected);
    MessageEncoder encoder;
    std::string out;
    encoder.feed(message, out);
    BOOST_REQUIRE_LE(out.size(), 2 * message.size() + 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
