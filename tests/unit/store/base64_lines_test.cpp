#include "archive/store/content/base64_lines.hpp"

#include <random>

#include "base/codec.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;

namespace {

using Kind = Form::Kind;
using LastEnd = Form::LastEnd;

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encoded(const Form& form, std::string_view stored) {
  std::string out = "before";
  encode(form, stored, out);
  BOOST_REQUIRE(out.starts_with("before"));
  return out.substr(6);
}

/// What decode_line or decode_last_line appends; "refused" where nothing was.
template <class Decode>
std::string decoded(Decode decode, std::string_view line) {
  std::string out = "before";
  const bool good = decode(line, out);
  BOOST_REQUIRE(out.starts_with("before"));
  if (!good) BOOST_TEST(out == "before");
  return good ? out.substr(6) : "refused";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_base64_lines)

BOOST_AUTO_TEST_CASE(a_full_line_is_of_the_alphabet_alone_and_of_whole_groups) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"QUJD", "ABC"},          {"QUJDREVG", "ABCDEF"}, {"AAAA", {"\0\0\0", 3}},   {"////", "\xff\xff\xff"},
      {"+/+/", "\xfb\xff\xbf"}, {"", "refused"},        {"QUJ", "refused"},        {"QUJDR", "refused"},
      {"QUI=", "refused"},      {"QQ==", "refused"},    {"QU D", "refused"},       {"QUJ\r", "refused"},
      {"-_-_", "refused"},      {"QUJ\xc3", "refused"}, {{"QUJ\0", 4}, "refused"}, {"====", "refused"}};
  for (const auto& [line, octets] : cases) BOOST_TEST(decoded(decode_line, line) == octets, line);
}

BOOST_AUTO_TEST_CASE(a_last_line_may_be_padded_where_encoding_gives_it_back) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"QUJD", "ABC"},     {"QUI=", "AB"},      {"QQ==", "A"},           {"QUJDQQ==", "ABCA"},     {"QUJDQUI=", "ABCAB"},
      {"QUJ=", "refused"}, {"QR==", "refused"}, {"Q===", "refused"},     {"====", "refused"},      {"QQ=A", "refused"},
      {"=QQ=", "refused"}, {"=", "refused"},    {"==", "refused"},       {"QQ=", "refused"},       {"QQ==QUJD", "refused"},
      {"", "refused"},     {"Q!==", "refused"}, {"Q!JDQQ==", "refused"}, {"QUJDQQ==\r", "refused"}};
  for (const auto& [line, octets] : cases) BOOST_TEST(decoded(decode_last_line, line) == octets, line);
}

BOOST_AUTO_TEST_CASE(each_octet_at_each_place_of_a_line_is_judged_right) {
  for (std::size_t place = 0; place < 8; ++place)
    for (int octet = 0; octet < 256; ++octet) {
      std::string line = "QUJDREVG";
      line[place] = static_cast<char>(octet);
      const bool good = alphabet.find(line[place]) != std::string_view::npos;
      const auto expected = good ? base::from_base64(line) : std::optional<std::string>("refused");
      BOOST_TEST(decoded(decode_line, line) == expected.value_or("not base64"));
      BOOST_TEST(is_group(line.substr(0, 4)) == (good || place >= 4));
    }
  for (const std::string_view wrong : {"", "QUJ", "QUJDR", "QUJDREVG"}) BOOST_TEST(!is_group(wrong));
}

BOOST_AUTO_TEST_CASE(lines_decode_to_what_they_were_encoded_from_and_are_as_long_as_foretold) {
  std::mt19937 random(4711);
  for (std::size_t line = 4; line <= longest_base64_line; line += 4)
    for (const Kind kind : {Kind::base64_crlf, Kind::base64_lf})
      for (const LastEnd last_end : {LastEnd::there, LastEnd::missing}) {
        const Form form{kind, static_cast<std::uint8_t>(line), last_end};
        std::string octets(random() % 1000, '\0');
        for (char& octet : octets) octet = static_cast<char>(random());
        const std::string text = encoded(form, octets);
        BOOST_TEST(text.size() == octets_in_message(form, octets.size()));
        std::string back, plain;
        std::size_t at = decode_lines(text, form, octets.size(), back);
        BOOST_TEST(back.size() == at / (line + (kind == Kind::base64_crlf ? 2 : 1)) * octets_of_line(line));
        std::string_view rest = std::string_view(text).substr(at);
        while (rest.ends_with('\n') || rest.ends_with('\r')) rest.remove_suffix(1);
        if (!rest.empty()) BOOST_TEST(decode_last_line(rest, back));
        BOOST_TEST((back == octets));
        for (const char c : text)
          if (c != '\r' && c != '\n') plain += c;
        BOOST_TEST((plain == base::to_base64(octets)));
      }
}

BOOST_AUTO_TEST_CASE(lines_are_decoded_up_to_the_first_that_is_none_and_within_the_room) {
  const Form crlf{Kind::base64_crlf, 4}, lf{Kind::base64_lf, 4};
  struct Case {
    Form form;
    std::string_view in;
    std::size_t room, taken;
    std::string_view octets;
  };
  const Case cases[] = {{crlf, "QUJD\r\nREVG\r\n", 100, 12, "ABCDEF"},
                        {crlf, "QUJD\r\nREVG\r\n", 5, 6, "ABC"},
                        {crlf, "QUJD\r\nREVG\r\n", 2, 0, ""},
                        {crlf, "QUJD\r\nREVG\n", 100, 6, "ABC"},
                        {crlf, "QUJD\r\nRE!G\r\n", 100, 6, "ABC"},
                        {crlf, "QUJD\r\nREU=\r\n", 100, 6, "ABC"},
                        {crlf, "QUJD\r\nREVG\r", 100, 6, "ABC"},
                        {lf, "QUJD\nREVG\nR0hJ\r\n", 100, 10, "ABCDEF"},
                        {lf, "QUJD\r\n", 100, 0, ""},
                        {lf, "QUJDREVG\n", 100, 0, ""},
                        {crlf, "QUJD", 100, 0, ""},
                        {crlf, "", 100, 0, ""}};
  for (const Case& one : cases) {
    std::string out = "before";
    BOOST_TEST(decode_lines(one.in, one.form, one.room, out) == one.taken, one.in);
    BOOST_TEST(out == "before" + std::string(one.octets), one.in);
  }
}

BOOST_AUTO_TEST_CASE(forms_of_the_edges_have_the_right_length) {
  BOOST_TEST(encoded({}, "as\r\nit\0is") == "as\r\nit\0is");
  BOOST_TEST(encoded({Kind::base64_crlf, 8}, "") == "");
  BOOST_TEST(octets_in_message({Kind::base64_crlf, 8, LastEnd::missing}, 0) == 0u);
  BOOST_TEST(encoded({Kind::base64_crlf, 8}, "A") == "QQ==\r\n");
  BOOST_TEST(encoded({Kind::base64_lf, 8, LastEnd::missing}, "ABCDEF") == "QUJDREVG");
  BOOST_TEST(encoded({Kind::base64_lf, 8, LastEnd::missing}, "ABCDEFA") == "QUJDREVG\nQQ==");
  BOOST_TEST(encoded({Kind::base64_lf, 8}, "ABCDEFAB") == "QUJDREVG\nQUI=\n");
  const std::uint64_t large = 3ULL << 58;
  BOOST_TEST(octets_in_message({Kind::base64_crlf, 4}, large) == large * 2);
}

BOOST_AUTO_TEST_SUITE_END()
