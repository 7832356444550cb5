#include <chrono>

#include "mail/imap/envelope.hpp"
#include "mail/imap/envelope_view.hpp"
#include "mail/imap/wire.hpp"

using namespace understudy::mail;
using namespace understudy::mail::imap;

namespace {

std::string envelope(const std::string& header, const EnvelopeLimits& limits = {}) {
  return make_envelope(header::scan(header), limits).wire;
}

std::string written(std::string_view text) {
  std::string out;
  put_text(out, text);
  return out;
}

std::string addresses(EnvelopeView& view, EnvelopeField field) {
  std::string out;
  auto cursor = view.addresses(field);
  while (const auto address = cursor.next()) {
    out += address->is_group_start() ? '[' : address->is_group_end() ? ']' : '<';
    out += address->name.str() + '|' + address->address() + ' ';
  }
  return out;
}

/// RFC 3501 §8, with a folded field and all that may be empty.
const std::string example =
    "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n"
    "Subject: IMAP4rev1 WG mtg summary\r\n and minutes\r\nTo: imap@cac.washington.edu\r\n"
    "Cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
    "Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_envelope)

BOOST_AUTO_TEST_CASE(strings_are_quoted_where_they_may_be_and_literals_elsewhere) {
  BOOST_TEST(written("") == "\"\"");
  BOOST_TEST(written("plain") == "\"plain\"");
  BOOST_TEST(written("a\"b\\c") == "\"a\\\"b\\\\c\"");
  BOOST_TEST(written("\xc3\xa4") == "{2}\r\n\xc3\xa4");
  BOOST_TEST(written("a\r\nb") == "{4}\r\na\r\nb");
  BOOST_TEST(written("a\tb") == "{3}\r\na\tb");
  BOOST_TEST(written(std::string("a\0b", 3)) ==
             "{3}\r\na\x80"
             "b");
  BOOST_TEST(written(std::string(longest_quoted, 'x')).front() == '"');
  BOOST_TEST(written(std::string(longest_quoted + 1, 'x')).front() == '{');
}

BOOST_AUTO_TEST_CASE(written_strings_are_read_back_as_they_were) {
  for (const std::string& text : {std::string(), std::string("a\"\\ b"), std::string("\xe4\r\n"), std::string(3000, '"')}) {
    const std::string wire = written(text);
    WireReader reader(wire);
    const WireText read = reader.text();
    BOOST_TEST(read.str() == text);
    BOOST_TEST(!read.nil);
    BOOST_TEST((reader.ok() && reader.at_end()));
  }
  for (const std::string_view bad : {"", "\"a", "\"a\\\"", "{", "{3}\r\nab", "{3}abc", "{x}\r\n", "{99999999999999999999}\r\n",
                                     "{18446744073709551615}\r\n", "NI", "a"}) {
    BOOST_TEST_INFO_SCOPE(bad);
    WireReader reader(bad);
    BOOST_TEST(reader.text().nil);
    BOOST_TEST(!reader.ok());
  }
}

BOOST_AUTO_TEST_CASE(the_example_of_rfc_3501_gives_the_envelope_of_rfc_3501) {
  const std::string gray = R"x((("Terry Gray" NIL "gray" "cac.washington.edu")))x";
  const std::string expected = R"x(("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" )x" + gray +
                               ' ' + gray + ' ' + gray +
                               R"x( ((NIL NIL "imap" "cac.washington.edu")))x"
                               R"x( ((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")))x"
                               R"x( NIL NIL "<B27397-0100000@cac.washington.edu>"))x";
  BOOST_TEST(envelope(example) == expected);
}

BOOST_AUTO_TEST_CASE(each_field_stands_in_its_place) {
  struct Row {
    std::string header, wire;
  };
  for (const Row& row : std::vector<Row>{
           {"", std::string(empty_envelope)},
           {"Subject:\n\n", "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
           {"Subject: =?utf-8?q?=C3=A4?=\n", "(NIL \"=?utf-8?q?=C3=A4?=\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
           {"subject: first\nSubject: second\n", "(NIL \"first\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
           {"To: a@x\nTo: b@y\n", "(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"y\")) NIL NIL NIL NIL)"},
           {"From: a@x\nSender: s@x\n",
            "(NIL NIL ((NIL NIL \"a\" \"x\")) ((NIL NIL \"s\" \"x\")) ((NIL NIL \"a\" \"x\")) NIL NIL NIL NIL NIL)"},
           {"From: a@x\nSender:\nReply-To: , ,\n",
            "(NIL NIL ((NIL NIL \"a\" \"x\")) ((NIL NIL \"a\" \"x\")) ((NIL NIL \"a\" \"x\")) NIL NIL NIL NIL NIL)"},
           {"To: group: a@x, B <b@y>;\n",
            "(NIL NIL NIL NIL NIL ((NIL NIL \"group\" NIL)(NIL NIL \"a\" \"x\")(\"B\" NIL \"b\" \"y\")(NIL NIL NIL NIL)) NIL "
            "NIL NIL NIL)"},
           {"To: undisclosed-recipients:;\n",
            "(NIL NIL NIL NIL NIL ((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)"},
           {"To: B <@r.x,@s.x:b@y>, <@r:c@z>, <:d@y>, <r:e@y>\n",  // source routes, and what is none
            "(NIL NIL NIL NIL NIL ((\"B\" \"@r.x,@s.x\" \"b\" \"y\")(NIL \"@r\" \"c\" \"z\")(NIL NIL \"d\" \"y\")(NIL NIL "
            "\"e\" "
            "\"y\")) NIL NIL NIL NIL)"},
           {"Cc: root\n", "(NIL NIL NIL NIL NIL NIL ((NIL NIL \"root\" \"\")) NIL NIL NIL)"},
           {"Bcc: \"q \\\"d\\\"\" <\"a b\"@x>\nIn-Reply-To: <1@x>\n <2@x>\n",
            "(NIL NIL NIL NIL NIL NIL NIL ((\"q \\\"d\\\"\" NIL \"a b\" \"x\")) \"<1@x> <2@x>\" NIL)"},
       }) {
    BOOST_TEST_INFO_SCOPE(row.header);
    BOOST_TEST(envelope(row.header) == row.wire);
    BOOST_TEST(EnvelopeView(row.wire).is_whole());
  }
}

BOOST_AUTO_TEST_CASE(limits_cut_and_say_so_and_a_group_that_began_ends) {
  const auto cut = [](const std::string& text, const EnvelopeLimits& limits) {
    return make_envelope(header::scan(text), limits);
  };
  BOOST_TEST(!cut("To: a@x, b@x\n", {.addresses = 2}).truncated);
  BOOST_TEST(cut("To: a@x, b@x, c@x\n", {.addresses = 2}).truncated);
  BOOST_TEST(cut("To: a@x, b@x\nCc: c@x\n", {.addresses = 2}).truncated);
  const auto group = cut("To: g: a@x, b@x, c@x;\nCc: d@x\n", {.addresses = 2});
  BOOST_TEST(group.truncated);
  BOOST_TEST(group.wire == "(NIL NIL NIL NIL NIL ((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"x\")(NIL NIL NIL NIL)) NIL NIL NIL NIL)");
  BOOST_TEST(!cut("Subject: abcd\n", {.text = 4}).truncated);
  const auto text = cut("Subject: abc\xc3\xa4\n", {.text = 4});
  BOOST_TEST(text.truncated);
  BOOST_TEST(text.wire == "(NIL \"abc\" NIL NIL NIL NIL NIL NIL NIL NIL)");
  BOOST_TEST(cut("To: a@x, b@x, c@x\n", {.octets = 20}).truncated);
  std::string many = "To: ";
  for (int i = 0; i < 100'000; ++i) many += "a@x, ";
  const auto bounded = make_envelope(header::scan(many + "\n"));
  BOOST_TEST(bounded.truncated);
  BOOST_TEST(bounded.wire.size() < 200'000u);
}

BOOST_AUTO_TEST_CASE(a_view_gives_each_field_in_any_order) {
  const std::string wire =
      envelope("Date: d\nSubject: a \"b\"\nFrom: F <f@x>\nTo: g: a@x;, \xc3\xa4 <u@y>\nMessage-ID: <m@x>\n");
  EnvelopeView view(wire);
  std::string scratch;
  BOOST_TEST(view.text(EnvelopeField::message_id).str() == "<m@x>");
  BOOST_TEST(view.text(EnvelopeField::subject).text(scratch) == "a \"b\"");
  BOOST_TEST(view.text(EnvelopeField::date).str() == "d");
  BOOST_TEST(view.text(EnvelopeField::in_reply_to).nil);
  BOOST_TEST(view.text(EnvelopeField::from).nil);
  BOOST_TEST(addresses(view, EnvelopeField::from) == "<F|f@x ");
  BOOST_TEST(addresses(view, EnvelopeField::sender) == "<F|f@x ");
  BOOST_TEST(addresses(view, EnvelopeField::to) == "[|g <|a@x ]| <\xc3\xa4|u@y ");
  BOOST_TEST(addresses(view, EnvelopeField::cc) == "");
  BOOST_TEST(addresses(view, EnvelopeField::subject) == "");
  BOOST_TEST(view.wire(EnvelopeField::from) == "((\"F\" NIL \"f\" \"x\"))");
  BOOST_TEST(view.is_whole());
}

BOOST_AUTO_TEST_CASE(a_damaged_envelope_reads_as_nil_from_there_on) {
  const std::string wire = envelope(example);
  for (std::size_t size = 0; size < wire.size(); ++size) {
    EnvelopeView view(std::string_view(wire).substr(0, size));
    BOOST_TEST(!view.is_whole());
    addresses(view, EnvelopeField::cc);
    BOOST_TEST(view.text(EnvelopeField::message_id).nil == (size < wire.size() - 1));
  }
  const std::string brackets(1'000'000, '(');
  EnvelopeView deep(brackets);
  BOOST_TEST(deep.wire(EnvelopeField::date) == "NIL");
  BOOST_TEST(!EnvelopeView(wire + "x").is_whole());
}

BOOST_AUTO_TEST_CASE(one_field_of_a_hundred_thousand_envelopes_is_read_in_a_second) {
  const std::string wire = envelope(example);
  const auto start = std::chrono::steady_clock::now();
  std::size_t octets = 0;
  for (int i = 0; i < 100'000; ++i) {
    EnvelopeView view(wire);
    auto cursor = view.addresses(EnvelopeField::to);
    while (const auto address = cursor.next()) octets += address->host.inner.size();
  }
  const auto taken = std::chrono::steady_clock::now() - start;
  BOOST_TEST_MESSAGE("ns for each: " << std::chrono::nanoseconds(taken).count() / 100'000);
  BOOST_TEST(octets == 100'000u * 18);
  BOOST_TEST((taken < std::chrono::seconds(1)));
}

BOOST_AUTO_TEST_CASE(an_astring_is_an_atom_where_it_can_be_one) {
  for (const auto& [text, wanted] : std::vector<std::pair<std::string, std::string>>{{"bob@example.org", "bob@example.org"},
                                                                                     {"-anyone", "-anyone"},
                                                                                     {"", "\"\""},
                                                                                     {"a b", "\"a b\""},
                                                                                     {"a]", "\"a]\""},
                                                                                     {"a\"b", "\"a\\\"b\""},
                                                                                     {"a*", "\"a*\""},
                                                                                     {"\xc3\xa4", "{2}\r\n\xc3\xa4"},
                                                                                     {"a\r\nb", "{4}\r\na\r\nb"}}) {
    std::string out;
    put_astring(out, text);
    BOOST_TEST(out == wanted);
  }
  std::string out;
  put_astring(out, std::string(longest_quoted + 1, 'a'));
  BOOST_TEST(out.starts_with("{1001}"));
}

BOOST_AUTO_TEST_SUITE_END()
