#include "mail/smtp/body_decoder.hpp"
#include "mail/smtp/body_encoder.hpp"
#include "mail/smtp/errc.hpp"
#include "smtp_pieces.hpp"

using namespace understudy;
using namespace understudy::mail::smtp;
using namespace std::string_literals;

namespace {

struct Encoded {
  std::string wire;
  base::Result<> result;
};

Encoded encode(const test::Pieces& pieces) {
  BodyEncoder encoder;
  Encoded got;
  for (const auto piece : pieces)
    if (got.result = encoder.feed(piece, got.wire); !got.result) return got;
  got.result = encoder.finish(got.wire);
  return got;
}

bool has_bare_newline(std::string_view text) {
  OctetCheck check;
  check.feed(text);
  check.finish();
  return check.facts().has_bare_newline();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_body_encoder)

BOOST_AUTO_TEST_CASE(each_line_that_starts_with_a_dot_gets_another_one) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ".\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {".", "..\r\n.\r\n"},
      {".\r\n", "..\r\n.\r\n"},
      {"..\r\n.", "...\r\n..\r\n.\r\n"},
      {"\r\n.\r\n", "\r\n..\r\n.\r\n"},
      {"a.\r\n.b\r\n\r\n..c\r\n", "a.\r\n..b\r\n\r\n...c\r\n.\r\n"},
      {"no end", "no end\r\n.\r\n"},
  };
  for (const auto& [message, wire] : cases) {
    test::for_each_split(message, [&](const test::Pieces& pieces) {
      const auto got = encode(pieces);
      BOOST_TEST(got.result.has_value());
      BOOST_TEST(got.wire == wire);
    });
  }
}

BOOST_AUTO_TEST_CASE(a_bare_newline_or_nul_never_reaches_the_wire) {
  const std::string cases[] = {"\n",  "\r",      "a\n.\nb\r\n", "a\r.\rb",   "a\r\n.\n",
                               "a\r", "a\r\r\n", "\0"s,         "ab\0\r\n"s, "\n\r\n"};
  for (const auto& message : cases) {
    test::for_each_split(message, [&](const test::Pieces& pieces) {
      const auto got = encode(pieces);
      BOOST_TEST(!got.result.has_value());
      BOOST_TEST(!has_bare_newline(got.wire));
      BOOST_TEST(got.wire.find('\0') == got.wire.npos);
      BOOST_TEST(!got.wire.ends_with(".\r\n"));
    });
  }
}

BOOST_AUTO_TEST_CASE(what_is_encoded_decodes_to_itself_or_is_refused) {
  const auto seed = std::random_device{}();
  BOOST_TEST_CONTEXT("seed " << seed) {
    std::mt19937 random(seed);
    int sent = 0;
    for (int round = 0; round < 20000; ++round) {
      auto message = test::random_lines(random, random() % 24);
      if (round % 2 == 0) message = message.substr(0, message.find_first_of("\0"s)) + ".\r\n..";
      const auto got = encode(test::random_pieces(message, random));
      BOOST_REQUIRE(!has_bare_newline(got.wire));
      if (!got.result) continue;
      ++sent;
      BodyDecoder decoder({});
      std::string back;
      const auto progress = decoder.feed(got.wire + "QUIT\r\n", back);
      BOOST_REQUIRE((progress.state == BodyDecoder::State::ended));
      BOOST_REQUIRE(progress.consumed == got.wire.size());
      BOOST_REQUIRE(decoder.verdict().has_value());
      if (!message.empty() && !message.ends_with("\r\n")) message += "\r\n";
      BOOST_REQUIRE(back == message);
    }
    BOOST_TEST(sent > 100);
  }
}

BOOST_AUTO_TEST_SUITE_END()
