/// Charsets in pieces: the same text however it is cut, and no letter lost at the end.
#include <chrono>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/text.hpp"
#include "mail/mime/charset.hpp"
#include "smtp_pieces.hpp"

using namespace understudy::mail::mime;
using understudy::test::for_each_split;
using understudy::test::Pieces;

BOOST_AUTO_TEST_SUITE(mime_charset)

BOOST_AUTO_TEST_CASE(pieces_convert_to_what_the_whole_converts_to) {
  struct Row {
    std::string charset, octets, utf8;
  };
  const std::vector<Row> rows = {
      {"iso-8859-1", "K\xf6ln", "K\u00f6ln"},
      {"ISO-2022-JP", "a\x1b$B$3$s\x1b(Bb", "a\u3053\u3093b"},
      {"shift_jis", "\x82\xb1\x82\xf1!", "\u3053\u3093!"},
      {"gb18030", "\xc4\xe3\x81\x30\x81\x30.", "\u4f60\u0080."},
      {"euc-kr", "\xc7\xd1", "\ud55c"},
      {"windows-1255", "\xe0", "\u05d0"},  // kept back for a point that might follow
      {"windows-1258", "a", "a"},          // likewise, for an accent
      {"windows-1258", "a\xecx", "\u00e1x"},
      {"utf-8", "\xe2\x82\xac\xff\xe2\x82", "\u20ac\ufffd\ufffd\ufffd"},
      {"shift_jis", "\x82", "\ufffd"},
  };
  for (const auto& [charset, octets, utf8] : rows) {
    BOOST_TEST(to_utf8(octets, charset).value_or("none") == utf8, charset);
    for_each_split(octets, [&](const Pieces& pieces) {
      auto converter = Utf8Converter::open(charset);
      BOOST_REQUIRE(converter);
      std::string out;
      for (const auto piece : pieces) {
        converter->feed(piece, out);
        BOOST_TEST(understudy::base::is_utf8(out));
      }
      converter->finish(out);
      BOOST_TEST(out == utf8, charset);
    });
  }
  BOOST_TEST(!Utf8Converter::open("utf-7"));
  BOOST_TEST(!Utf8Converter::open("//TRANSLIT"));
}

BOOST_AUTO_TEST_CASE(each_octet_that_is_no_utf8_is_guessed_by_itself) {
  for_each_split("na\xc3\xafve \xef\x80 \xe2\x82\xac \xed\xa0\x80\xe2", [](const Pieces& pieces) {
    Utf8Guesser guesser;
    std::string out;
    for (const auto piece : pieces) {
      guesser.feed(piece, out);
      BOOST_TEST(understudy::base::is_utf8(out));
    }
    guesser.finish(out);
    BOOST_TEST(out == "na\u00efve \u00ef\u20ac \u20ac \u00ed\u00a0\u20ac\u00e2");
  });
}

BOOST_AUTO_TEST_SUITE_END()
