#include <algorithm>
#include <stdexcept>

#include "mail/smtp/dialogue.hpp"
#include "smtp_played_driver.hpp"

using namespace understudy;
using namespace understudy::test;

BOOST_AUTO_TEST_SUITE(smtp_dialogue)

BOOST_AUTO_TEST_CASE(an_ordinary_session_files_its_messages) {
  Client client;
  BOOST_TEST(client.heard() == "220");
  client.expect({{"EHLO client.example", "250"},
                 {"MAIL FROM:<a@b.example> SIZE=500 BODY=8BITMIME", "250 2.1.0"},
                 {"RCPT TO:<x@example.org> NOTIFY=NEVER", "250 2.1.0"},
                 {"RCPT TO:<no@example.org>", "550 5.7.1"},
                 {"RCPT TO:<y@example.org>", "250 2.1.0"},
                 {"DATA", "250 2.0.0"},
                 {"MAIL FROM:<>", "250 2.1.0"},
                 {"RCPT TO:<z@example.org>", "250 2.1.0"},
                 {"DATA", "250 2.0.0"},
                 {"QUIT", "221 2.0.0 closed"}});
  BOOST_REQUIRE(client.kept.size() == 2u);
  BOOST_TEST(client.kept[0].recipients.size() == 2u);
  BOOST_TEST(client.kept[0].recipients[0].notify.bits == Notify::never);
  BOOST_TEST((client.kept[0].body == BodyType::eight_bit_mime));
  BOOST_TEST(!client.kept[1].reverse_path.has_value());
  BOOST_TEST(client.kept[1].recipients.size() == 1u);
}

BOOST_AUTO_TEST_CASE(ehlo_offers_what_can_be_used_now) {
  Client client;
  client.say("EHLO client.example");
  const auto offers = [&](std::string_view what) {
    const auto& lines = client.next.reply->lines;
    return std::find(lines.begin(), lines.end(), what) != lines.end();
  };
  for (const auto what : {"mx.example.org", "PIPELINING", "ENHANCEDSTATUSCODES", "SIZE 1000", "8BITMIME", "SMTPUTF8", "DSN",
                          "CHUNKING", "STARTTLS"})
    BOOST_TEST_CONTEXT(what) BOOST_TEST(offers(what));
  BOOST_TEST(!offers("AUTH SCRAM-SHA-256 PLAIN"));
  client.start_tls();
  client.say("EHLO client.example");
  BOOST_TEST(offers("AUTH SCRAM-SHA-256 PLAIN"));
  BOOST_TEST(!offers("STARTTLS"));
  client.say("HELO client.example");
  BOOST_TEST(client.next.reply->lines.size() == 1u);
}

BOOST_AUTO_TEST_CASE(
    who_is_known_is_offered_reports_and_nobody_else) {  // RFC 3461: no success reports to whom a stranger names
  const auto dialogue_for = [](Demand demand) {
    ServerOptions options;
    options.tls = ServerTls::starttls;
    options.mechanisms = {"PLAIN"};
    options.demand = demand;
    options.offer_dsn = OfferDsn::known;
    return ServerDialogue(options);
  };
  const auto offered = [](ServerDialogue& dialogue) {
    const auto said = dialogue.on_line("EHLO client.example");
    const bool listed = std::ranges::find(said.reply->lines, "DSN") != said.reply->lines.end();
    const auto next = dialogue.on_line("MAIL FROM:<a@b.example> RET=HDRS");
    BOOST_TEST((next.reply && next.reply->code == 555) != listed);  // what is not offered is not understood
    if (next.want == Want::mail_verdict) {
      static_cast<void>(dialogue.on_mail_verdict({250, "2.1.0", "ok"}));
      static_cast<void>(dialogue.on_line("RSET"));
    }
    return listed;
  };
  auto dialogue = dialogue_for(Demand::nothing);
  static_cast<void>(dialogue.greet());
  BOOST_TEST(!offered(dialogue));
  dialogue.set_peer(Peer::known);
  BOOST_TEST(offered(dialogue));
  dialogue.set_peer(Peer::stranger);
  BOOST_TEST(!offered(dialogue));
  static_cast<void>(dialogue.on_line("STARTTLS"));
  static_cast<void>(dialogue.on_tls_started(Leftover::none));
  BOOST_TEST(!offered(dialogue));
  static_cast<void>(dialogue.on_line("AUTH PLAIN eHg="));
  static_cast<void>(dialogue.on_auth_success("alice@example.org"));
  BOOST_TEST(offered(dialogue));
  auto submission = dialogue_for(Demand::authentication);
  static_cast<void>(submission.greet());
  BOOST_TEST(offered(submission));
}

BOOST_AUTO_TEST_CASE(commands_out_of_order_are_refused) {
  Client client;
  client.expect({{"MAIL FROM:<a@b.example>", "503 5.5.1"},
                 {"RCPT TO:<x@example.org>", "503 5.5.1"},
                 {"DATA", "503 5.5.1"},
                 {"STARTTLS", "503 5.5.1"},
                 {"AUTH PLAIN", "503 5.5.1"},
                 {"RSET", "250 2.0.0"},
                 {"NOOP", "250 2.0.0"},
                 {"VRFY x", "252 2.0.0"},
                 {"EXPN x", "502 5.5.1"},
                 {"HELP", "214 2.0.0"},
                 {"EHLO client.example", "250"},
                 {"RCPT TO:<x@example.org>", "503 5.5.1"},
                 {"AUTH PLAIN x", "538 5.7.11"},
                 {"MAIL FROM:<no@b.example>", "550 5.7.1"},
                 {"RCPT TO:<x@example.org>", "503 5.5.1"},
                 {"MAIL FROM:<a@b.example>", "250 2.1.0"},
                 {"MAIL FROM:<a@b.example>", "503 5.5.1"},
                 {"DATA", "554 5.5.1"},
                 {"RCPT TO:<x@example.org>", "250 2.1.0"},
                 {"RSET", "250 2.0.0"},
                 {"DATA", "503 5.5.1"}});
}

BOOST_AUTO_TEST_CASE(ehlo_in_a_transaction_ends_it) {
  Client client;
  client.expect({{"EHLO a.example", "250"},
                 {"MAIL FROM:<a@b.example>", "250 2.1.0"},
                 {"EHLO a.example", "250"},
                 {"RCPT TO:<x@example.org>", "503 5.5.1"},
                 {"MAIL FROM:<a@b.example>", "250 2.1.0"}});
}

BOOST_AUTO_TEST_CASE(smtputf8_of_mail_is_needed_for_such_recipients_and_ends_with_the_transaction) {
  Client client;
  client.expect({{"EHLO a.example", "250"},
                 {"MAIL FROM:<a@b.example>", "250 2.1.0"},
                 {"RCPT TO:<\xc3\xa4@example.org>", "553 5.6.7"},
                 {"RSET", "250 2.0.0"},
                 {"MAIL FROM:<a@b.example> SMTPUTF8", "250 2.1.0"},
                 {"RCPT TO:<\xc3\xa4@example.org>", "250 2.1.0"},
                 {"VRFY \xc3\xa4", "252 2.0.0"}});
  BOOST_TEST(client.server.protocol() == "UTF8SMTP");
  client.expect({{"DATA", "250 2.0.0"}, {"MAIL FROM:<>", "250 2.1.0"}, {"RCPT TO:<\xc3\xa4@example.org>", "553 5.6.7"}});
}

BOOST_AUTO_TEST_CASE(chunks_make_a_message_and_do_not_mix_with_data) {
  Client client;
  client.expect({{"EHLO a.example", "250"},
                 {"MAIL FROM:<a@b.example>", "250 2.1.0"},
                 {"RCPT TO:<x@example.org>", "250 2.1.0"},
                 {"BDAT 10", "250 2.0.0"},
                 {"DATA", "503 5.5.1"},
                 {"RCPT TO:<y@example.org>", "503 5.5.1"},
                 {"MAIL FROM:<a@b.example>", "503 5.5.1"},
                 {"BDAT 0", "250 2.0.0"},
                 {"BDAT 990", "250 2.0.0"},
                 {"BDAT 0 LAST", "250 2.0.0"},
                 {"BDAT 0 LAST", "503 5.5.1"}});
  BOOST_TEST(client.kept.size() == 1u);
  BOOST_TEST(client.chunk_octets == 1000u);
}

BOOST_AUTO_TEST_CASE(a_refused_chunk_is_drained_and_ends_its_transaction) {
  const std::vector<std::pair<std::string, std::string>> cases[] = {
      {{"BDAT 100", "503 5.5.1"}},
      {{"MAIL FROM:<>", "250 2.1.0"}, {"BDAT 100", "554 5.5.1"}},
      {{"MAIL FROM:<>", "250 2.1.0"}, {"RCPT TO:<x@y.example>", "250 2.1.0"}, {"BDAT 1001 LAST", "552 5.3.4"}},
      {{"MAIL FROM:<>", "250 2.1.0"},
       {"RCPT TO:<x@y.example>", "250 2.1.0"},
       {"BDAT 900", "250 2.0.0"},
       {"BDAT 101", "552 5.3.4"}},
      {{"MAIL FROM:<>", "250 2.1.0"},
       {"RCPT TO:<x@y.example>", "250 2.1.0"},
       {"BDAT 1", "250 2.0.0"},
       {"BDAT 1000000", "552 5.3.4"}},
  };
  for (const auto& script : cases) {
    Client client;
    client.say("EHLO a.example");
    client.expect(script);
    BOOST_TEST(client.drained_octets >= 100u);
    client.expect({{"BDAT 5 LAST", "503 5.5.1"}, {"MAIL FROM:<>", "250 2.1.0"}});
    BOOST_TEST(client.kept.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_chunk_that_could_not_be_kept_fails_the_rest_of_its_message) {
  Client client;
  client.expect({{"EHLO a.example", "250"}, {"MAIL FROM:<>", "250 2.1.0"}, {"RCPT TO:<x@y.example>", "250 2.1.0"}});
  BOOST_TEST((client.server.on_line("BDAT 10 LAST").want == Want::chunk));
  client.next = client.server.on_chunk_failed({452, "4.3.1", "disk full"});
  BOOST_TEST(client.heard() == "452 4.3.1");
  client.expect({{"BDAT 10 LAST", "503 5.5.1"}});
  BOOST_TEST(client.kept.empty());
}

BOOST_AUTO_TEST_CASE(a_421_handed_in_closes_the_connection) {
  Client client;
  client.expect({{"EHLO a.example", "250"}});
  client.next = client.server.on_line("MAIL FROM:<>");
  client.next = client.server.on_mail_verdict({421, "4.3.2", "going down"});
  BOOST_TEST(client.heard() == "421 4.3.2 closed");
}

BOOST_AUTO_TEST_CASE(only_replies_that_rfc_2920_allows_may_wait) {
  Client client;
  const std::pair<std::string, Flush> script[] = {{"EHLO a.example", Flush::now},
                                                  {"MAIL FROM:<>", Flush::may_wait},
                                                  {"RCPT TO:<a@b.example>", Flush::may_wait},
                                                  {"RSET", Flush::may_wait},
                                                  {"NOOP", Flush::now},
                                                  {"VRFY x", Flush::now},
                                                  {"QUIT", Flush::now}};
  for (const auto& [line, flush] : script) {
    client.say(line);
    BOOST_TEST_CONTEXT(line) BOOST_TEST((client.next.flush == flush));
  }
}

BOOST_AUTO_TEST_CASE(a_driver_that_reports_what_was_not_wanted_is_told_so) {
  Client client;
  BOOST_CHECK_THROW(client.server.on_kept({250, "2.0.0", "x"}), std::logic_error);
  BOOST_CHECK_THROW(client.server.on_verdict({250, "2.0.0", "x"}), std::logic_error);
  BOOST_CHECK_THROW(client.server.on_chunk(), std::logic_error);
  BOOST_CHECK_THROW(client.server.on_tls_started(Leftover::none), std::logic_error);
  BOOST_CHECK_THROW(client.server.on_auth_success("x"), std::logic_error);
  BOOST_CHECK_THROW(client.server.on_auth_failure(sasl::Failure::rejected), std::logic_error);
  BOOST_CHECK_THROW(client.server.greet(), std::logic_error);
  BOOST_CHECK_THROW(client.server.envelope(), std::logic_error);
  client.say("QUIT");
  BOOST_CHECK_THROW(client.server.on_line("NOOP"), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
