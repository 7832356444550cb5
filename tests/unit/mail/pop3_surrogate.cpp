/// What a client that knows no UTF-8 in header fields gets: every octet that it can read as it is, and nothing that it cannot.
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/codec.hpp"
#include "base/text.hpp"
#include "corpus_files.hpp"
#include "mail/header/address_list.hpp"
#include "mail/header/fields.hpp"
#include "mail/mime/content_type.hpp"
#include "mail/mime/encoded_word.hpp"
#include "mail/mime/structure.hpp"
#include "mail/pop3/ascii_field.hpp"
#include "mail/pop3/surrogate.hpp"
#include "smtp_pieces.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::pop3;
using namespace understudy::test;

namespace {

std::string ascii(std::string_view field) {
  std::string out;
  append_ascii(field, out);
  return out;
}

std::vector<header::Range> headers_of(const mime::Structure& structure) {
  std::vector<header::Range> headers;
  for (const auto& part : structure.parts) headers.push_back(part.header);
  return headers;
}

std::string surrogate(const Pieces& pieces, const std::vector<header::Range>& headers, header::LineEnds ends) {
  Surrogate made(headers, ends);
  std::string out;
  for (const auto piece : pieces) made.feed(piece, out);
  made.finish(out);
  return out;
}

std::string surrogate(std::string_view message) {
  return surrogate({message}, headers_of(mime::parse_structure(message)), header::line_ends_of(message));
}

bool lines_fit(std::string_view text) {
  for (const auto line : base::split(text, '\n'))
    if (line.size() > 77) return false;
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pop3_surrogate)

BOOST_AUTO_TEST_CASE(fields_become_ascii_and_say_the_same) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"Subject: plain\r\n", "Subject: plain\r\n"},
      {"Subject: Grüße\r\n", "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"},
      {"subject:Gr\xfc\xdf"
       "e\r\n",
       "subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n"},  // of one that is no UTF-8
      {"Subject: =?utf-8?Q?Gr=C3=BC?= ß\n", "Subject: =?utf-8?B?R3LDvCDDnw==?=\r\n"},
      {"Subject: a\r\n\tß\r", "Subject: =?utf-8?B?YQnDnw==?=\r"},
      {"Subject: ß", "Subject: =?utf-8?B?w58=?=\r\n"},
      {"From: Jürgen Groß <j@example.org>, b@example.org\r\n",
       "From: =?utf-8?B?SsO8cmdlbiBHcm/Dnw==?= <j@example.org>, <b@example.org>\r\n"},
      {"To: \"Doe, J.\" <j@example.org>, x@bücher.example\r\n",
       "To: \"Doe, J.\" <j@example.org>, <x@xn--bcher-kva.example>\r\n"},
      {"Cc: jörg@example.org (Jörg)\r\n",
       "Cc: =?utf-8?B?SsO2cmcgPGrDtnJnQGV4YW1wbGUub3JnPg==?=\r\n <invalid@internationalized-address.invalid>\r\n"},
      {"To: Büro: a@example.org, b@example.org; , c@example.org\r\n",
       "To: =?utf-8?B?QsO8cm8=?=: <a@example.org>, <b@example.org>;, <c@example.org>\r\n"},
      {"Cc: =?utf-8?Q?a=C3=A4?= <a@example.org>, ö <b@example.org>\r\n",
       "Cc: =?utf-8?Q?a=C3=A4?= <a@example.org>, =?utf-8?B?w7Y=?= <b@example.org>\r\n"},
      // Others may read another address here.
      {"From: ä <a@example.org> <b@example.org>\r\n",
       "Downgraded-From:\r\n =?utf-8?B?w6QgPGFAZXhhbXBsZS5vcmc+IDxiQGV4YW1wbGUub3JnPg==?=\r\n"},
      {"Content-Disposition: attachment; filename=\"Übersicht 1.pdf\"; size=3\r\n",
       "Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht%201.pdf;\r\n size=\"3\"\r\n"},
      {"Content-Type: multipart/mixed; boundary=\"a b\" (für)\r\n", "Content-Type: multipart/mixed; boundary=\"a b\"\r\n"},
      {"Message-ID: <ä@example.org>\r\n", "Downgraded-Message-ID: =?utf-8?B?PMOkQGV4YW1wbGUub3JnPg==?=\r\n"},
      {"X-Note: ä\r\n", "Downgraded-X-Note: =?utf-8?B?w6Q=?=\r\n"},
      {"no fiäld\r\n", "no fi??ld\r\n"},
      {"Nämé: x\r\n", "N??m??: x\r\n"},
  };
  for (const auto& [field, wanted] : rows) BOOST_TEST(ascii(field) == wanted, ascii(field) << " is not " << wanted);
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut_between_characters_and_lines_stay_short) {
  for (const std::string_view unit : {"ß", "a", "€", "a😀"}) {
    std::string text = "ä";
    while (text.size() < 1000) text += unit;
    const auto field = ascii("Subject: " + text + "\r\n");
    BOOST_TEST(lines_fit(field), field);
    const auto value = header::unfold(field.substr(8));
    BOOST_TEST(mime::decode_encoded_words(value) == text);
    for (const auto word : base::split(value, ' '))  // each by itself, too (RFC 2047 §5)
      BOOST_TEST(base::is_utf8(*base::from_base64(word.substr(10, word.size() - 12))), word);
    const auto named = ascii("Content-Disposition: attachment; filename=\"" + text + "\"\r\n");
    BOOST_TEST(lines_fit(named), named);
    const auto read = mime::parse_disposition(named.substr(20));
    BOOST_REQUIRE(read && read->parameters.find("filename"));
    BOOST_TEST(*read->parameters.find("filename") == text);
  }
}

BOOST_AUTO_TEST_CASE(addresses_that_ascii_can_say_stay_what_they_are) {
  std::string value = "Ä <first@example.org>";
  for (int i = 0; i < 200; ++i) value += ", Person Nr " + std::to_string(i) + " ü <p" + std::to_string(i) + "@example.org>";
  const auto field = ascii("To: " + value + "\r\n");
  BOOST_TEST(lines_fit(field));
  const auto before = header::parse_address_list(value).entries, after = header::parse_address_list(field.substr(3)).entries;
  BOOST_REQUIRE(before.size() == after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    BOOST_TEST(before[i].address() == after[i].address());
    BOOST_TEST(before[i].name == mime::decode_encoded_words(after[i].name));
  }
}

BOOST_AUTO_TEST_CASE(headers_of_parts_too_are_written_anew_and_bodies_stay_as_they_are) {
  const std::string message =
      "Subject: ä\r\nX-Kept:  as\r\n\tit is\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
      "Subject: in the preamble ä\r\n--b\r\nContent-Disposition: inline; filename=ä\r\n\r\nbody: ä\r\n"
      "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner ä\r\n\r\ninner body ä\r\n--b--\r\nend ä\r\n";
  const std::string wanted =
      "Subject: =?utf-8?B?w6Q=?=\r\nX-Kept:  as\r\n\tit is\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
      "boundary=b\r\n\r\n"
      "Subject: in the preamble ä\r\n--b\r\nContent-Disposition: inline; filename*=utf-8''%C3%A4\r\n\r\nbody: ä\r\n"
      "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?B?aW5uZXIgw6Q=?=\r\n\r\ninner body ä\r\n--b--\r\nend ä\r\n";
  const auto headers = headers_of(mime::parse_structure(message));
  for_each_split(message,
                 [&](const Pieces& pieces) { BOOST_REQUIRE_EQUAL(surrogate(pieces, headers, header::LineEnds::lf), wanted); });
}

BOOST_AUTO_TEST_CASE(a_field_beyond_the_limit_is_held_no_longer_and_is_ascii_all_the_same) {
  for (const std::size_t more : {0, 1}) {
    const std::string front = "Subject: ä ";
    const auto field = front + std::string(Surrogate::longest_field - front.size() - 2 + more, 'x') + "\r\n";
    const auto message = field + "Cc: ä <a@example.org>\r\n\r\nä";
    const auto made = surrogate(message);
    BOOST_TEST(made.starts_with(more == 0 ? "Subject: =?utf-8?B?" : "Subject: ?? xxxx"));
    BOOST_TEST(made.ends_with("\r\nCc: =?utf-8?B?w6Q=?= <a@example.org>\r\n\r\nä"));
  }
}

BOOST_AUTO_TEST_CASE(no_field_grows_out_of_all_proportion) {
  const std::string many(30'000, '\xe4');
  std::vector<std::string> rows = {"Content-Type: a/b; " + std::string(30'000, 'n') + "=\"" + many + "\"\r\n",
                                   "Content-Type: a/b; n=\"" + many + "\"\r\n", "Subject: " + many + "\r\n", "To: "};
  for (int i = 0; i < 20'000; ++i) rows.back() += "\xe4,";
  for (const auto& row : rows) {
    const auto made = ascii(row);
    BOOST_TEST(!base::has_8bit(made));
    BOOST_TEST(made.size() <= 256 + 32 * row.size(), row.substr(0, 20) << made.size() / row.size());
  }
}

BOOST_AUTO_TEST_CASE(of_each_message_of_the_corpus_the_headers_are_ascii_and_what_was_ascii_is_the_same) {
  std::mt19937 random(6856);
  std::size_t changed = 0;
  for (const auto& file : tests::corpus()) {
    const auto headers = headers_of(mime::parse_structure(file.octets));
    const auto ends = header::line_ends_of(file.octets);
    const auto made = surrogate({file.octets}, headers, ends);
    BOOST_TEST(surrogate(random_pieces(file.octets, random), headers, ends) == made, file.name);
    bool was_ascii = true;
    for (const auto& range : headers) was_ascii = was_ascii && !base::has_8bit(range.of(file.octets));
    BOOST_TEST((made == file.octets) == was_ascii, file.name);
    changed += was_ascii ? 0 : 1;
    const auto first = header::scan(made);
    BOOST_TEST(!base::has_8bit(std::string_view(made).substr(0, first.body)), file.name);
  }
  BOOST_TEST(changed > 20);
}

BOOST_AUTO_TEST_SUITE_END()
