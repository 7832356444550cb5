#include <random>

#include "base/text.hpp"
#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"
#include "mail/header/identity.hpp"
#include "mail/header/message_id.hpp"
#include "mail/header/received.hpp"

using namespace understudy;
using namespace understudy::mail::header;
using Greeting = Transmission::Greeting;

namespace {

Trace ordinary() {
  Trace trace;
  trace.helo = "mail.example.com";
  trace.address = "192.0.2.7";
  trace.client_name = "mail.example.com";
  trace.by = "mailbox.example.org";
  trace.transmission = {.greeting = Greeting::ehlo, .encrypted = true};
  trace.tls_version = "TLSv1.3";
  trace.tls_cipher = "TLS_AES_256_GCM_SHA384";
  trace.id = "5f3a.17";
  trace.for_recipient = mail::address::Address{"alice", "example.org"};
  trace.date = base::WallTime(std::chrono::milliseconds(1'790'000'000'123));
  return trace;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(header_received)

BOOST_AUTO_TEST_CASE(an_ordinary_trace_field_reads_as_rfc_5321_says) {
  BOOST_TEST(format_received(ordinary()) ==
             "Received: from mail.example.com (mail.example.com [192.0.2.7])\r\n"
             "\tby mailbox.example.org\r\n"
             "\twith ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
             "\tid 5f3a.17 for <alice@example.org>;\r\n"
             "\tMon, 21 Sep 2026 14:13:20 +0000\r\n");
}

BOOST_AUTO_TEST_CASE(protocol_names_are_those_of_rfc_3848_and_rfc_6531) {
  struct Row {
    Transmission in;
    std::string name;
  };
  for (const Row& row : std::vector<Row>{{{Greeting::helo, false, false, false}, "SMTP"},
                                         {{Greeting::helo, true, false, false}, "SMTP"},
                                         {{Greeting::ehlo, false, false, false}, "ESMTP"},
                                         {{Greeting::ehlo, false, true, false}, "ESMTPA"},
                                         {{Greeting::ehlo, true, false, false}, "ESMTPS"},
                                         {{Greeting::ehlo, true, true, false}, "ESMTPSA"},
                                         {{Greeting::ehlo, false, false, true}, "UTF8SMTP"},
                                         {{Greeting::ehlo, true, true, true}, "UTF8SMTPSA"},
                                         {{Greeting::lhlo, false, false, false}, "LMTP"},
                                         {{Greeting::lhlo, true, false, true}, "UTF8LMTPS"}})
    BOOST_TEST(row.in.name() == row.name);
}

BOOST_AUTO_TEST_CASE(nothing_a_stranger_says_gets_out_of_its_place) {
  using namespace std::string_literals;
  for (const std::string& evil :
       {"x\r\nBcc: victim@example.org"s, "x\nX: y"s, "x\rX: y"s, "x) by evil.example (y"s, "x; Mon, 1 Jan 2001 00:00:00 +0000"s,
        "x\0y"s, "\xff\xfe"s, "x\\"s, "\"x"s, "[x"s, "[192.0.2.1]\r\n"s, "<>"s, ""s, " "s, std::string(5000, 'a'), "x\x1b[31m"s,
        "b\xc3\xbc.example"s}) {
    Trace trace = ordinary();
    trace.helo = trace.address = trace.client_name = trace.tls_version = trace.tls_cipher = trace.id = evil;
    trace.for_recipient = mail::address::Address{evil, evil};
    const std::string field = format_received(trace);
    const std::string text = field + "\r\n";
    const Header header = scan(text);
    BOOST_TEST_CONTEXT(base::escape(evil)) {
      BOOST_REQUIRE(header.fields.size() == 1u);
      BOOST_TEST(header.fields[0].whole.size() == field.size());
      BOOST_TEST(by_host(header.value(header.fields[0])) == "mailbox.example.org");
      BOOST_TEST(parse_date(field.substr(field.rfind('\t'))).has_value());
      BOOST_TEST(!base::has_8bit(field));
      for (std::size_t i = 0; i < field.size(); ++i) {
        const auto c = static_cast<unsigned char>(field[i]);
        BOOST_REQUIRE((c >= 0x20 || c == '\t' || (c == '\r' && field[i + 1] == '\n') || (c == '\n' && field[i - 1] == '\r')));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_utf8_recipient_is_named_only_in_a_utf8_transaction) {
  Trace trace = ordinary();
  trace.for_recipient = mail::address::Address{"j\xc3\xbcrgen", "example.org"};
  BOOST_TEST(format_received(trace).find(" for ") == std::string::npos);
  trace.transmission.utf8 = true;
  BOOST_TEST(format_received(trace).find(" for <j\xc3\xbcrgen@example.org>;") != std::string::npos);
  trace.for_recipient.reset();
  BOOST_TEST(format_received(trace).find(" for ") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_by_host_is_not_fooled_by_comments_or_by_the_name_behind_from) {
  struct Row {
    std::string in, host;
  };
  for (const Row& row : std::vector<Row>{
           {" from a.example (b.example [192.0.2.1]) by Mx.Example.ORG with SMTP id 1; date", "mx.example.org"},
           {" by mx.example.org (Postfix, from userid 0) id 1; date", "mx.example.org"},
           {" from by (x) by mx.example.org; d", "mx.example.org"},
           {" from a (by evil.example) by mx.example.org; d", "mx.example.org"},
           {" from a; by evil.example", ""},
           {" from a", ""},
           {" from a by", ""},
           {"", ""},
           {"\r\n from a\r\n by\r\n mx.example.org", "mx.example.org"},
           {" from a by [192.0.2.1] with SMTP", "[192.0.2.1]"},
       })
    BOOST_TEST(by_host(row.in) == row.host, row.in);
}

BOOST_AUTO_TEST_CASE(a_keyed_message_id_is_known_again_and_no_other_is) {
  const std::string id = make_message_id("20260602.17", "archive.example.org", "key");
  BOOST_TEST(id.starts_with("<20260602.17."));
  BOOST_TEST(id.ends_with("@archive.example.org>"));
  BOOST_TEST((recognise_message_id(id, "archive.example.org", "key") == "20260602.17"));
  BOOST_TEST((recognise_message_id(id.substr(1, id.size() - 2), "Archive.Example.ORG", "key") == "20260602.17"));
  BOOST_TEST(!recognise_message_id(id, "archive.example.org", "other key"));
  BOOST_TEST(!recognise_message_id(id, "mailbox.example.org", "key"));
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (id[i] == '@' || i > id.find('@')) break;
    std::string changed = id;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    BOOST_TEST(!recognise_message_id(changed, "archive.example.org", "key"), changed);
  }
  for (std::string bad :
       {"", "<", "<>", "@archive.example.org", ".@archive.example.org", "a.@archive.example.org", "a.b@archive.example.org"})
    BOOST_TEST(!recognise_message_id(bad, "archive.example.org", "key"), bad);
  BOOST_TEST(make_message_id("1.a", "Archive.example.org") == "<1.a@archive.example.org>");
}

BOOST_AUTO_TEST_CASE(facts_say_what_the_header_says) {
  const std::string text =
      "Received: from a by mx.example.org; d\r\nReceived: from b by other.example; d\r\nReceived: from c by MX.example.org; "
      "d\r\n"
      "Message-ID: <1@x>\r\nMessage-ID: <2@x>\r\nFrom: A <a@b.example>\r\nFrom: c@d.example\r\nSubject: one\r\n\ttwo "
      "\x1b[31m\r\n"
      "Precedence: bulk\r\n\r\nDate: not here";
  const HeaderFacts facts = scan_facts(text, "mx.example.org");
  BOOST_TEST(facts.received_count == 3u);
  BOOST_TEST(facts.own_count == 2u);
  BOOST_TEST((facts.message_id == "1@x"));
  BOOST_TEST((facts.message_id_offset == text.find("Message-ID")));
  BOOST_TEST(!facts.has_date);
  BOOST_TEST(facts.from_fields == 2u);
  BOOST_REQUIRE(facts.from.size() == 1u);
  BOOST_TEST(facts.from[0].address() == "a@b.example");
  BOOST_TEST(facts.automatic);
  BOOST_TEST(facts.complete);
  BOOST_TEST(facts.body == text.find("Date:"));
  BOOST_TEST(facts.subject == "one\\x09two \\x1b[31m");
  for (std::size_t cut = 0; cut < text.find("\r\n\r\n"); ++cut) BOOST_REQUIRE(!scan_facts(text.substr(0, cut), "x").complete);
  const HeaderFacts empty = scan_facts("", "x");
  BOOST_TEST((empty.received_count == 0 && !empty.has_message_id && !empty.has_date && !empty.complete));
}

BOOST_AUTO_TEST_CASE(a_header_with_more_fields_than_allowed_is_told_from_one_that_has_no_end) {
  Limits limits;
  limits.fields = 3;
  struct {
    std::string text;
    bool complete, truncated;
  } const cases[] = {{"A: 1\r\nB: 2\r\nC: 3\r\n\r\n", true, false},
                     {"A: 1\r\nB: 2\r\nC: 3\r\n", false, false},
                     {"A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\nbody", false, true},
                     {"A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n", false, true}};
  for (const auto& [text, complete, truncated] : cases) {
    BOOST_TEST_INFO(text);
    const auto facts = scan_facts(text, "x", limits);
    BOOST_TEST((facts.complete == complete && facts.truncated == truncated));
  }
}

BOOST_AUTO_TEST_SUITE_END()
