#include "base/text.hpp"
#include "mail/header/fields.hpp"

using namespace understudy;
using namespace understudy::mail::header;

namespace {

/// "name<local|domain>", groups as "name{" and "}".
std::string shape(const AddressList& list) {
  std::string out;
  for (const Mailbox& entry : list.entries) {
    if (!out.empty()) out += ' ';
    if (entry.kind == Mailbox::Kind::group_start) out += entry.name + '{';
    if (entry.kind == Mailbox::Kind::group_end) out += '}';
    if (entry.kind == Mailbox::Kind::mailbox) out += entry.name + '<' + entry.local + '|' + entry.domain + '>';
  }
  return out;
}

Header header_of(std::string_view text) {
  return scan(text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(header_fields)

BOOST_AUTO_TEST_CASE(address_lists_are_read_as_they_were_meant) {
  struct Row {
    std::string in, out;
  };
  for (const Row& row : std::vector<Row>{
           {"", ""},
           {"a@b.example", "<a|b.example>"},
           {"<a@b.example>", "<a|b.example>"},
           {" Alice  Smith <a@b.example> ", "Alice Smith<a|b.example>"},
           {"\"Smith, Alice\" <a@b.example>, bob@c.example", "Smith, Alice<a|b.example> <bob|c.example>"},
           {"a@b.example (Alice)", "Alice<a|b.example>"},
           {"Alice (her work) <a@b.example>", "Alice<a|b.example>"},
           // RFC 5322 Appendix A.1.2, A.1.3, A.5, A.6.1, A.6.3
           {"\"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public<john.q.public|example.com>"},
           {"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
            "Mary Smith<mary|x.test> <jdoe|example.org> Who?<one|y.test>"},
           {"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
            "<boss|nil.test> Giant; \"Big\" Box<sysservices|example.net>"},
           {"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
            "A Group{ Ed Jones<c|a.test> <joe|where.test> John<jdoe|one.test> }"},
           {"Undisclosed recipients:;", "Undisclosed recipients{ }"},
           {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete<pete|silly.test>"},
           {"A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n  "
            "John "
            "<jdoe@one.test> (my dear friend); (the end of the group)",
            "A Group{ Chris Jones<c|public.example> <joe|example.org> John<jdoe|one.test> }"},
           {"Mary Smith <@node.test,@node2.test:mary@example.net>, , jdoe@test  . example",
            "Mary Smith<mary|example.net> <jdoe|test.example>"},
           {"\"odd @ , local\"@b.example", "<odd @ , local|b.example>"},
           {"a@[IPv6:2001:db8::1], b@[192.0.2.1]", "<a|[IPv6:2001:db8::1]> <b|[192.0.2.1]>"},
           {"<>", "<|>"},
           {"MAILER-DAEMON <>", "MAILER-DAEMON<|>"},
           {",,, ,;,", ""},
           {"alice", "<alice|>"},
           {"\"never ends <a@gen.example>", "\"never ends<a|gen.example>"},
           {"a (never ends <a@gen.example>", "a (never ends<a|gen.example>"},
           {"<a@b.example", "<a|b.example>"},
           {"<<a@gen.example>>, >b@gen.example<", "<a|gen.example> <b|gen.example>"},
           {"\"boss@bank.example\" <evil@gen.example>", "boss@bank.example<evil|gen.example>"},
           {"boss@bank.example <evil@gen.example>", "boss@bank.example<evil|gen.example>"},
           {"G: a@b.example", "G{ <a|b.example> }"},
           {"G: H: a@b.example;", "G{ <H:a|b.example> }"},
           {"J\xc3\xbcrgen <j\xc3\xbc@b\xc3\xbc.example>", "J\xc3\xbcrgen<j\xc3\xbc|b\xc3\xbc.example>"},
       })
    BOOST_TEST(shape(parse_address_list(row.in)) == row.out, base::escape(row.in)
                                                                 << " gives " << shape(parse_address_list(row.in)));
}

BOOST_AUTO_TEST_CASE(what_others_may_read_as_another_address_is_called_ambiguous) {
  const std::vector<std::string> clear = {
      "a@b.example",
      "Alice Smith <a@b.example>",
      "\"boss@bank.example\" <a@b.example>",
      "a@b.example <A@B.example>",  // says the same thing twice
      "<a(his account)@b.example(his host)> (comment)",
      "a (x) @ b . example",
      "\"odd @ , local\"@b.example",
      "a.\"b\".c@b.example",
      "a@[192.0.2.1]",
      "a%c.example@b.example",
  };
  const std::vector<std::string> ambiguous = {
      "<c@d.example> <a@b.example>",
      "<a@b.example> c@d.example",
      "<a@b.example> c",
      "a@b.example c@d.example",
      "a@b.example c",
      "c a@b.example",
      "c@d.example <a@b.example>",
      "c@d.example <>",
      "a@b.example\r\n :c@d.example",
      "<c@d.example:a@b.example>",
      "<@c.example:a@b.example>",  // a route: RFC 5322 §4.4
      "a@c.example@b.example",
      "<a@c.example@b.example>",
      "a@@b.example",
      "<a@b.example, c@d.example>",
      "<a@b.example",
      "a@b.example>",
      "<<a@b.example>>",
      "a b@c.example",
      "\"a\"b@c.example",
      "<a@b.example c>",
      "<a@b.example;c>",
  };
  const auto is_ambiguous = [](const std::string& value) {
    const auto entries = parse_address_list(value).entries;
    BOOST_REQUIRE(!entries.empty());
    return entries.front().ambiguous;
  };
  for (const auto& value : clear) BOOST_TEST(!is_ambiguous(value), value);
  for (const auto& value : ambiguous) BOOST_TEST(is_ambiguous(value), value);
  const auto list = parse_address_list("<c@d.example> <a@b.example>, e@f.example").entries;
  BOOST_TEST((list.front().ambiguous && !list.back().ambiguous));  // nothing is carried on to the next
}

BOOST_AUTO_TEST_CASE(more_than_five_thousand_addresses_are_read_in_part) {
  std::string text = "To: ";
  for (int i = 0; i < 5'000; ++i) text += "a@b.example,\r\n ";
  AddressList exactly = addresses(header_of(text + "\r\n\r\n"), "to");
  BOOST_TEST(exactly.entries.size() == 5'000u);
  BOOST_TEST(!exactly.truncated);
  AddressList more = addresses(header_of(text + "x@y.example\r\n\r\n"), "to");
  BOOST_TEST(more.entries.size() == 5'000u);
  BOOST_TEST(more.truncated);
  AddressList two = addresses(header_of(text + "\r\nTo: x@y.example\r\n\r\n"), "to");
  BOOST_TEST(two.entries.size() == 5'000u);
  BOOST_TEST(two.truncated);
}

BOOST_AUTO_TEST_CASE(of_two_fields_the_first_counts_and_address_fields_add_up) {
  const Header header = header_of("subject: one\r\nSubject: two\r\nTo: a@b.example\r\nTO: c@d.example\r\n\r\n");
  BOOST_TEST((first_value(header, "Subject") == " one"));
  BOOST_TEST(all(header, "Subject").size() == 2u);
  BOOST_TEST(!first_value(header, "Date"));
  BOOST_TEST(shape(addresses(header, "to")) == "<a|b.example> <c|d.example>");
}

BOOST_AUTO_TEST_CASE(message_ids_come_without_brackets_and_white_space) {
  BOOST_TEST((parse_message_id(" <a@b>") == "a@b"));
  BOOST_TEST((parse_message_id("\r\n <a@b> (comment)") == "a@b"));
  BOOST_TEST((parse_message_id("< a@\r\n b >") == "a@b"));
  BOOST_TEST((parse_message_id("a@b") == "a@b"));
  BOOST_TEST((parse_message_id("<a b>") == "ab"));
  for (std::string bad : {"", " ", "<>", "<\x01@b>", "<", "<a", "(x)"})
    BOOST_TEST(!parse_message_id(bad).has_value() == (bad != "<a" && bad != "<"), bad);
  BOOST_TEST(!parse_message_id("<" + std::string(996, 'a') + ">"));
  BOOST_TEST((parse_message_ids("<a@b> junk <c@d>\r\n <>") == std::vector<std::string>{"a@b", "c@d"}));
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += "<a@b> ";
  BOOST_TEST(parse_message_ids(many).size() == 1'000u);
}

BOOST_AUTO_TEST_CASE(mail_made_by_programs_is_known) {  // RFC 3834
  for (std::string text : {"Auto-Submitted: auto-generated", "auto-submitted: auto-replied (vacation)",
                           "Auto-Submitted: (x) auto-notified; p=1", "Precedence: bulk", "Precedence:  LIST (x)",
                           "Precedence: junk", "List-Id: <a.example>", "List-Unsubscribe: <mailto:x@y>"})
    BOOST_TEST(is_automatic(header_of(text + "\r\n\r\n")), text);
  for (std::string text :
       {"Auto-Submitted: no", "Auto-Submitted: (human) No; x=y", "Precedence: first-class", "X-List-Id: a", "Subject: bulk"})
    BOOST_TEST(!is_automatic(header_of(text + "\r\n\r\n")), text);
}

BOOST_AUTO_TEST_SUITE_END()
