#include <algorithm>
#include <stdexcept>

#include "base/text.hpp"
#include "smtp_next_hop.hpp"

using namespace understudy;
using namespace understudy::test;

BOOST_AUTO_TEST_SUITE(smtp_client)

BOOST_AUTO_TEST_CASE(a_message_goes_out_command_by_command_without_pipelining) {
  Fake hop;
  hop.greet();
  BOOST_TEST(hop.take_heard() == "EHLO localhost\r\n");
  hop.take(hop.client.begin(envelope({to("x"), to("y")}), shape()));
  BOOST_TEST(hop.take_heard() == "MAIL FROM:<a@a.example>\r\n");
  hop.say({"250 ok"});
  BOOST_TEST(hop.take_heard() == "RCPT TO:<x@b.example>\r\n");
  hop.say({"250 ok"});
  BOOST_TEST(hop.take_heard() == "RCPT TO:<y@b.example>\r\n");
  hop.say({"550 5.1.1 no"});
  BOOST_TEST(hop.take_heard() == "DATA\r\n");
  hop.say({"354 go"});
  BOOST_TEST((hop.step.want == ClientWant::body));
  hop.take(hop.client.on_body_sent()).say({"250 2.0.0 queued"});
  BOOST_TEST((hop.step.want == ClientWant::ready));
  BOOST_TEST((hop.codes() == Codes{at(250, Phase::body), at(550, Phase::rcpt)}));
  hop.take(hop.client.quit()).say({"221 bye"});
  BOOST_TEST(hop.take_heard() == "QUIT\r\n");
  BOOST_TEST((hop.step.want == ClientWant::close));
  BOOST_TEST(!hop.client.failure());
}

BOOST_AUTO_TEST_CASE(commands_are_sent_together_where_pipelining_is_offered) {
  Fake hop;
  hop.greet(everything).take_heard();
  auto e = envelope({to("x"), to("y")});
  e.envid = "id+2B";
  e.dsn_return = DsnReturn::headers;
  e.body = BodyType::eight_bit_mime;
  e.recipients[0].notify.bits = Notify::success | Notify::delay;
  e.recipients[0].orcpt = "rfc822;o@o.example";
  hop.take(hop.client.begin(e, shape()));
  BOOST_TEST(hop.take_heard() ==
             "MAIL FROM:<a@a.example> SIZE=10 BODY=8BITMIME RET=HDRS ENVID=id+2B\r\n"
             "RCPT TO:<x@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o@o.example\r\n"
             "RCPT TO:<y@b.example>\r\nDATA\r\n");
  hop.say({"250 ok", "250 ok", "450 4.2.1 later", "354 go"});
  hop.take(hop.client.on_body_sent()).say({"451 4.3.0 no"});
  BOOST_TEST((hop.codes() == Codes{at(451, Phase::body), at(450, Phase::rcpt)}));
  hop.take(hop.client.begin(envelope({to("z")}), shape()));  // the connection serves again, at once
  BOOST_TEST(hop.take_heard().starts_with("MAIL FROM"));
}

BOOST_AUTO_TEST_CASE(what_was_not_offered_is_not_used) {
  Fake hop;
  hop.greet({"8BITMIME"}).take_heard();
  auto e = envelope({to("x")});
  e.envid = "id";
  e.smtputf8 = true;
  e.recipients[0].notify.bits = Notify::never;
  hop.take(hop.client.begin(e, shape()));
  hop.say({"250 ok"});
  BOOST_TEST(hop.take_heard() == "MAIL FROM:<a@a.example>\r\nRCPT TO:<x@b.example>\r\n");
}

BOOST_AUTO_TEST_CASE(the_window_of_pipelined_commands_is_kept) {
  Fake hop({.max_pipelined = 3});
  hop.greet(everything).take_heard();
  std::vector<Recipient> many;
  for (int i = 0; i < 7; ++i) many.push_back(to("r" + std::to_string(i)));
  hop.take(hop.client.begin(envelope(many), shape()));
  int rounds = 0;
  while (hop.step.want == ClientWant::reply && rounds++ < 10) {
    const auto sent = hop.take_heard();
    const auto count = std::count(sent.begin(), sent.end(), '\n');
    BOOST_REQUIRE((count > 0 && count <= 3));
    for (const auto line : base::split(sent, '\n'))
      if (!line.empty()) hop.say({line.starts_with("DATA") ? "354 go" : "250 ok"});
  }
  BOOST_TEST((hop.step.want == ClientWant::body));
}

BOOST_AUTO_TEST_CASE(when_nobody_is_accepted_the_transaction_is_ended_and_the_connection_kept) {
  for (const std::string data : {"554 no valid recipients", "354 go"}) {
    Fake hop;
    hop.greet(everything);
    hop.take(hop.client.begin(envelope({to("x")}), shape())).take_heard();
    hop.say({"250 ok", "550 5.1.1 no", data});
    const auto answer = hop.take_heard();
    BOOST_TEST(answer == (data.starts_with("354") ? ".\r\n" : "RSET\r\n"));
    hop.say({"250 ok"});
    BOOST_TEST((hop.step.want == ClientWant::ready));
    BOOST_TEST((hop.codes() == Codes{at(550, Phase::rcpt)}));
  }
  Fake slow;
  slow.greet();
  slow.take(slow.client.begin(envelope({to("x")}), shape())).say({"250 ok"}).take_heard();
  slow.say({"550 no"});
  BOOST_TEST(slow.take_heard() == "RSET\r\n");
}

BOOST_AUTO_TEST_CASE(a_refused_mail_is_the_result_of_every_recipient) {
  Fake hop;
  hop.greet(everything);
  hop.take(hop.client.begin(envelope({to("x"), to("y")}), shape()));
  hop.say({"451 4.7.1 greylisted", "503 no mail", "503 no mail", "503 no mail"});
  BOOST_TEST((hop.step.want == ClientWant::ready));
  BOOST_TEST((hop.codes() == Codes{at(451, Phase::mail), at(451, Phase::mail)}));
}

BOOST_AUTO_TEST_CASE(a_421_is_the_result_of_all_who_have_none_and_ends_the_session) {
  Fake hop;
  hop.greet(everything);
  hop.take(hop.client.begin(envelope({to("x"), to("y"), to("z")}), shape()));
  hop.say({"250 ok", "250 ok", "550 no", "421 4.3.2 going down"});
  BOOST_TEST((hop.step.want == ClientWant::close));
  BOOST_TEST((hop.codes() == Codes{at(421, Phase::rcpt), at(550, Phase::rcpt), at(421, Phase::rcpt)}));
  BOOST_TEST(hop.client.failure()->reply.code == 421);
}

BOOST_AUTO_TEST_CASE(a_connection_lost_after_the_body_leaves_the_outcome_open) {
  Fake hop;
  hop.greet(everything);
  hop.take(hop.client.begin(envelope({to("x")}), shape())).say({"250 ok", "250 ok", "354 go"});
  hop.take(hop.client.on_body_sent()).take(hop.client.on_lost({451, "4.4.2", "lost"}));
  BOOST_TEST((hop.codes() == Codes{at(451, Phase::body)}));
  BOOST_TEST((hop.client.failure()->phase == Phase::body));
}

BOOST_AUTO_TEST_CASE(nonsense_never_passes_for_an_answer) {
  for (const auto& [lines, phase] :
       std::vector<std::pair<std::vector<std::string>, Phase>>{{{"354 what"}, Phase::mail},
                                                               {{"250 ok", "354 what"}, Phase::rcpt},
                                                               {{"250 ok", "250 ok", "250 what"}, Phase::data}}) {
    Fake hop;
    hop.greet();
    hop.take(hop.client.begin(envelope({to("x")}), shape())).say(lines);
    BOOST_TEST((hop.codes() == Codes{at(451, phase)}));
  }
  Fake hop;
  hop.greet();
  hop.take(hop.client.begin(envelope({to("x")}), shape())).say({"HTTP/1.1 400 Bad Request"});
  BOOST_TEST((hop.step.want == ClientWant::close));
  BOOST_TEST(hop.client.failure()->reply.transient());
}

BOOST_AUTO_TEST_CASE(what_the_next_hop_cannot_carry_unchanged_is_refused_here) {
  auto odd = shape(), utf8 = shape();
  odd.needs_chunking = true;
  utf8.utf8_headers = true;
  auto from_utf8 = envelope({to("x")});
  from_utf8.reverse_path->local = "\xc3\xa4";
  struct Case {
    std::vector<std::string> offers;
    Envelope envelope;
    MessageShape shape;
    int code;
  };
  const Case cases[] = {{{"SIZE 1000"}, envelope({to("x")}), shape(1001), 552},
                        {{"SIZE 1000"}, envelope({to("x")}), shape(1000), 0},
                        {{"SIZE"}, envelope({to("x")}), shape(1001), 0},
                        {{"SIZE 0"}, envelope({to("x")}), shape(1001), 0},
                        {{}, envelope({to("x")}), odd, 554},
                        {{"CHUNKING"}, envelope({to("x")}), odd, 0},
                        {{}, envelope({to("x")}), utf8, 550},
                        {{"SMTPUTF8"}, envelope({to("x")}), utf8, 0},
                        {{}, from_utf8, shape(), 550},
                        {{}, envelope({to("\xc3\xa4")}), shape(), 553}};
  for (const auto& [offers, e, s, code] : cases) {
    Fake hop;
    hop.greet(offers).take_heard();
    hop.take(hop.client.begin(e, s));
    BOOST_TEST((hop.step.want == (code != 0 ? ClientWant::ready : ClientWant::reply)));
    BOOST_TEST(hop.heard.empty() == (code != 0));
    if (code != 0) BOOST_TEST((hop.codes() == Codes{at(code, Phase::local)}));
  }
}

BOOST_AUTO_TEST_CASE(one_recipient_that_cannot_be_named_does_not_stop_the_others) {
  Fake hop;
  hop.greet().take_heard();
  hop.take(hop.client.begin(envelope({to("\xc3\xa4"), to("y")}), shape())).say({"250 ok"});
  BOOST_TEST(hop.take_heard() == "MAIL FROM:<a@a.example>\r\nRCPT TO:<y@b.example>\r\n");
  hop.say({"250 ok", "354 go"});
  hop.take(hop.client.on_body_sent()).say({"250 ok"});
  BOOST_TEST((hop.codes() == Codes{at(553, Phase::local), at(250, Phase::body)}));
}

BOOST_AUTO_TEST_CASE(a_line_end_in_an_address_or_parameter_never_reaches_the_wire) {
  for (const auto& evil : {"x\r\nRCPT TO:<y@z.example>"s, "x\ny"s, "x\0y"s, "x\ry"s, "x> NOTIFY=NEVER\r\n"s, "x\x7f"s}) {
    for (const int where : {0, 1, 2, 3, 4, 5}) {
      auto e = envelope({to("x"), to("good")});
      if (where == 0) e.reverse_path->local = evil;
      if (where == 1) e.reverse_path->domain = evil;
      if (where == 2) e.recipients[0].forward_path.local = evil;
      if (where == 3) e.recipients[0].forward_path.domain = evil;
      if (where == 4) e.envid = evil;
      if (where == 5) e.recipients[0].orcpt = "rfc822;" + evil;
      Fake hop;
      hop.greet(everything).take_heard();
      hop.take(hop.client.begin(e, shape()));
      for (const auto line : base::split(hop.heard, '\n')) {
        BOOST_TEST((line.empty() || line.ends_with('\r')));
        BOOST_TEST((line.empty() || line.starts_with("MAIL FROM:<") || line.starts_with("RCPT TO:<") || line == "DATA\r"));
        BOOST_TEST(line.find("z.example") == line.npos);
        BOOST_TEST(line.find("NEVER") == line.npos);
      }
      BOOST_TEST(hop.heard.find('\0') == hop.heard.npos);
    }
  }
  for (const auto& domain : {"z.example> NOTIFY=NEVER"s, "y@z.example"s, "z example"s, "z.example>"s}) {
    Fake hop;
    hop.greet(everything).take_heard();
    hop.take(hop.client.begin(envelope({to("x", domain)}), shape()));
    BOOST_TEST(hop.heard.empty());
  }
  BOOST_CHECK_THROW(ClientDialogue({.hostname = "a\r\nMAIL"}), std::invalid_argument);
  BOOST_CHECK_THROW(ClientDialogue({.hostname = ""}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(chunking_carries_what_data_would_change) {
  auto odd = shape(7), open_end = shape(7);
  odd.needs_chunking = true;
  open_end.ends_in_crlf = false;
  for (const auto& s : {odd, open_end}) {
    Fake hop;
    hop.greet(everything);
    hop.take(hop.client.begin(envelope({to("x")}), s)).say({"250 ok"}).take_heard();
    hop.say({"250 ok"});
    BOOST_TEST(hop.take_heard() == "BDAT 7 LAST\r\n");
    BOOST_TEST((hop.step.want == ClientWant::chunk));
    hop.take(hop.client.on_body_sent()).say({"552 5.3.4 too big"});
    BOOST_TEST(hop.take_heard() == "RSET\r\n");
    hop.say({"250 ok"});
    BOOST_TEST((hop.step.want == ClientWant::ready));
    BOOST_TEST((hop.codes() == Codes{at(552, Phase::body)}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
