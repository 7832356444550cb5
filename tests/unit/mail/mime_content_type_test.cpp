#include "base/text.hpp"
#include "mail/mime/charset.hpp"
#include "mail/mime/content_type.hpp"
#include "mail/mime/encoded_word.hpp"
#include "mail/mime/quoted_printable.hpp"

using namespace understudy;
using namespace understudy::mail::mime;

namespace {

std::string shape(const ParameterList& list) {
  std::string out;
  for (const Parameter& p : list.items) out += '|' + p.name + '=' + p.value;
  return out;
}

std::string shape(std::string_view value) {
  const auto type = parse_content_type(value);
  return type ? type->type + '/' + type->subtype + shape(type->parameters) : "none";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_content_type)

BOOST_AUTO_TEST_CASE(parameters_are_read_as_they_were_meant) {
  struct Row {
    std::string in, out;
  };
  for (const Row& row : std::vector<Row>{
           {"text/plain", "text/plain"},
           {" TEXT / HTML ;Charset = UTF-8 ", "text/html|charset=UTF-8"},
           {"text/plain; charset=us-ascii (Plain text)", "text/plain|charset=us-ascii"},
           {"text/plain; charset=\"us-ascii\"", "text/plain|charset=us-ascii"},
           {"multipart/mixed; boundary=\"a;b \\\"c\"", "multipart/mixed|boundary=a;b \"c"},
           {"multipart/mixed; boundary==_x/y=?z", "multipart/mixed|boundary==_x/y=?z"},
           {"multipart/mixed;\r\n\tboundary=x;;; type=y;", "multipart/mixed|boundary=x|type=y"},
           {"text/plain; name=my file (1).txt; x=y", "text/plain|name=my file.txt|x=y"},
           {"text/plain; name=file(1).txt", "text/plain|name=file(1).txt"},
           {"text/plain; charset=a; charset=b", "text/plain|charset=a"},
           {"text/plain; charset", "text/plain"},
           {"text/plain; charset=", "text/plain|charset="},
           {"text/plain; name=\"never ends; x=y", "text/plain|name=\"never ends|x=y"},
           {"text", "none"},
           {"", "none"},
           {"/plain", "none"},
           {"text/", "none"},
           // RFC 2231 §3, §4, §4.1
           {"message/external-body; access-type=URL; URL*0=\"ftp://\"; "
            "URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
            "message/external-body|access-type=URL|url=ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"},
           {"application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
            "application/x-stuff|title=This is ***fun***"},
           {"application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; "
            "title*2=\"isn't it!\"",
            "application/x-stuff|title=This is even more ***fun*** isn't it!"},
           {"a/b; n*1=two; n*0=one", "a/b|n=onetwo"},
           {"a/b; n*0=one; n*2=three", "a/b|n=one"},
           {"a/b; n*1=two", "a/b|n="},
           {"a/b; n=plain; n*=utf-8''%c3%bc", "a/b|n=\xc3\xbc"},
           {"a/b; n*=iso-8859-1''%fc", "a/b|n=\xc3\xbc"},
           {"a/b; n*=no-such''%fc", "a/b|n=\xfc"},
           {"a/b; n*=%zz%2", "a/b|n=%zz%2"},
           {"a/b; n*00=x; n*99999999999999999999=y", "a/b|n*00=x|n*99999999999999999999=y"},
       })
    BOOST_TEST(shape(row.in) == row.out, row.in << " gives " << shape(row.in));
}

BOOST_AUTO_TEST_CASE(only_a_thousand_parameters_are_read) {
  std::string text = "a/b";
  for (int i = 0; i < 1'000; ++i) text += "; p" + std::to_string(i) + "=x";
  BOOST_TEST(parse_content_type(text)->parameters.items.size() == 1'000u);
  BOOST_TEST(!parse_content_type(text)->parameters.truncated);
  BOOST_TEST(parse_content_type(text + "; q=x")->parameters.items.size() == 1'000u);
  BOOST_TEST(parse_content_type(text + "; q=x")->parameters.truncated);
}

BOOST_AUTO_TEST_CASE(file_names_come_out_as_utf8) {
  struct Row {
    std::string disposition, type, name;
  };
  for (const Row& row : std::vector<Row>{
           {"attachment; filename=a.txt", "a/b; name=b.txt", "a.txt"},
           {"attachment", "a/b; name=b.txt", "b.txt"},
           {"attachment; filename=\"=?iso-8859-1?Q?=FCber=5F1_x?=.txt\"", "a/b",
            "\xc3\xbc"
            "ber_1 x.txt"},
           {"attachment; filename=\"=?utf-8?B?w7w?= =?utf-8?B?w7w=?=\"", "a/b", "\xc3\xbc\xc3\xbc"},
           {"attachment; filename=\"\xfc.txt\"", "a/b", "\xc3\xbc.txt"},
           {"attachment; filename=\"../../etc/passwd\"", "a/b", "../../etc/passwd"},
       })
    BOOST_TEST((filename(parse_disposition(row.disposition), *parse_content_type(row.type)) == row.name), row.disposition);
  BOOST_TEST(!filename(std::nullopt, *parse_content_type("a/b")));
}

BOOST_AUTO_TEST_CASE(encoded_words_of_rfc_2047_are_decoded) {
  struct Row {
    std::string in, out;
  };
  for (const Row& row : std::vector<Row>{
           {"(=?ISO-8859-1?Q?a?=)", "(a)"},  // §8
           {"=?ISO-8859-1?Q?a?= b", "a b"},
           {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
           {"=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"},
           {"=?ISO-8859-1?Q?a_b?=", "a b"},
           {"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"},
           {"=?us-ascii*en?q?x_?= y", "x  y"},
           {"=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "\xe2\x82\xac"},  // one character in two words
           {"a  =?utf-8?q?b?=", "a  b"},
           {"=?utf-8?x?b?=", "=?utf-8?x?b?="},
           {"=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="},
           {"=?utf-8?q?b", "=?utf-8?q?b"},
           {"=?", "=?"},
           {"=? ?=", "=? ?="},
           {"   ", "   "},
           {"=?no-such?q?=fc?=", "\xc3\xbc"},
           {"=?shift_jis?B?g2WDWINn?=", "\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88"},
       })
    BOOST_TEST(decode_encoded_words(row.in) == row.out, row.in << " gives " << decode_encoded_words(row.in));
}

BOOST_AUTO_TEST_CASE(only_charsets_of_mail_are_converted) {
  BOOST_TEST((to_utf8("\xfc", "ISO-8859-1") == "\xc3\xbc"));
  BOOST_TEST((to_utf8("a\xff"
                      "b",
                      "utf-8") == "a\xef\xbf\xbd"
                                  "b"));
  BOOST_TEST((to_utf8("a\x80", "us-ascii") == "a\xef\xbf\xbd"));
  for (std::string bad : {"iso-2022-cn-ext", "utf-16", "utf-8//IGNORE", "ISO-8859-1//TRANSLIT", "../x", ""})
    BOOST_TEST(!to_utf8("a", bad), bad);
  BOOST_TEST(guessed_utf8("\x80") == "\xe2\x82\xac");
}

BOOST_AUTO_TEST_CASE(quoted_printable_gives_every_octet_back_in_short_lines) {
  std::string all;
  for (int round = 0; round < 3; ++round)
    for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  std::string long_line(500, 'x');
  long_line.append(" \r\n\t\r\n");
  const std::vector<std::string> texts = {all, long_line, "a \n b\r c\r\n", "", std::string(80, '=')};
  for (const std::string& text : texts) {
    const std::string encoded = to_quoted_printable(text);
    BOOST_TEST(from_quoted_printable(encoded) == text);
    BOOST_TEST(!base::has_8bit(encoded));
    for (const auto line : base::split(encoded, '\n')) BOOST_TEST(line.size() <= 77u);
  }
  BOOST_TEST(from_quoted_printable("a=3D=\r\nb=\nc=zz=4 \r\n=") == "a=bc=zz=4\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
