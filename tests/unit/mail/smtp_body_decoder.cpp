#include "mail/smtp/body_decoder.hpp"
#include "mail/smtp/errc.hpp"
#include "smtp_pieces.hpp"

using namespace understudy;
using namespace understudy::mail::smtp;
using namespace std::string_literals;
using test::for_each_split;
using test::Pieces;

namespace {

struct Decoded {
  std::string message;
  std::string rest;  // what was left for the next command
  bool ended = false;
  base::Result<> verdict;
  OctetFacts facts;
};

Decoded decode(const Pieces& pieces, const BodyOptions& options) {
  BodyDecoder decoder(options);
  Decoded got;
  for (const auto piece : pieces) {
    const auto progress = decoder.feed(piece, got.message);
    got.ended = progress.state == BodyDecoder::State::ended;
    got.rest += piece.substr(progress.consumed);
  }
  got.verdict = decoder.verdict();
  got.facts = decoder.facts();
  return got;
}

// The same rules octet by octet, as slowly and plainly as they can be said.
Decoded decode_plainly(std::string_view in) {
  Decoded got;
  std::string line;
  std::size_t at = 0;
  while (at < in.size() && !got.ended) {
    line += in[at++];
    if (!line.ends_with("\r\n")) continue;
    got.ended = line == ".\r\n";
    if (!got.ended) got.message += line.starts_with('.') ? line.substr(1) : line;
    line.clear();
  }
  got.rest = in.substr(at);
  return got;
}

BodyOptions keep() {
  return {.odd_octets = OddOctets::keep};
}
BodyOptions refuse() {
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_body_decoder)

BOOST_AUTO_TEST_CASE(a_message_comes_out_as_it_was_before_stuffing) {
  const std::pair<std::string, std::string> cases[] = {
      {".\r\n", ""},
      {"a\r\n.\r\n", "a\r\n"},
      {"..\r\n.\r\n", ".\r\n"},
      {"...\r\n.\r\n", "..\r\n"},
      {".a\r\n.\r\n", "a\r\n"},
      {"\r\n.\r\n", "\r\n"},
      {"\r\n\r\n..\r\n\r\n.\r\n", "\r\n\r\n.\r\n\r\n"},
      {"a..b.\r\n.\r\n", "a..b.\r\n"},
      {"a\r\n..b\r\n..c\r\n.\r\n", "a\r\n.b\r\n.c\r\n"},
      {"\xc3\xa4\r\n.\r\n", "\xc3\xa4\r\n"},
  };
  for (const auto& [wire, message] : cases) {
    for_each_split(wire + "QUIT\r\n", [&](const Pieces& pieces) {
      for (const auto& options : {keep(), refuse()}) {
        const auto got = decode(pieces, options);
        BOOST_TEST(got.ended);
        BOOST_TEST(got.verdict.has_value());
        BOOST_TEST(got.message == message);
        BOOST_TEST(got.rest == "QUIT\r\n");
      }
    });
  }
}

BOOST_AUTO_TEST_CASE(bare_newline_before_a_dot_does_not_end_the_message) {  // RFC 5321 §2.3.8
  const std::string look_alikes[] = {
      "\n.\n",
      "\n.\r\n",
      "\r.\r",
      "\r.\r\n",
      "\r\n.\n",
      "\r\n.\r",
      "\n.\r",
      "\r.\n",
      "\r\n\n.\n",
      "\n\n.\r\n",
      "\r\r\n.\r\r",
      "\r\n.\r\r\n",
      "\r\r.\r\r",
      "\n\r.\n\r",
      "\r\n.\0\r\n"s,
      "\r\n\0.\r\n"s,
      "\r\n.\n\r\n",
      "\r\n. \r\n",
      "\r\n.\t\r\n",
      "\r\n..\r\n",
      "\r\n.\x0b\n",
      "\x85.\x85",
      "\xe2\x80\xa8.\xe2\x80\xa8",
  };
  for (const auto& look_alike : look_alikes) {
    const auto smuggled = "a" + look_alike + "MAIL FROM:<x@y.example>\r\n";
    for_each_split(smuggled + ".\r\nNOOP\r\n", [&](const Pieces& pieces) {
      const auto kept = decode(pieces, keep());
      BOOST_TEST(kept.ended);
      BOOST_TEST(kept.rest == "NOOP\r\n");
      BOOST_TEST(kept.verdict.has_value());
      const auto refused = decode(pieces, refuse());
      BOOST_TEST(refused.ended);
      BOOST_TEST(refused.rest == "NOOP\r\n");
      const bool odd = kept.facts.has_bare_newline() || kept.facts.has_nul;
      BOOST_TEST(refused.verdict.has_value() != odd);
    });
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_names_what_was_wrong_and_only_after_the_end) {
  const std::pair<std::string, errc> cases[] = {
      {"a\nb\r\n.\r\n", errc::bare_newline},
      {"a\rb\r\n.\r\n", errc::bare_newline},
      {".\rb\r\n.\r\n", errc::bare_newline},
      {"a\0b\r\n.\r\n"s, errc::nul_octet},
      {"123456789\r\n.\r\n", errc::line_too_long},
      {"a\r\n"
       "b\r\nc\r\nd\r\ne\r\nf\r\ng\r\n.\r\n",
       errc::too_big},
  };
  const BodyOptions options{.max_octets = 20, .odd_octets = OddOctets::refuse, .max_line = 8};
  for (const auto& [wire, fault] : cases) {
    for_each_split(wire + "QUIT", [&, expected = fault](const Pieces& pieces) {
      const auto got = decode(pieces, options);
      BOOST_TEST(got.ended);
      BOOST_TEST(got.rest == "QUIT");
      BOOST_REQUIRE(!got.verdict);
      BOOST_TEST((got.verdict.error().code == expected));
      BOOST_TEST(got.message.size() <= 20);
    });
  }
}

BOOST_AUTO_TEST_CASE(the_size_counts_after_unstuffing_and_the_limit_itself_fits) {
  for (const std::uint64_t limit : {5u, 6u, 7u}) {
    for_each_split("..ab\r\n.c\r\n.\r\n", [&](const Pieces& pieces) {  // ".ab" CRLF "c" CRLF: 8 octets
      BOOST_TEST(!decode(pieces, {.max_octets = limit}).verdict.has_value());
      BOOST_TEST(decode(pieces, {.max_octets = limit + 3}).verdict.has_value());
    });
  }
}

BOOST_AUTO_TEST_CASE(the_excess_is_drained_and_never_kept) {
  BodyDecoder decoder({.max_octets = 1000});
  const std::string piece(100, 'x');
  std::string out;
  for (int i = 0; i < 10000; ++i) {
    const auto progress = decoder.feed(piece, out);
    BOOST_REQUIRE(progress.consumed == piece.size());
  }
  BOOST_TEST(out.size() <= 1000);
  BOOST_TEST((decoder.feed("\r\n.\r\nQUIT", out).state == BodyDecoder::State::ended));
  BOOST_TEST((decoder.verdict().error().code == errc::too_big));
}

BOOST_AUTO_TEST_CASE(nothing_is_eaten_after_the_end) {
  BodyDecoder decoder(keep());
  std::string out;
  BOOST_TEST(decoder.feed(".\r\n", out).consumed == 3u);
  BOOST_TEST(decoder.feed("more", out).consumed == 0u);
  BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_CASE(random_octets_in_random_pieces_decode_as_the_plain_rules_say) {
  const auto seed = std::random_device{}();
  BOOST_TEST_CONTEXT("seed " << seed) {
    std::mt19937 random(seed);
    for (int round = 0; round < 20000; ++round) {
      const auto wire = test::random_lines(random, random() % 60);
      const auto expected = decode_plainly(wire);
      const auto got = decode(test::random_pieces(wire, random), keep());
      BOOST_REQUIRE_EQUAL(got.ended, expected.ended);
      if (!got.ended) continue;  // the model keeps whole lines only
      BOOST_REQUIRE(got.message == expected.message);
      BOOST_REQUIRE(got.rest == expected.rest);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
