#include "smtp_played_driver.hpp"

using namespace understudy;
using namespace understudy::test;

BOOST_AUTO_TEST_SUITE(smtp_dialogue)

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

BOOST_AUTO_TEST_SUITE_END()
