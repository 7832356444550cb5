#include <stdexcept>

#include "smtp_next_hop.hpp"

using namespace understudy;
using namespace understudy::test;

BOOST_AUTO_TEST_SUITE(smtp_client)

BOOST_AUTO_TEST_CASE(tls_is_used_where_offered_and_everything_before_it_is_forgotten) {
  Fake hop;
  hop.greet({"CHUNKING", "STARTTLS"});
  BOOST_TEST(hop.take_heard() == "EHLO localhost\r\nSTARTTLS\r\n");
  hop.say({"220 go"});
  BOOST_TEST((hop.step.want == ClientWant::tls));
  hop.take(hop.client.on_tls_started(Leftover::none));
  BOOST_TEST(hop.take_heard() == "EHLO localhost\r\n");
  hop.say({"250-next.example", "250 PIPELINING"});
  BOOST_TEST((hop.step.want == ClientWant::ready));
  BOOST_TEST(!hop.client.capabilities().chunking);
  BOOST_TEST(hop.client.capabilities().pipelining);
  Fake helo;
  helo.greet({"CHUNKING", "STARTTLS"}).say({"220 go"});
  helo.take(helo.client.on_tls_started(Leftover::none)).say({"500 what", "250 hi"});
  BOOST_TEST((helo.step.want == ClientWant::ready));
  BOOST_TEST(!helo.client.capabilities().chunking);
}

BOOST_AUTO_TEST_CASE(plaintext_behind_the_answer_to_starttls_ends_the_session) {
  Fake hop;
  hop.greet({"STARTTLS"}).say({"220 go"});
  hop.take_heard();
  hop.take(hop.client.on_tls_started(Leftover::plaintext));
  BOOST_TEST(hop.heard.empty());
  BOOST_TEST((hop.step.want == ClientWant::close));
  BOOST_TEST(hop.client.failure()->reply.transient());
}

BOOST_AUTO_TEST_CASE(a_required_tls_is_never_gone_without) {
  Fake none({.tls = ClientTls::required});
  none.greet({"PIPELINING"});
  BOOST_TEST((none.step.want == ClientWant::close));
  Fake refused({.tls = ClientTls::required});
  refused.greet({"STARTTLS"}).say({"502 no"});
  BOOST_TEST((refused.step.want == ClientWant::close));
  BOOST_TEST(refused.client.failure()->reply.transient());
  Fake no_ehlo({.tls = ClientTls::required});
  no_ehlo.say({"220 hi", "502 what"});
  BOOST_TEST((no_ehlo.step.want == ClientWant::close));
  Fake may;
  may.greet({"STARTTLS"}).say({"454 not now"});
  BOOST_TEST((may.step.want == ClientWant::ready));
  Fake never({.tls = ClientTls::none});
  never.greet({"STARTTLS"});
  BOOST_TEST((never.step.want == ClientWant::ready));
}

BOOST_AUTO_TEST_CASE(a_server_without_ehlo_is_spoken_to_with_helo) {
  Fake hop;
  hop.say({"220 hi", "500 what"});
  BOOST_TEST(hop.take_heard() == "EHLO localhost\r\nHELO localhost\r\n");
  hop.say({"250 hi"});
  BOOST_TEST((hop.step.want == ClientWant::ready));
  hop.take(hop.client.begin(envelope({to("x")}), shape()));
  BOOST_TEST(hop.take_heard() == "MAIL FROM:<a@a.example>\r\n");
}

BOOST_AUTO_TEST_CASE(a_greeting_that_is_no_welcome_ends_the_session) {
  for (const auto greeting : {"554 5.7.1 no", "421 4.3.2 busy", "451 later", "SSH-2.0-OpenSSH", "354 x"}) {
    Fake hop;
    hop.say({greeting});
    BOOST_TEST((hop.step.want == ClientWant::close));
    BOOST_TEST((hop.client.failure()->phase == Phase::greeting));
    BOOST_TEST(hop.heard.find("EHLO") == hop.heard.npos);
  }
}

BOOST_AUTO_TEST_CASE(credentials_go_only_through_tls_and_only_a_proven_success_counts) {
  Fake clear({.authenticate = true});
  clear.greet({"AUTH PLAIN"});
  BOOST_TEST((clear.step.want == ClientWant::close));
  const ClientOptions secure{.tls = ClientTls::implicit, .authenticate = true};
  Fake good(secure);
  good.greet({"AUTH plain SCRAM-SHA-256"});
  BOOST_TEST((good.step.want == ClientWant::auth));
  BOOST_TEST((good.client.capabilities().auth == std::vector<std::string>{"PLAIN", "SCRAM-SHA-256"}));
  good.take_heard();
  good.take(good.client.on_auth_start("SCRAM-SHA-256", "Zmlyc3Q=", AuthState::going_on)).say({"334 Y2hhbGxlbmdl"});
  BOOST_TEST(good.client.challenge() == "Y2hhbGxlbmdl");
  good.take(good.client.on_auth_response("", AuthState::complete)).say({"235 2.7.0 ok"});
  BOOST_TEST(good.take_heard() == "AUTH SCRAM-SHA-256 Zmlyc3Q=\r\n\r\n");
  BOOST_TEST((good.step.want == ClientWant::ready));

  Fake early(secure);
  early.greet({"AUTH SCRAM-SHA-256"});
  early.take(early.client.on_auth_start("SCRAM-SHA-256", "Zmlyc3Q=", AuthState::going_on)).say({"235 2.7.0 trust me"});
  BOOST_TEST((early.step.want == ClientWant::close));
  Fake wrong(secure);
  wrong.greet({"AUTH PLAIN"});
  wrong.take(wrong.client.on_auth_start("PLAIN", "AGEAYg==", AuthState::complete)).say({"535 5.7.8 no"});
  BOOST_TEST(wrong.client.failure()->reply.code == 535);
  Fake absent(secure);
  absent.greet({"PIPELINING"});
  BOOST_TEST((absent.step.want == ClientWant::close));
}

BOOST_AUTO_TEST_CASE(a_driver_that_reports_what_was_not_wanted_is_told_so) {
  Fake hop;
  BOOST_CHECK_THROW(hop.client.begin(envelope({to("x")}), shape()), std::logic_error);
  BOOST_CHECK_THROW(hop.client.on_body_sent(), std::logic_error);
  BOOST_CHECK_THROW(hop.client.on_tls_started(Leftover::none), std::logic_error);
  BOOST_CHECK_THROW(hop.client.quit(), std::logic_error);
  hop.greet();
  BOOST_CHECK_THROW(hop.client.on_line("250 unasked"), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
