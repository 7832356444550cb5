#include <functional>
#include <stdexcept>

#include "mail/smtp/dialogue.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::smtp;
using namespace std::string_literals;

namespace {

ServerOptions options() {
  ServerOptions options;
  options.hostname = "mx.example.org";
  options.tls = ServerTls::starttls;
  options.mechanisms = {"SCRAM-SHA-256", "PLAIN"};
  options.max_message = 1000;
  return options;
}

// Plays the driver: accepts every path whose local part is not "no", keeps every message, takes any password but "bad".
class Client {
 public:
  explicit Client(ServerOptions o = options()) : server(std::move(o)) { next = server.greet(); }

  // The code and status of what the server says at last, "-" for nothing, "closed" behind it when it hangs up.
  std::string say(std::string_view line) {
    next = server.on_line(line);
    while (serve()) {
    }
    return heard();
  }

  std::string heard() const {
    std::string text = "-";
    if (next.reply) text = std::to_string(next.reply->code) + (next.reply->status.empty() ? "" : " " + next.reply->status);
    return next.want == Want::close ? text + " closed" : text;
  }

  void expect(const std::vector<std::pair<std::string, std::string>>& script) {
    for (const auto& [line, reply] : script) BOOST_TEST_CONTEXT(line) BOOST_TEST(say(line) == reply);
  }

  void start_tls() {
    BOOST_TEST(say("STARTTLS") == "220 2.0.0");
    next = server.on_tls_started(Leftover::none);
  }

  ServerDialogue server;
  Next next;
  std::vector<Envelope> kept;
  std::uint64_t chunk_octets = 0;
  std::uint64_t drained_octets = 0;

 private:
  static Reply judge(bool good) { return good ? Reply(250, "2.1.0", "OK") : Reply(550, "5.7.1", "no"); }

  bool serve() {
    switch (next.want) {
      case Want::mail_verdict: {
        const auto& path = server.envelope().reverse_path;
        next = server.on_mail_verdict(judge(!path || path->local != "no"));
        return true;
      }
      case Want::verdict:
        next = server.on_verdict(judge(server.forward_path().forward_path.local != "no"));
        return true;
      case Want::body:
        BOOST_TEST(next.reply->code == 354);
        [[fallthrough]];
      case Want::end_of_message:
        kept.push_back(server.envelope());
        next = server.on_kept({250, "2.0.0", "kept"});
        return true;
      case Want::chunk:
        (server.chunk().use == Chunk::Use::keep ? chunk_octets : drained_octets) += server.chunk().octets;
        next = server.on_chunk();
        return true;
      case Want::auth: {
        const auto& request = server.auth_request();
        if (!request.response) {
          next = server.on_auth_challenge("");
        } else if (request.response == "bad") {
          next = server.on_auth_failure(sasl::Failure::rejected);
        } else {
          next = server.on_auth_success("alice@example.org");
        }
        return true;
      }
      default:
        return false;
    }
  }
};

}  // namespace

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
       {"BDAT 18446744073709551615", "552 5.3.4"}},
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

BOOST_AUTO_TEST_CASE(starttls_forgets_all_that_was_said_before) {
  Client client;
  client.expect({{"EHLO a.example", "250"}, {"MAIL FROM:<a@b.example>", "250 2.1.0"}});
  client.start_tls();
  BOOST_TEST(client.heard() == "-");  // after the handshake the server is silent until EHLO
  BOOST_TEST(client.server.hello().empty());
  client.expect({{"RCPT TO:<x@y.example>", "503 5.5.1"},
                 {"MAIL FROM:<>", "503 5.5.1"},
                 {"EHLO a.example", "250"},
                 {"STARTTLS", "503 5.5.1"}});
  BOOST_TEST(client.server.protocol() == "ESMTPS");
}

BOOST_AUTO_TEST_CASE(plaintext_behind_starttls_closes_the_connection_without_a_word) {
  Client client;
  client.expect({{"EHLO a.example", "250"}, {"STARTTLS", "220 2.0.0"}});
  client.next = client.server.on_tls_started(Leftover::plaintext);
  BOOST_TEST(client.heard() == "- closed");
}

BOOST_AUTO_TEST_CASE(authentication_needs_tls_and_happens_once) {
  Client client;
  client.say("EHLO a.example");
  client.start_tls();
  client.expect({{"EHLO a.example", "250"},
                 {"AUTH CRAM-MD5", "504 5.5.4"},
                 {"AUTH PLAIN bad", "535 5.7.8"},
                 {"AUTH PLAIN", "334"},
                 {"*", "501 5.7.0"},
                 {"MAIL FROM:<>", "250 2.1.0"},
                 {"AUTH PLAIN good", "503 5.5.1"},
                 {"RSET", "250 2.0.0"},
                 {"AUTH PLAIN", "334"},
                 {"good", "235 2.7.0"},
                 {"AUTH PLAIN good", "503 5.5.1"}});
  BOOST_TEST(client.server.user().value() == "alice@example.org");
  BOOST_TEST(client.server.protocol() == "ESMTPSA");
}

BOOST_AUTO_TEST_CASE(the_third_failed_authentication_ends_the_connection) {
  auto o = options();
  o.tls = ServerTls::implicit;
  Client client(o);
  client.expect({{"EHLO a.example", "250"},
                 {"AUTH PLAIN bad", "535 5.7.8"},
                 {"AUTH PLAIN", "334"},
                 {"a\0b"s, "501 5.5.2"},
                 {"AUTH PLAIN", "334"},
                 {std::string(12289, 'A'), "421 4.7.0 closed"}});
}

BOOST_AUTO_TEST_CASE(AP_17_submission_takes_mail_only_from_who_has_authenticated) {
  auto o = options();
  o.demand = Demand::authentication;
  Client client(o);
  client.expect({{"EHLO a.example", "250"},
                 {"MAIL FROM:<a@b.example>", "530 5.7.0"},
                 {"RCPT TO:<a@b.example>", "530 5.7.0"},
                 {"VRFY a", "530 5.7.0"},
                 {"BDAT 10 LAST", "530 5.7.0"}});
  client.start_tls();
  client.expect({{"EHLO a.example", "250"},
                 {"MAIL FROM:<a@b.example>", "530 5.7.0"},
                 {"AUTH PLAIN good", "235 2.7.0"},
                 {"MAIL FROM:<a@b.example>", "250 2.1.0"}});
}

BOOST_AUTO_TEST_CASE(a_message_declared_too_big_is_refused_at_once) {
  Client client;
  client.expect({{"EHLO a.example", "250"}, {"MAIL FROM:<> SIZE=1001", "552 5.3.4"}, {"MAIL FROM:<> SIZE=1000", "250 2.1.0"}});
}

BOOST_AUTO_TEST_CASE(recipients_over_the_limit_are_told_to_come_back) {
  auto o = options();
  o.max_recipients = 2;
  Client client(o);
  client.expect({{"EHLO a.example", "250"},
                 {"MAIL FROM:<>", "250 2.1.0"},
                 {"RCPT TO:<a@b.example>", "250 2.1.0"},
                 {"RCPT TO:<no@b.example>", "550 5.7.1"},
                 {"RCPT TO:<b@b.example>", "250 2.1.0"},
                 {"RCPT TO:<c@b.example>", "452 4.5.3"},
                 {"DATA", "250 2.0.0"}});
  BOOST_TEST(client.kept.at(0).recipients.size() == 2u);
}

BOOST_AUTO_TEST_CASE(floods_end_the_connection) {
  struct Flood {
    std::vector<std::string> before;
    std::string line;
  };
  auto o = options();
  o.max_errors = o.max_idle_commands = o.max_refused_recipients = 10;
  for (const auto& [before, line] :
       {Flood{{}, "FOO"}, Flood{{}, "NOOP"}, Flood{{}, "RSET"}, Flood{{}, "EHLO a.example"}, Flood{{}, "VRFY x"},
        Flood{{}, "BDAT 1"}, Flood{{"EHLO a.example", "MAIL FROM:<>"}, "RCPT TO:<no@b.example>"},
        Flood{{"EHLO a.example", "MAIL FROM:<>", "RCPT TO:<a@b.example>"}, "BDAT 0"}}) {
    Client client(o);
    for (const auto& first : before) client.say(first);
    int said = 0;
    while (client.next.want != Want::close && said < 100) {
      client.say(line);
      ++said;
    }
    BOOST_TEST_CONTEXT(line) {
      BOOST_TEST(client.heard() == "421 4.7.0 closed");
      BOOST_TEST((said > 5 && said <= 11));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_session_that_brings_messages_is_not_a_flood) {
  auto o = options();
  o.max_idle_commands = 3;
  Client client(o);
  client.say("EHLO a.example");
  for (int i = 0; i < 100; ++i)
    client.expect({{"MAIL FROM:<>", "250 2.1.0"}, {"RCPT TO:<a@b.example>", "250 2.1.0"}, {"DATA", "250 2.0.0"}});
}

BOOST_AUTO_TEST_CASE(a_browser_is_hung_up_on) {
  Client client;
  BOOST_TEST(client.say("POST / HTTP/1.1") == "421 4.7.0 closed");
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
