/// SEARCH of texts: what is found where, the same however the message is cut, and over the corpus the same as in a model that
/// decodes the whole message at once.
#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/codec.hpp"
#include "base/text.hpp"
#include "corpus_files.hpp"
#include "mail/header/fields.hpp"
#include "mail/imap/folded_stream.hpp"
#include "mail/imap/text_search.hpp"
#include "mail/mime/charset.hpp"
#include "mail/mime/encoded_word.hpp"
#include "mail/mime/fold.hpp"
#include "mail/mime/html_text.hpp"
#include "mail/mime/quoted_printable.hpp"
#include "smtp_pieces.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::imap;
using Scope = Needle::Scope;
using test::Pieces;

namespace {

Needle text(std::string_view t) {
  return {Scope::text, "", FoldedText(t)};
}
Needle body(std::string_view t) {
  return {Scope::body, "", FoldedText(t)};
}
Needle field(std::string_view name, std::string_view t) {
  return {Scope::header, std::string(name), FoldedText(t)};
}

std::vector<bool> search(const Pieces& pieces, const std::vector<Needle>& needles, header::LineEnds ends) {
  TextSearch run(needles, ends);
  for (const auto piece : pieces) run.feed(piece);
  run.finish();
  BOOST_REQUIRE(run.decided());
  std::vector<bool> found;
  for (std::size_t i = 0; i < needles.size(); ++i) found.push_back(run.found(i));
  return found;
}

/// Whole, octet by octet, and cut at each place.
bool finds(std::string_view message, const Needle& needle) {
  std::optional<bool> answer;
  test::for_each_split(message, [&](const Pieces& pieces) {
    const bool found = search(pieces, {needle}, header::line_ends_of(message)).front();
    if (!answer) answer = found;
    BOOST_REQUIRE_EQUAL(found, *answer);
  });
  return answer.value_or(false);
}

std::string model_form(std::string_view utf8) {
  std::string out;
  for (char c : mime::fold(utf8)) {
    if (c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f') c = ' ';
    if (c != ' ' || !out.ends_with(' ')) out.push_back(c);
  }
  return out;
}

std::string model_base64(std::string_view octets) {
  std::string out;
  std::string group;
  const auto flush = [&] {
    if (group.size() % 4 == 1) group.pop_back();
    while (group.size() % 4 != 0) group.push_back('=');
    out += base::from_base64(group).value_or("");
    group.clear();
  };
  for (const char c : octets) {
    if (c == '=') flush();
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/') group.push_back(c);
  }
  flush();
  return out;
}

/// What is searched, by whole texts.
struct Model {
  std::vector<std::pair<std::string, std::string>> fields;  // name, value: of the message's header
  std::vector<std::string> header;
  std::vector<std::string> body;

  explicit Model(std::string_view message) {
    const auto ends = header::line_ends_of(message);
    mime::StructureParser parser(ends);
    parser.feed(message);
    for (const auto& part : parser.finish().parts) {
      add_header(message, part, ends);
      if (part.shape == mime::Part::Shape::leaf) add_body(message, part, ends);
    }
  }

  void add_header(std::string_view message, const mime::Part& part, header::LineEnds ends) {
    const auto scanned = header::scan(message.substr(0, part.header.end), part.header.begin, ends, {});
    for (const auto& f : scanned.fields) {
      const std::string name(scanned.name(f));
      const auto value = mime::decode_encoded_words(header::unfold(scanned.value(f)));
      (part.parent ? body : header).push_back(model_form(name + ": " + value));
      if (!part.parent) fields.emplace_back(base::to_lower(name), model_form(value));
    }
    if (part.parent && part.filename) body.push_back(model_form(*part.filename));
  }

  void add_body(std::string_view message, const mime::Part& part, header::LineEnds ends) {
    const bool whole_message = part.type.subtype == "rfc822" || part.type.subtype == "global";
    if (part.type.type != "text" && (part.type.type != "message" || whole_message)) return;
    std::string octets(part.body.of(message));
    if (part.encoding == mime::Encoding::base64) octets = model_base64(octets);
    if (part.encoding == mime::Encoding::quoted_printable) {
      if (ends == header::LineEnds::cr) std::ranges::replace(octets, '\r', '\n');
      octets = mime::from_quoted_printable(octets);
    }
    const auto* charset = part.type.parameters.find("charset");
    std::optional<std::string> utf8;
    if (charset && !base::iequals(*charset, "utf-8") && !base::iequals(*charset, "us-ascii"))
      utf8 = mime::to_utf8(octets, *charset);
    if (!utf8) {
      mime::Utf8Guesser guesser;
      guesser.feed(octets, utf8.emplace());
      guesser.finish(*utf8);
    }
    if (part.type.is("text", "html")) {
      mime::HtmlText html;
      std::string out;
      html.feed(*utf8, out);
      html.finish(out);
      utf8 = out;
    }
    body.push_back(model_form(*utf8));
  }

  bool holds(const Needle& needle) const {
    const auto in = [&](const std::string& s) { return s.find(needle.text.octets()) != s.npos; };
    if (needle.scope == Scope::header)
      return std::ranges::any_of(fields,
                                 [&](const auto& f) { return f.first == base::to_lower(needle.field) && in(f.second); });
    if (needle.text.empty()) return true;
    if (std::ranges::any_of(body, in)) return true;
    return needle.scope == Scope::text && std::ranges::any_of(header, in);
  }
};

/// Texts that are in the message, near misses, and such that are not.
std::vector<Needle> needles_for(const Model& model, std::mt19937& random) {
  std::vector<Needle> out = {field("Subject", ""), field("X-None", ""), body(""), text("no such text is anywhere"), body("e")};
  std::vector<const std::string*> all;
  for (const auto* list : {&model.header, &model.body})
    for (const auto& s : *list)
      if (!s.empty()) all.push_back(&s);
  for (int i = 0; i < 12 && !all.empty(); ++i) {
    const auto& from = *all[random() % all.size()];
    auto part = from.substr(random() % from.size(), 1 + random() % 20);
    while (!part.empty() && (static_cast<unsigned char>(part.front()) & 0xc0) == 0x80) part.erase(0, 1);
    part.resize(mime::whole_characters(part));
    if (i % 4 == 3) part += "~";
    out.push_back(i % 2 == 0 ? body(part) : text(part));
    if (!model.fields.empty()) out.push_back(field(model.fields[random() % model.fields.size()].first, part));
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_text_search)

BOOST_AUTO_TEST_CASE(each_scope_is_searched_and_no_other) {
  const std::string_view m =
      "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus?= Wien\r\nTo: a@b.example\r\n\r\nDer Kaffee\r\nist kalt.\r\n";
  BOOST_TEST(finds(m, text("GR\u00dcSSE")) == false);  // RFC 5051: no full case folding
  BOOST_TEST(finds(m, text("gr\u00dc\u00dfe aus wien")));
  BOOST_TEST(finds(m, text("gru\u0308\u00dfe")));
  BOOST_TEST(finds(m, text("subject: gr")));
  BOOST_TEST(finds(m, text("kaffee ist")));
  BOOST_TEST(finds(m, text("wien to:")) == false);
  BOOST_TEST(finds(m, body("kaffee   IST kalt")));
  BOOST_TEST(finds(m, body("wien")) == false);
  BOOST_TEST(finds(m, field("SUBJECT", "Wien")));
  BOOST_TEST(finds(m, field("Subject", "subject")) == false);
  BOOST_TEST(finds(m, field("Subject", "kaffee")) == false);
  BOOST_TEST(finds(m, field("to", "")));
  BOOST_TEST(finds(m, field("Cc", "")) == false);
  BOOST_TEST(finds(m, field("Subjec", "")) == false);
  BOOST_TEST(finds(m, text("")));
  BOOST_TEST(finds("", text("")));
  BOOST_TEST(finds("", text("x")) == false);
}

BOOST_AUTO_TEST_CASE(parts_are_decoded_and_attachments_passed_over) {
  const std::string m =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n"
      "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
      "sch=F6n und gu=\r\nt  \r\n"
      "--b\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B$3$s$K$A$O\x1b(B ok\r\n"
      "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
      base::to_base64("<p title='hidden'>fett<b>gedr</b>uckt &amp; k&uuml;hl<td>x</p>") +
      "\r\n--b\r\nContent-Type: application/pdf; name=\"Rechnung.pdf\"\r\n\r\nbinary\r\n"
      "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: "
      "text/plain\r\n\r\ninside\r\n--b--\r\nepilogue\r\n";
  const std::vector<std::pair<Needle, bool>> rows = {{body("SCH\u00d6N und gut"), true},
                                                     {body("\u3053\u3093\u306b\u3061\u306f ok"), true},
                                                     {body("fettgedruckt & k\u00fchl x"), true},
                                                     {body("hidden"), false},
                                                     {body("binary"), false},
                                                     {body("rechnung.pdf"), true},
                                                     {body("inner"), true},
                                                     {body("INSIDE"), true},
                                                     {body("preamble"), false},
                                                     {body("epilogue"), false},
                                                     {body("gut "), true},
                                                     {body("gut ok"), false},
                                                     {field("Subject", "inner"), false},
                                                     {field("Subject", ""), false},
                                                     {text("multipart/mixed"), true},
                                                     {body("multipart/mixed"), false}};
  for (const auto& [needle, expected] : rows) BOOST_TEST(finds(m, needle) == expected, needle.text.octets());
}

BOOST_AUTO_TEST_CASE(text_without_a_charset_may_be_utf8_or_windows_1252) {
  BOOST_TEST(finds("\r\nna\xc3\xafve and na\xefve\r\n", body("na\u00efve and NA\u00cfVE")));
  BOOST_TEST(finds("\r\nend\xc3", body("end\u00c3")));
  BOOST_TEST(finds("Content-Type: text/plain; charset=nonsense\r\n\r\n\x80 5\r\n", body("\u20ac 5")));
}

BOOST_AUTO_TEST_CASE(what_turns_out_to_be_no_header_is_body) {
  BOOST_TEST(finds("no field at all\r\nmore\r\n", body("field at all more")));
  BOOST_TEST(finds("A: b\r\njunk\r\nmore junk\r\nrest\r\n", body("junk more junk rest")));
  BOOST_TEST(finds("A: b\r\njunk\r\nC: d\r\n\r\nrest\r\n", field("C", "d")));
  BOOST_TEST(finds("A: b\njunk", body("junk")));
}

BOOST_AUTO_TEST_CASE(an_answer_that_cannot_change_ends_the_work) {
  TextSearch run({field("Subject", "x"), text("y")}, header::LineEnds::lf);
  run.feed("Subject: a\r\n");
  BOOST_TEST(!run.decided());
  run.feed("To: y\r\n\r\n");
  BOOST_TEST(run.decided());
  BOOST_TEST(!run.found(0));
  BOOST_TEST(run.found(1));
  run.feed("Subject: x\r\n");
  run.finish();
  BOOST_TEST(!run.found(0));
}

BOOST_AUTO_TEST_CASE(texts_are_found_across_blocks_and_in_lines_without_end) {
  for (const std::string_view head : {"\r\n", "Content-Transfer-Encoding: quoted-printable\r\n\r\n"}) {
    for (std::size_t size = 16'300; size < 16'450; ++size) {
      const std::string m = std::string(head) + std::string(size, '.') + "needle=20in  hay" + std::string(40'000, '-') + "last";
      const bool encoded = head.size() > 2;
      const auto found =
          search({m}, {body(encoded ? "NEEDLE in hay-" : "NEEDLE=20in hay-"), body("-last")}, header::LineEnds::lf);
      BOOST_REQUIRE(found[0] && found[1]);
    }
  }
}

BOOST_AUTO_TEST_CASE(texts_are_found_across_the_ends_of_what_is_kept) {
  for (std::size_t size = 16'300; size < 16'420; ++size) {  // where the first window ends
    const std::string_view wanted = "NEEDLE";
    FoldedStream stream;
    stream.begin({{wanted, 7}, {"X", 8}});
    const auto text = std::string(size, '.') + "needle" + std::string(100, '-');
    for (std::size_t at = 0; at < text.size(); ++at) stream.feed(std::string_view(text).substr(at, 1));
    stream.end();
    BOOST_REQUIRE(stream.take_found() == std::vector<std::size_t>{7});
    BOOST_REQUIRE(!stream.idle());
  }
}

BOOST_AUTO_TEST_CASE(short_texts_are_searched_with_their_encoded_words) {
  BOOST_TEST(contains("Re: Hello  World", FoldedText("hello WORLD")));
  BOOST_TEST(contains("=?iso-8859-1?q?K=F6ln?= am\r\n Rhein", FoldedText("k\u00d6ln AM rhein")));
  BOOST_TEST(contains("K\u00f6ln", FoldedText("K\u00d6LN")));
  BOOST_TEST(!contains("Koln", FoldedText("K\u00d6LN")));
  BOOST_TEST(contains("anything", FoldedText("")));
  BOOST_TEST(!contains("", FoldedText("a")));
  BOOST_TEST(!contains(" \ta\r\n", FoldedText(" a")));
  BOOST_TEST(!contains(" =?utf-8?q?a?= ", FoldedText(" a")));
  BOOST_TEST(contains(std::string(1024, 'a') + "b", FoldedText("AB")));
  BOOST_TEST(contains(std::string(1023, 'a') + "b", FoldedText("AB")));
}

BOOST_AUTO_TEST_CASE(over_the_corpus_the_answers_are_those_of_the_model) {
  std::mt19937 random(31);
  for (const auto& file : tests::corpus()) {
    BOOST_TEST_CONTEXT(file.name) {
      const Model model(file.octets);
      const auto needles = needles_for(model, random);
      std::vector<bool> expected;
      for (const auto& needle : needles) expected.push_back(model.holds(needle));
      const auto ends = header::line_ends_of(file.octets);
      const auto whole = search({file.octets}, needles, ends);
      for (std::size_t i = 0; i < needles.size(); ++i)
        BOOST_CHECK_MESSAGE(whole[i] == expected[i],
                            "scope " << int(needles[i].scope) << " '" << needles[i].text.octets() << "' is " << expected[i]);
      const auto front = std::string_view(file.octets).substr(0, random() % (file.octets.size() + 1));
      BOOST_CHECK(search({front, std::string_view(file.octets).substr(front.size())}, needles, ends) == whole);
      if (file.octets.size() < 300'000) BOOST_CHECK(search(test::random_pieces(file.octets, random), needles, ends) == whole);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
