#include "base/text.hpp"

#include "base/bytes.hpp"
#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/log.hpp"

using namespace understudy::base;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(escape_leaves_no_control_character_and_no_broken_utf8) {
  BOOST_TEST(escape("a\r\nb\x1b[31m") == "a\\x0d\\x0ab\\x1b[31m");
  BOOST_TEST(escape("m\xc3\xbcller") == "m\xc3\xbcller");
  BOOST_TEST(escape("\xff\xc3") == "\\xff\\xc3");
  BOOST_TEST(escape("\xc2\x85") == "\\xc2\\x85");  // C1 control NEL moves a terminal's line
  BOOST_TEST(escape("a\\x0a") == "a\\\\x0a");      // so that no sender writes what we would write
  BOOST_TEST(escape("abcdef", 3) == "abc...");
}

BOOST_AUTO_TEST_CASE(escape_shows_the_octets_of_what_moves_the_line_or_turns_its_direction) {
  const struct {
    std::string_view in, out;
  } rows[] = {
      {"\xc2\x80", "\\xc2\\x80"},                // the first C1 control
      {"\xc2\x9f", "\\xc2\\x9f"},                // the last
      {"\xc2\xa0", "\xc2\xa0"},                  // no-break space is text
      {"\xd8\x9b", "\xd8\x9b"},                  // Arabic semicolon
      {"\xd8\x9c", "\\xd8\\x9c"},                // U+061C Arabic letter mark
      {"\xe2\x80\x8d", "\xe2\x80\x8d"},          // U+200D joins letters and emoji
      {"\xe2\x80\x8e", "\\xe2\\x80\\x8e"},       // U+200E left-to-right mark
      {"\xe2\x80\x8f", "\\xe2\\x80\\x8f"},       // U+200F right-to-left mark
      {"\xe2\x80\x90", "\xe2\x80\x90"},          // U+2010 hyphen
      {"\xe2\x80\xa7", "\xe2\x80\xa7"},          // U+2027 hyphenation point
      {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},       // U+2028 line separator
      {"\xe2\x80\xa9", "\\xe2\\x80\\xa9"},       // U+2029 paragraph separator
      {"\xe2\x80\xaa", "\\xe2\\x80\\xaa"},       // U+202A embedding
      {"\xe2\x80\xae", "\\xe2\\x80\\xae"},       // U+202E right-to-left override
      {"\xe2\x80\xaf", "\xe2\x80\xaf"},          // U+202F narrow no-break space
      {"\xe2\x81\xa5", "\xe2\x81\xa5"},          // U+2065
      {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},       // U+2066 isolate
      {"\xe2\x81\xa9", "\\xe2\\x81\\xa9"},       // U+2069 its end
      {"\xe2\x81\xaa", "\xe2\x81\xaa"},          // U+206A
      {"\xe2\x82\xac", "\xe2\x82\xac"},          // U+20AC euro
      {"\xe3\x80\xae", "\xe3\x80\xae"},          // the same last octets elsewhere
      {"\xf0\x9f\x80\xae", "\xf0\x9f\x80\xae"},  // four octets
      {"a\xe2\x80\xae"
       "b",
       "a\\xe2\\x80\\xae"
       "b"},
  };
  for (const auto& row : rows) {
    BOOST_TEST(escape(row.in) == row.out, row.out);
    BOOST_TEST(is_utf8(escape(row.in)), row.out);
  }
  for (std::size_t limit = 0; limit < 4; ++limit)  // a cut in the middle leaves nothing of it either
    BOOST_TEST(escape("\xe2\x80\xa8", limit).find_first_not_of("\\xe208a.") == std::string::npos, limit);
}

BOOST_AUTO_TEST_CASE(a_log_value_cannot_end_its_quotes_or_its_line) {
  BOOST_TEST(log::format("smtp.ehlo", {{"name", "a\" verdict=\"ok\r\n"}}) ==
             "smtp.ehlo name=\"a\\\" verdict=\\\"ok\\x0d\\x0a\"");
}

BOOST_AUTO_TEST_CASE(utf8_check_follows_rfc_3629) {
  BOOST_TEST(is_utf8("\xe2\x82\xac"));
  for (std::string_view bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xf8\x88\x80\x80\x80"})
    BOOST_TEST(!is_utf8(bad), escape(bad));
}

BOOST_AUTO_TEST_CASE(numbers_have_no_sign_no_space_and_no_overflow) {
  BOOST_TEST((to_number("18446744073709551615") == 18446744073709551615ull));
  for (std::string_view bad : {"", "-1", "+1", " 1", "1 ", "18446744073709551616", "0x1"}) BOOST_TEST(!to_number(bad), bad);
}

BOOST_AUTO_TEST_CASE(base64_refuses_what_openssl_would_skip) {
  BOOST_TEST((from_base64("AGE=") == std::string("\0a", 2)));
  BOOST_TEST((from_base64("") == ""));
  for (std::string_view bad : {"AGE", "AG E=", "A===", "AGE=\n", "====", "AG=E"}) BOOST_TEST(!from_base64(bad), bad);
}

BOOST_AUTO_TEST_CASE(reader_gives_zero_after_the_first_field_that_does_not_fit) {
  const std::string value = Writer(1).u32(7).text("abc").varint(300).take();
  for (std::size_t cut = 0; cut < value.size(); ++cut) {
    Reader in(std::string_view(value).substr(0, cut));
    in.u8(), in.u32(), in.text(), in.varint();
    BOOST_TEST(!in.ok());
  }
  Reader in(value);
  BOOST_TEST(in.u8() == 1);
  BOOST_TEST(in.u32() == 7u);
  BOOST_TEST(in.text() == "abc");
  BOOST_TEST(in.varint() == 300u);
  BOOST_TEST((in.ok() && in.at_end()));
  Reader endless("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  endless.varint();
  BOOST_TEST(!endless.ok());
}

BOOST_AUTO_TEST_CASE(sha256_in_pieces_is_sha256_at_once) {
  Sha256 pieces;
  pieces.update("a").update("").update("bc");
  Sha256 fork = pieces;
  BOOST_TEST(to_hex(view(pieces.finish())) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST((fork.finish() == sha256("abc")));
}

BOOST_AUTO_TEST_SUITE_END()
