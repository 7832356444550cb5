#include <fstream>
#include <sstream>

#include "base/text.hpp"
#include "corpus_files.hpp"
#include "mail/imap/body_structure.hpp"
#include "mail/imap/section.hpp"
#include "mail/imap/summary.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::imap;

namespace {

/// "1.2.HEADER"
SectionPath path_of(std::string_view text) {
  SectionPath path;
  for (const auto word : base::split(text, '.')) {
    if (word == "HEADER") path.what = SectionPath::What::header;
    if (word == "TEXT") path.what = SectionPath::What::text;
    if (word == "MIME") path.what = SectionPath::What::mime;
    if (const auto number = base::to_number(word)) path.part.push_back(static_cast<std::uint32_t>(*number));
  }
  return path;
}

std::string section(const std::string& message, std::string_view path) {
  const auto parts = part_ranges(mime::parse_structure(message));
  const auto found = find_section(parts, path_of(path));
  return found ? std::string(found->range.of(message)) : "none";
}

std::string body_structure(const std::string& message) {
  return summarise(message).body_structure;
}

std::uint32_t fnv(std::string_view octets) {
  std::uint32_t sum = 0x811c9dc5;
  for (const unsigned char c : octets) sum = (sum ^ c) * 0x01000193;
  return sum;
}

/// The tree of RFC 3501 §6.4.5.
const std::string tree =
    "Subject: top\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a\nContent-Type: "
    "application/octet-stream\n\ntwo\n"
    "--a\nContent-Type: message/rfc822\n\nSubject: three\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n3.1\n--b\n"
    "Content-Type: application/octet-stream\n\n3.2\n--b--\n--a\nContent-Type: multipart/mixed; boundary=c\n\n--c\n"
    "Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\nQQ==\n--c\nContent-Type: message/rfc822\n\nSubject: "
    "4.2\nContent-Type: "
    "multipart/mixed; boundary=d\n\n--d\n\n4.2.1\n--d\nContent-Type: multipart/alternative; boundary=e\n\n--e\n\n4.2.2.1\n--e\n"
    "Content-Type: text/richtext\n\n4.2.2.2\n--e--\n--d--\n--c--\n--a--\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_section)

BOOST_AUTO_TEST_CASE(sections_of_the_tree_of_rfc_3501_are_found_by_its_numbers) {
  struct Row {
    std::string path, octets;
  };
  for (const Row& row : std::vector<Row>{
           {"", tree},
           {"HEADER", "Subject: top\nContent-Type: multipart/mixed; boundary=a\n\n"},
           {"1", "one"},
           {"1.MIME", "\n"},
           {"2", "two"},
           {"2.MIME", "Content-Type: application/octet-stream\n\n"},
           {"3.MIME", "Content-Type: message/rfc822\n\n"},
           {"3.HEADER", "Subject: three\nContent-Type: multipart/mixed; boundary=b\n\n"},
           {"3.TEXT", "--b\n\n3.1\n--b\nContent-Type: application/octet-stream\n\n3.2\n--b--"},
           {"3.1", "3.1"},
           {"3.2", "3.2"},
           {"4.1", "QQ=="},
           {"4.1.MIME", "Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\n"},
           {"4.2.HEADER", "Subject: 4.2\nContent-Type: multipart/mixed; boundary=d\n\n"},
           {"4.2.1", "4.2.1"},
           {"4.2.2.1", "4.2.2.1"},
           {"4.2.2.2", "4.2.2.2"},
           {"4.2.2.MIME", "Content-Type: multipart/alternative; boundary=e\n\n"},
       }) {
    BOOST_TEST_INFO_SCOPE(row.path);
    BOOST_TEST(section(tree, row.path) == row.octets);
  }
  for (const char* path : {"0", "5", "1.1", "1.0", "1.HEADER", "1.TEXT", "MIME", "3.3", "3.1.1", "4.HEADER", "4.2.2.3", "4.3",
                           "4294967295", "3.0", "2.MIME.1.1"}) {
    BOOST_TEST_INFO_SCOPE(path);
    BOOST_TEST(section(tree, path) == "none");
  }
}

BOOST_AUTO_TEST_CASE(the_only_part_of_a_plain_message_is_its_body) {
  const std::string plain = "Subject: s\r\n\r\nbody";
  BOOST_TEST(section(plain, "1") == "body");
  BOOST_TEST(section(plain, "1.MIME") == "Subject: s\r\n\r\n");
  BOOST_TEST(section(plain, "1.1") == "none");
  BOOST_TEST(section(plain, "2") == "none");
  const std::string message = "Content-Type: message/rfc822\n\nSubject: in\n\nbody";
  BOOST_TEST(section(message, "1") == "Subject: in\n\nbody");
  BOOST_TEST(section(message, "1.HEADER") == "Subject: in\n\n");
  BOOST_TEST(section(message, "1.1") == "body");
  BOOST_TEST(section(message, "1.2") == "none");
}

BOOST_AUTO_TEST_CASE(binary_undoes_the_encoding_of_leaves_alone) {
  const auto parts = part_ranges(mime::parse_structure(tree));
  BOOST_TEST((find_section(parts, path_of("4.1"))->encoding == mime::Encoding::base64));
  BOOST_TEST((find_section(parts, path_of("4.1.MIME"))->encoding == mime::Encoding::seven_bit));
  const auto odd =
      part_ranges(mime::parse_structure("Content-Type: multipart/x; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\n"));
  BOOST_TEST((find_section(odd, {})->encoding == mime::Encoding::seven_bit));
}

BOOST_AUTO_TEST_CASE(sections_of_the_corpus_are_those_that_another_reader_finds) {
  std::ifstream rows(UNDERSTUDY_SOURCE_DIR "/tests/unit/mail/imap_sections.txt");
  const auto files = tests::corpus();
  std::size_t checked = 0;
  for (std::string line; std::getline(rows, line);) {
    if (line.starts_with('#')) continue;
    BOOST_TEST_INFO_SCOPE(line);
    std::istringstream words(line);
    std::string name, path;
    std::size_t size = 0;
    std::uint32_t sum = 0;
    words >> name >> path >> size >> std::hex >> sum;
    const auto file = std::ranges::find(files, name, &tests::CorpusFile::name);
    BOOST_REQUIRE(file != files.end());
    const std::string octets = section(file->octets, path);
    BOOST_TEST(octets.size() == size);
    BOOST_TEST(fnv(octets) == sum);
    ++checked;
  }
  BOOST_TEST(checked > 300u);
}

BOOST_AUTO_TEST_CASE(header_fields_come_in_the_order_of_the_message_with_a_blank_line) {
  const std::string header = "From: a\r\nTo: b,\r\n c\r\nX-A: 1\r\nFROM: d\r\n\r\n";
  const std::vector<std::string_view> names = {"to", "From"};
  BOOST_TEST(filter_header(header, header::LineEnds::lf, names, FieldChoice::named) ==
             "From: a\r\nTo: b,\r\n c\r\nFROM: d\r\n\r\n");
  BOOST_TEST(filter_header(header, header::LineEnds::lf, names, FieldChoice::all_but_named) == "X-A: 1\r\n\r\n");
  BOOST_TEST(filter_header(header, header::LineEnds::lf, {}, FieldChoice::named) == "\r\n");
  BOOST_TEST(filter_header("To: x", header::LineEnds::lf, names, FieldChoice::named) == "To: x\r\n\r\n");
  BOOST_TEST(filter_header("", header::LineEnds::lf, names, FieldChoice::named) == "\r\n");
  BOOST_TEST(filter_header("To: x\rFrom: y\r\r", header::LineEnds::cr, names, FieldChoice::named) == "To: x\rFrom: y\r\r\n");
}

BOOST_AUTO_TEST_CASE(body_structures_are_as_the_grammar_wants_them) {
  struct Row {
    std::string message, wire;
  };
  const std::string nil4 = " NIL NIL NIL NIL)";
  for (
      const Row& row : std::vector<Row>{
          {"", R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)" + nil4},
          {"\na\r\nb\n", R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 5 2)" + nil4},
          {"Content-Type: TEXT/Html; Charset=UTF-8; x=\"a b\"\nContent-Transfer-Encoding: 8Bit\n\nx",
           R"(("text" "html" ("charset" "UTF-8" "x" "a b") NIL NIL "8Bit" 1 0)" + nil4},
          {"Content-Type: broken\n\n", R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)" + nil4},
          {"Content-Type: application/x; name*0=\"a\"; name*1*=%41\nContent-ID: <i@x>\nContent-Description: a\n "
           "b\nContent-MD5: "
           "m==\nContent-Disposition: Attachment; filename=\"f\"; size=3\nContent-Language: en, de\nContent-Location: l\n\nabc",
           R"(("application" "x" ("name*0" "a" "name*1*" "%41") "<i@x>" "a b" "7bit" 3 "m==" ("attachment" ("filename" "f" "size" "3")) ("en" "de") "l"))"},
          {"Content-Type: image/gif\nContent-Disposition: inline\nContent-Language: en\n\n",
           R"(("image" "gif" NIL NIL NIL "7bit" 0 NIL ("inline" NIL) "en" NIL))"},
          {"Content-Type: multipart/mixed\n\nabc\n", R"(("text" "plain" NIL NIL NIL "7bit" 4 1)" + nil4},
          {"Content-Type: multipart/mixed; boundary=b\n\nabc\n",
           R"x((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) "mixed" ("boundary" "b") NIL NIL NIL))x"},
          {"Content-Type: multipart/x; boundary=b\n\n--b\n\none\n--b\nContent-Type: a/b\n\n--b--\n",
           R"x((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL)("a" "b" NIL NIL NIL "7bit" 0 NIL NIL NIL NIL) "x" ("boundary" "b") NIL NIL NIL))x"},
          {"Content-Type: message/rfc822\n\nSubject: s\n\nb\n",
           R"x(("message" "rfc822" NIL NIL NIL "7bit" 14 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 2 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL))x"},
          {"Content-Type: message/global\n\nx",
           R"x(("message" "rfc822" NIL NIL NIL "7bit" 1 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) 0 NIL NIL NIL NIL))x"},
          {"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQQ==",
           R"(("application" "octet-stream" NIL NIL NIL "base64" 4)" + nil4},
          {"Content-Type: message/delivery-status\n\nx", R"(("message" "delivery-status" NIL NIL NIL "7bit" 1)" + nil4},
      }) {
    BOOST_TEST_INFO_SCOPE(row.message);
    BOOST_TEST(body_structure(row.message) == row.wire);
  }
}

BOOST_AUTO_TEST_CASE(body_is_body_structure_without_its_extensions) {
  BOOST_TEST(body_of(R"(("text" "plain" ("a" "b)(") NIL NIL "7bit" 5 2 NIL NIL NIL NIL))") ==
             R"(("text" "plain" ("a" "b)(") NIL NIL "7bit" 5 2))");
  BOOST_TEST(body_of(R"x((("a" "b" NIL NIL NIL "7bit" 0 NIL NIL NIL NIL) "x" ("boundary" "b") NIL NIL NIL))x") ==
             R"x((("a" "b" NIL NIL NIL "7bit" 0) "x"))x");
  BOOST_TEST(
      body_of(R"x(("message" "rfc822" NIL NIL NIL "7bit" 1 (NIL) (("a" "b" NIL NIL NIL "8bit" 0 NIL) "m" NIL) 7 NIL NIL))x") ==
      R"x(("message" "rfc822" NIL NIL NIL "7bit" 1 (NIL) (("a" "b" NIL NIL NIL "8bit" 0) "m") 7))x");
  const std::string whole = body_structure(tree);
  for (std::size_t size = 0; size < whole.size(); ++size) BOOST_TEST(body_of(whole.substr(0, size)) == "");
  BOOST_TEST(body_of(std::string(1'000'000, '(')) == "");
}

BOOST_AUTO_TEST_SUITE_END()
