#include <random>

#include "mail/mime/transfer_decoder.hpp"
#include "smtp_pieces.hpp"

using namespace understudy;
using namespace understudy::mail::mime;
using test::for_each_split;

namespace {

struct Decoded {
  std::string octets;
  bool broken = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(const test::Pieces& pieces, Encoding encoding) {
  TransferDecoder decoder(encoding);
  Decoded out;
  for (const auto piece : pieces) decoder.feed(piece, out.octets);
  decoder.finish(out.octets);
  out.broken = decoder.broken();
  return out;
}

struct Row {
  std::string in, out;
  bool broken = false;
};

void check(const std::vector<Row>& rows, Encoding encoding) {
  for (const Row& row : rows) {
    BOOST_TEST_INFO_SCOPE(row.in);
    for_each_split(row.in, [&](const test::Pieces& pieces) {
      const auto got = decode(pieces, encoding);
      BOOST_TEST(got.octets == row.out);
      BOOST_TEST(got.broken == row.broken);
    });
  }
}

/// RFC 2045 §6.7 line by line, as plainly as it can be said.
std::string quoted_printable_by_lines(std::string_view text) {
  const auto hex = [](char c) { return std::string_view("0123456789ABCDEFabcdef").find(c) != std::string_view::npos; };
  std::string out;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    std::string line(text.substr(0, newline));
    std::string end = newline == std::string_view::npos ? "" : "\n";
    if (!end.empty() && line.ends_with('\r')) {
      line.pop_back();
      end = "\r\n";
    }
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    while (line.ends_with(' ') || line.ends_with('\t')) line.pop_back();
    const bool soft = line.ends_with('=');
    if (soft) line.pop_back();
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool escape = line[i] == '=' && i + 2 < line.size() && hex(line[i + 1]) && hex(line[i + 2]);
      out.push_back(escape ? static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16)) : line[i]);
      if (escape) i += 2;
    }
    if (!soft) out += end;
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_transfer_decoder)

BOOST_AUTO_TEST_CASE(base64_is_decoded_however_it_is_cut_and_what_is_wrong_is_told) {
  check({{"", ""},
         {"QQ==", "A"},
         {"QUI=", "AB"},
         {"QUJD", "ABC"},
         {"QUJD\r\nREVG\r\n", "ABCDEF"},
         {" Q U\tI=\n", "AB"},
         {"QUI", "AB", true},
         {"QQ", "A", true},
         {"Q", "", true},
         {"QQ=", "A", true},
         {"QUJD=", "ABC", true},
         {"QUI==", "AB", true},
         {"=", "", true},
         {"Q=", "", true},
         {"QQ==QUI=", "AAB", true},
         {"QU*JD", "ABC", true},
         {"-----\r\nQUJD", "ABC", true},
         {"////", "\xff\xff\xff"}},
        Encoding::base64);
}

BOOST_AUTO_TEST_CASE(quoted_printable_is_decoded_however_it_is_cut_and_what_is_wrong_is_told) {
  check({{"", ""},
         {"a=3Db=3d", "a=b="},
         {"soft=\r\nline", "softline"},
         {"soft= \t\nline", "softline"},
         {"end=", "end"},
         {"end= ", "end"},
         {"white \t\r\nspace  ", "white\r\nspace"},
         {"in  side", "in  side"},
         {"=4", "=4", true},
         {"=4\r\nx", "=4\r\nx", true},
         {"=4 x", "=4 x", true},
         {"=G1", "=G1", true},
         {"==3D", "==", true},
         {"= x", "= x", true},
         {"=\rx", "=\rx", true},
         {"=\r\r\nx", "=\r\r\nx", true},
         {"a \r\r\nx", "a \r\r\nx"},
         {"a\rb", "a\rb"},
         {"=E4\xe4", "\xe4\xe4"}},
        Encoding::quoted_printable);
}

BOOST_AUTO_TEST_CASE(other_encodings_are_passed_through) {
  for (const auto encoding : {Encoding::seven_bit, Encoding::eight_bit, Encoding::binary, Encoding::other})
    check({{std::string("a=3D\0 \r\n", 8), std::string("a=3D\0 \r\n", 8)}}, encoding);
}

BOOST_AUTO_TEST_CASE(quoted_printable_in_pieces_is_what_its_lines_say) {
  std::mt19937 random(7);
  constexpr std::string_view alphabet = "==== \t\r\r\n\n4Ez";
  for (int run = 0; run < 5000; ++run) {
    std::string text;
    for (auto n = random() % 20; n > 0; --n) text.push_back(alphabet[random() % alphabet.size()]);
    BOOST_TEST_INFO_SCOPE(text);
    const auto got = decode(test::random_pieces(text, random), Encoding::quoted_printable);
    BOOST_REQUIRE(got.octets == quoted_printable_by_lines(text));
  }
}

BOOST_AUTO_TEST_CASE(a_long_run_of_white_space_is_not_held_back_without_end) {
  TransferDecoder decoder(Encoding::quoted_printable);
  std::string out;
  const std::string spaces(TransferDecoder::held_white_space, ' ');
  decoder.feed("a" + spaces, out);
  BOOST_TEST(out.size() == 1u);
  decoder.feed(" ", out);
  BOOST_TEST(out.size() == 1 + spaces.size());
  decoder.feed("\n", out);
  BOOST_TEST(out.size() == 2 + spaces.size());
}

BOOST_AUTO_TEST_SUITE_END()
