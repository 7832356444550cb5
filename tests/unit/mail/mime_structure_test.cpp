#include <chrono>
#include <random>

#include "base/text.hpp"
#include "mail/mime/structure.hpp"
#include "mime_tiling.hpp"

using namespace understudy;
using namespace understudy::mail::mime;
using tests::check_structure;
namespace header = understudy::mail::header;

namespace {

/// "multipart/mixed(text/plain[body] message/rfc822(text/plain[x]))"
std::string shape(const Structure& structure, std::string_view message, std::size_t& at) {
  const std::size_t index = at++;
  const Part& part = structure.parts[index];
  std::string out = part.type.type + '/' + part.type.subtype;
  if (part.shape == Part::Shape::leaf) return out + '[' + base::escape(part.body.of(message)) + ']';
  out += '(';
  while (at < structure.parts.size() && structure.parts[at].parent == index) {
    if (!out.ends_with('(')) out += ' ';
    out += shape(structure, message, at);
  }
  return out + ')';
}

std::string shape(const std::string& message) {
  const Structure structure = parse_structure(message);
  check_structure(structure, message);
  std::size_t at = 0;
  return shape(structure, message, at);
}

const std::string mixed = "Content-Type: multipart/mixed; boundary=b\n\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(mime_structure)

BOOST_AUTO_TEST_CASE(parts_are_found_where_rfc_2046_puts_them) {
  struct Row {
    std::string text, shape;
  };
  for (const Row& row : std::vector<Row>{
           {"", "text/plain[]"},
           {"\r\n", "text/plain[]"},
           {"Subject: x\r\n\r\nhello\r\n", "text/plain[hello\\x0d\\x0a]"},
           {"no header\r\n", "text/plain[no header\\x0d\\x0a]"},
           {"Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\npre\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: "
            "text/html\r\n\r\ntwo\r\n\r\n"
            "--b--\r\npost\r\n",
            "multipart/mixed(text/plain[one] text/html[two\\x0d\\x0a])"},
           {mixed + "--b\n\none\n--b--", "multipart/mixed(text/plain[one])"},
           {mixed + "--b\n\none\n--b  \t\n\ntwo\n--b--  ", "multipart/mixed(text/plain[one] text/plain[two])"},
           {mixed + "--b\n\none", "multipart/mixed(text/plain[one])"},
           {mixed + "--b\n\n--b--\n", "multipart/mixed(text/plain[])"},
           {mixed + "--b\n--b\nContent-Type: text/html\n--b--\n", "multipart/mixed(text/plain[] text/html[])"},
           {mixed + "--b", "multipart/mixed(text/plain[])"},
           {mixed + "--b--\n--b\n\nx", "multipart/mixed()"},
           {mixed + "--bc\n\none\n--b-\n-- b\n--b c\n--b--c\n", "multipart/mixed()"},
           {mixed, "multipart/mixed()"},
           {"Content-Type: multipart/mixed\n\n--b\n\nx\n--b--\n", "multipart/mixed[--b\\x0a\\x0ax\\x0a--b--\\x0a]"},
           {"Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n----\n", "multipart/mixed[--\\x0a\\x0ax\\x0a----\\x0a]"},
           {"Content-Type: nonsense\n\nx", "text/plain[x]"},
           {"Content-Type: text/html\nContent-Type: text/plain\n\nx", "text/html[x]"},
           // an inner multipart that nobody closed ends with the one around it; the innermost of equal boundaries counts
           {mixed + "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\none\n--b\n\ntwo\n--b--\n",
            "multipart/mixed(multipart/alternative(text/plain[one]) text/plain[two])"},
           {mixed + "--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b--\n\n--b\n\ntwo\n--b--\n",
            "multipart/mixed(multipart/alternative(text/plain[one]) text/plain[two])"},
           {mixed + "--b\nContent-Type: multipart/alternative; boundary=bc\n\n--bc\n\none\n--bc--\n--b--\n",
            "multipart/mixed(multipart/alternative(text/plain[one]))"},
           {"Content-Type: message/rfc822\n\nSubject: inner\n\nbody", "message/rfc822(text/plain[body])"},
           {"Content-Type: message/global\nContent-Transfer-Encoding: 8bit\n\nSubject: inner\n\nbody",
            "message/global(text/plain[body])"},
           {"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDo=", "message/rfc822[U3ViamVjdDo=]"},
           {"Content-Type: message/rfc822\n\n", "message/rfc822(text/plain[])"},
           {"Content-Type: message/rfc822", "message/rfc822(text/plain[])"},
           {"Content-Type: message/rfc822\nodd\nodd\n\nx", "message/rfc822(text/plain[odd\\x0aodd\\x0a\\x0ax])"},
           {mixed + "--b\nContent-Type: message/rfc822\n\nSubject: x\n--b--\n",
            "multipart/mixed(message/rfc822(text/plain[]))"},
           {"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\none\n--b\nContent-Type: "
            "text/plain\n\ntwo\n--b--",
            "multipart/digest(message/rfc822(text/plain[one]) text/plain[two])"},
           {"Content-Type: multipart/digest; boundary=b\n\n--b\nodd\n\none\n--b--",
            "multipart/digest(message/rfc822(text/plain[odd\\x0a\\x0aone]))"},
           // a part without the blank line after its header, and one that begins with its text
           {mixed + "--b\nContent-Type: text/html\ntext\nmore\n--b\ntext\n\nmore\n--b--",
            "multipart/mixed(text/html[text\\x0amore] text/plain[text\\x0a\\x0amore])"},
           {"Content-Type: multipart/mixed; boundary=b\r\r--b\r\rone\r--b--\r", "multipart/mixed(text/plain[one])"},
           {"Content-Type: multipart/mixed; boundary=b\r\r\n\r\r\n--b\r\r\n\r\r\none\r\r\n--b--\r\r\n",
            "multipart/mixed(text/plain[one])"},
           {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\r--b--\r\ntwo\n--b--\n",
            "multipart/mixed(text/plain[one\\x0d--b--\\x0d\\x0atwo])"},
       })
    BOOST_TEST(shape(row.text) == row.shape, base::escape(row.text) << "\n gives " << shape(row.text));
}

BOOST_AUTO_TEST_CASE(pieces_of_any_size_give_the_same_structure) {
  const std::string text =
      "Subject: x\r\r\nContent-Type: multipart/mixed;\r\n boundary=\"b 1\"\r\n\r\npre\r\n--b 1\r\nodd\r\nA: "
      "b\r\n\r\none\r\r\n--b 1 \r\n"
      "Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b "
      "1--\r\npost";
  const auto print = [](const Structure& s) {
    std::string out;
    for (const Part& p : s.parts)
      for (const auto& r : {p.delimiter, p.header, p.body, p.preamble, p.closing, p.epilogue})
        out += std::to_string(r.begin) + '-' + std::to_string(r.end) + '/' + std::to_string(p.lines) + ' ';
    return out;
  };
  const Structure whole = parse_structure(text);
  check_structure(whole, text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    StructureParser parser(header::LineEnds::lf);
    parser.feed(std::string_view(text).substr(0, cut));
    parser.feed(std::string_view(text).substr(cut));
    BOOST_REQUIRE(print(parser.finish()) == print(whole));
  }
  StructureParser parser(header::LineEnds::lf);
  for (const char c : text) parser.feed({&c, 1});
  BOOST_TEST(print(parser.finish()) == print(whole));
}

BOOST_AUTO_TEST_CASE(types_encodings_names_and_lines_are_told_of_each_part) {
  const std::string text =
      mixed +
      "--b\nContent-Type: TEXT/Plain; charset=UTF-8\nContent-Transfer-Encoding: Quoted-Printable\n\na\nb\n\n--b\n"
      "Content-Type: application/pdf; name=\"n.pdf\"\nContent-Transfer-Encoding: base64 (really)\n"
      "Content-Disposition: ATTACHMENT; filename*=utf-8''%e2%82%ac.pdf\n\nAA==\n--b\nContent-Transfer-Encoding: "
      "x-uu\n\n--b--\n";
  const Structure structure = parse_structure(text);
  check_structure(structure, text);
  BOOST_REQUIRE(structure.parts.size() == 4u);
  BOOST_TEST(*structure.parts[1].type.parameters.find("charset") == "UTF-8");
  BOOST_TEST((structure.parts[1].encoding == Encoding::quoted_printable));
  BOOST_TEST(structure.parts[1].lines == 2u);
  BOOST_TEST((structure.parts[2].encoding == Encoding::base64));
  BOOST_TEST(structure.parts[2].disposition->kind == "attachment");
  BOOST_TEST((structure.parts[2].filename == "\xe2\x82\xac.pdf"));
  BOOST_TEST(structure.parts[2].lines == 0u);
  BOOST_TEST((structure.parts[3].encoding == Encoding::other));
  BOOST_TEST(structure.parts[0].lines == static_cast<std::uint64_t>(std::ranges::count(text, '\n')) - 2);
}

BOOST_AUTO_TEST_CASE(depth_and_number_of_parts_have_limits_and_every_octet_is_still_there) {
  const auto start = std::chrono::steady_clock::now();
  std::string deep;
  for (int i = 0; i < 2'000; ++i)
    deep += (i ? "--b" + std::to_string(i - 1) + "\n" : "") + "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) +
            "\n\n";
  Structure structure = parse_structure(deep);
  check_structure(structure, deep);
  BOOST_TEST(structure.parts.size() == 101u);
  BOOST_TEST(structure.unparsed.has_value());

  std::string messages;
  for (int i = 0; i < 2'000; ++i) messages += "Content-Type: message/rfc822\n\n";
  structure = parse_structure(messages);
  check_structure(structure, messages);
  BOOST_TEST(structure.parts.size() == 101u);
  BOOST_TEST(structure.unparsed.has_value());

  std::string many = mixed;
  for (int i = 0; i < 100'000; ++i) many += "--b\n\nx\n";
  structure = parse_structure(many + "--b--\nend");
  check_structure(structure, many + "--b--\nend");
  BOOST_TEST(structure.parts.size() == 10'000u);
  BOOST_REQUIRE(structure.unparsed);
  BOOST_TEST(many.substr(*structure.unparsed, 5) == "\n--b\n");

  std::string exact = mixed;
  for (int i = 0; i < 9'999; ++i) exact += "--b\n\nx\n";
  structure = parse_structure(exact + "--b--\nend");
  check_structure(structure, exact + "--b--\nend");
  BOOST_TEST(!structure.unparsed);
  BOOST_TEST(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 2.0);
}

BOOST_AUTO_TEST_CASE(hostile_boundaries_cost_linear_time) {
  const auto start = std::chrono::steady_clock::now();
  const std::string stem(990, 'x');
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += (i ? "--" + stem + std::to_string(i - 1) + "\n" : "") + "Content-Type: multipart/mixed; boundary=" + stem +
            std::to_string(i) + "\n\n";
  while (text.size() < 20'000'000) text += "--" + stem + "\n";
  check_structure(parse_structure(text), text);
  std::string dashes = mixed;
  while (dashes.size() < 20'000'000) dashes += "--";
  check_structure(parse_structure(dashes), dashes);
  std::string parameters = "Content-Type: multipart/mixed";
  for (int i = 0; i < 100'000; ++i) parameters += "; a*" + std::to_string(i) + "*=\"x\"";
  check_structure(parse_structure(parameters + "\n\n"), parameters + "\n\n");
  BOOST_TEST(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 4.0);
}

BOOST_AUTO_TEST_CASE(parameters_of_all_parts_together_are_bounded) {
  std::string text = mixed;
  for (int i = 0; i < 200; ++i) text += "--b\nContent-Type: text/plain; charset=" + std::string(50'000, 'c') + "\n\nx\n";
  const Structure structure = parse_structure(text);
  check_structure(structure, text);
  std::uint64_t octets = 0;
  for (const Part& part : structure.parts)
    for (const Parameter& p : part.type.parameters.items) octets += p.value.size();
  BOOST_TEST(octets <= 4u * 1024 * 1024);
  BOOST_TEST(structure.parts.back().type.parameters.truncated);
}

BOOST_AUTO_TEST_CASE(random_octets_are_given_back_and_agree_with_the_header_scan) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_INFO_SCOPE("seed " << seed);
  std::mt19937 random(seed);
  const std::vector<std::string> words = {"\n",
                                          "\r\n",
                                          "\r",
                                          "--b",
                                          "--b--",
                                          "--c",
                                          "--c--",
                                          "\n\n",
                                          "Content-Type: multipart/mixed; boundary=b\n",
                                          "Content-Type: multipart/digest; boundary=c\n",
                                          "Content-Type: message/rfc822\n",
                                          "A: b\n",
                                          " ",
                                          "x",
                                          "From x\n",
                                          ":"};
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (auto n = random() % 30; n > 0; --n) text += words[random() % words.size()];
    const Structure structure = parse_structure(text);
    check_structure(structure, text);
    BOOST_REQUIRE_MESSAGE(structure.parts[0].header.end == header::scan(text).body, base::escape(text));
  }
}

BOOST_AUTO_TEST_SUITE_END()
