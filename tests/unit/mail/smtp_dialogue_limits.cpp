#include "smtp_played_driver.hpp"

using namespace understudy;
using namespace understudy::test;

BOOST_AUTO_TEST_SUITE(smtp_dialogue)

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

BOOST_AUTO_TEST_CASE(a_transaction_keeps_so_many_octets_of_addresses_and_parameters_and_the_next_recipient_comes_later) {
  auto o = options();
  o.max_recipients = 1000;
  const std::size_t limit = envelope_limit(o.max_recipients);
  BOOST_TEST(limit == 256u * 1024);
  BOOST_TEST(envelope_limit(100'000) == 25'600'000u);
  const std::string address = "a@b.example";  // ten octets and the "@", which is not kept
  const auto rcpt = [&](Client& client, std::size_t octets) {
    return client.say("RCPT TO:<" + address + "> ORCPT=rfc822;" + std::string(octets - 17, 'o'));
  };
  for (const std::size_t more : {0, 1}) {
    Client client(o);
    client.say("EHLO a.example");
    client.say("MAIL FROM:<" + address + "> ENVID=" + std::string(90, 'e'));
    std::size_t kept = 100;
    for (; limit - kept > 500; kept += 400) BOOST_REQUIRE(rcpt(client, 400) == "250 2.1.0");
    BOOST_TEST(rcpt(client, limit - kept + more) == (more == 0 ? "250 2.1.0" : "452 4.5.3"));
    BOOST_TEST(client.say("RSET") == "250 2.0.0");
    client.expect({{"MAIL FROM:<>", "250 2.1.0"}, {"RCPT TO:<a@b.example>", "250 2.1.0"}, {"DATA", "250 2.0.0"}});
  }
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

BOOST_AUTO_TEST_CASE(refused_chunks_are_drained_up_to_a_limit_for_the_whole_connection) {
  auto o = options();
  const auto limit = drain_limit(o.max_message);
  const auto begun = [&] {
    ServerDialogue dialogue(o);
    dialogue.greet();
    dialogue.on_line("EHLO a.example");
    return dialogue;
  };
  auto once = begun();
  BOOST_TEST((once.on_line("BDAT " + std::to_string(limit)).want == Want::chunk));
  BOOST_TEST((once.chunk().use == Chunk::Use::drain));
  BOOST_TEST(once.on_chunk().reply->code == 503);
  BOOST_TEST((once.on_line("BDAT 0").want == Want::chunk));
  BOOST_TEST(once.on_chunk().reply->code == 503);
  const auto full = once.on_line("BDAT 1");
  BOOST_TEST((full.want == Want::close));
  BOOST_TEST(full.reply->code == 503);
  for (const auto octets : {limit + 1, std::numeric_limits<std::uint64_t>::max()}) {
    auto greedy = begun();
    BOOST_TEST((greedy.on_line("BDAT " + std::to_string(octets) + " LAST").want == Want::close));
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

BOOST_AUTO_TEST_SUITE_END()
