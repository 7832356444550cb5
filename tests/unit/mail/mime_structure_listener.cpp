/// What a listener hears of a message is what the parser finds in it, however the message is cut.
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "corpus_files.hpp"
#include "mail/mime/structure.hpp"
#include "smtp_pieces.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::mime;
using test::Pieces;

namespace {

struct Heard : StructureListener {
  struct Leaf {
    std::string type;
    std::size_t fields;
    std::string body;
    bool operator==(const Leaf&) const = default;
  };
  std::vector<Leaf> parts;
  void on_header(const Structure& so_far, std::size_t index, const header::Header& fields) override {
    const auto& part = so_far.parts[index];
    parts.push_back({part.type.type + "/" + part.type.subtype, fields.fields.size(), ""});
  }
  void on_body(std::string_view octets) override { parts.back().body += octets; }
};

struct Run {
  Heard heard;
  Structure structure;
};

Run run(const Pieces& pieces, header::LineEnds ends) {
  Run out;
  StructureParser parser(ends, {}, &out.heard);
  for (const auto piece : pieces) parser.feed(piece);
  out.structure = parser.finish();
  return out;
}

/// Line ends may be written otherwise, and the last one may be of the delimiter behind.
std::string without_line_ends(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '\r' || c == '\n'; });
  return out;
}

void check(std::string_view message, const Run& got) {
  BOOST_REQUIRE_EQUAL(got.heard.parts.size(), got.structure.parts.size());
  for (std::size_t i = 0; i < got.heard.parts.size(); ++i) {
    const Part& part = got.structure.parts[i];
    const auto& heard = got.heard.parts[i];
    BOOST_TEST(heard.type == part.type.type + "/" + part.type.subtype);
    const bool leaf = part.shape == Part::Shape::leaf;
    BOOST_CHECK(without_line_ends(heard.body) == (leaf ? without_line_ends(part.body.of(message)) : ""));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_structure_listener)

BOOST_AUTO_TEST_CASE(bodies_of_leaves_are_heard_and_nothing_else) {
  const std::string_view m =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\nA: b\r\n\r\none\r\n--not\r\n--b\r\njunk\r\njunk "
      "too\r\n"
      "--b\r\nContent-Type: message/rfc822\r\n\r\nC: d\r\n\r\ntwo\r\n--b--\r\nepilogue\r\n";
  test::for_each_split(m, [&](const Pieces& pieces) {
    const auto got = run(pieces, header::LineEnds::lf);
    check(m, got);
    BOOST_TEST(got.heard.parts[1].body == "one\r\n--not\r\n");
    BOOST_TEST(got.heard.parts[2].body == "junk\njunk too\r\n");
    BOOST_TEST(got.heard.parts[4].body == "two\r\n");
  });
}

BOOST_AUTO_TEST_CASE(long_lines_are_heard_whole_and_before_they_end) {
  for (const std::string_view front : {"", "-", "--", "--b "}) {
    const std::string line = std::string(front) + std::string(200'000, 'x');
    const std::string m = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + line + "\r\n--b--\r\n";
    for (const std::size_t size : {1, 1000, 70'000}) {
      Pieces pieces;
      for (std::size_t at = 0; at < m.size(); at += size) pieces.push_back(std::string_view(m).substr(at, size));
      const auto got = run(pieces, header::LineEnds::lf);
      BOOST_CHECK(got.heard.parts.back().body == line + "\r\n");
    }
  }
  Heard heard;
  StructureParser parser(header::LineEnds::lf, {}, &heard);
  parser.feed("\n");
  parser.feed(std::string(2000, 'x'));
  parser.feed("yz");
  BOOST_TEST(heard.parts.back().body.size() == 2002U);
}

BOOST_AUTO_TEST_CASE(a_delimiter_with_much_white_space_behind_it_is_no_body) {
  const std::string m =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b" + std::string(5'000, ' ') + "\r\n\r\ntwo\r\n";
  for (const std::size_t size : {1, 700}) {
    Pieces pieces;
    for (std::size_t at = 0; at < m.size(); at += size) pieces.push_back(std::string_view(m).substr(at, size));
    const auto got = run(pieces, header::LineEnds::lf);
    BOOST_REQUIRE_EQUAL(got.heard.parts.size(), 3U);
    BOOST_TEST(got.heard.parts[1].body == "one\r\n");
    BOOST_TEST(got.heard.parts[2].body == "two\r\n");
  }
}

BOOST_AUTO_TEST_CASE(over_the_corpus_the_bodies_heard_are_those_found) {
  std::mt19937 random(17);
  for (const auto& file : tests::corpus()) {
    BOOST_TEST_CONTEXT(file.name) {
      const auto ends = header::line_ends_of(file.octets);
      const auto whole = run({file.octets}, ends);
      check(file.octets, whole);
      if (file.octets.size() > 300'000) continue;
      const auto cut = run(test::random_pieces(file.octets, random), ends);
      BOOST_CHECK(cut.heard.parts == whole.heard.parts);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
