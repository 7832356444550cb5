#include "mail/smtp/options.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/unit/relay/inbound_world.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using test::InboundWorld;

namespace {
constexpr std::string_view envelope = "MAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\n";
constexpr std::string_view ok = "250 2.1.0 ok\r\n250 2.1.5 ok\r\n";
const std::string message = "Subject: hello\r\n\r\nHello.\r\n";

/// `count` octets in lines of 64.
std::string filler(std::uint64_t count) {
  std::string octets;
  octets.reserve(count + 64);
  while (octets.size() < count) octets += std::string(62, 'x') + "\r\n";
  octets.resize(count);
  return octets;
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(inbound_session, InboundWorld)

BOOST_AUTO_TEST_CASE(replies_are_sent_before_the_client_is_waited_for) {  // RFC 2920 §3.2
  listen();
  auto client = connect();
  hear(*client);
  ask(*client, "EHLO client.example\r\n");
  BOOST_TEST(ask(*client, std::string(envelope) + "BDAT 10\r\n") == ok);  // its ten octets have not come
  BOOST_TEST(ask(*client, "0123456789RSET\r\n") == "250 2.0.0 10 octets received\r\n250 2.0.0 OK\r\n");
  BOOST_TEST(ask(*client, "MAIL FROM:<>\r\nRSET\r\nNO") == "250 2.1.0 ok\r\n250 2.0.0 OK\r\n");
  BOOST_TEST(ask(*client, "OP\r\n" + std::string(envelope) + "DA") == "250 2.0.0 OK\r\n" + std::string(ok));
  BOOST_TEST(ask(*client, "TA\r\n").starts_with("354 "));
}

BOOST_AUTO_TEST_CASE(pipelined_commands_are_answered_in_one_write) {
  world.network.wire().max_read = 1 << 20;
  listen();
  auto client = connect();
  hear(*client);
  ask(*client, "EHLO client.example\r\n");
  const auto said = ask(*client, std::string(envelope) + "DATA\r\n");
  BOOST_TEST(said.starts_with(std::string(ok) + "354 "));
  BOOST_TEST(ask(*client, message + ".\r\n").starts_with("250 2.0.0 ok"));
  BOOST_TEST(accepted() == 1u);
}

BOOST_AUTO_TEST_CASE(a_refused_chunk_is_read_past_up_to_the_limit_and_beyond_it_the_connection_is_closed) {
  options.listeners.front().limits.message_size = 64 * 1024;
  const auto limit = mail::smtp::drain_limit(64 * 1024);
  listen();
  auto client = connect_with_envelope();
  const auto said = ask(*client, "BDAT " + std::to_string(limit) + " LAST\r\n" + filler(limit));
  BOOST_TEST(said.starts_with("552 5.3.4"));
  BOOST_TEST(!client->closed);
  BOOST_TEST(ask(*client, envelope.data()) == ok);
  BOOST_TEST(ask(*client, "BDAT 65537\r\n").starts_with("552 5.3.4"));  // all that may be read past has been
  BOOST_TEST(client->closed);
  for (const auto octets : {limit + 1, std::uint64_t{1} << 62}) {
    auto greedy = connect_with_envelope();
    BOOST_TEST(ask(*greedy, "BDAT " + std::to_string(octets) + " LAST\r\n").starts_with("552 5.3.4"));
    BOOST_TEST(greedy->closed);
  }
}

BOOST_AUTO_TEST_CASE(a_refused_chunk_must_come_as_fast_as_a_message) {
  auto& limits = options.listeners.front().limits;
  limits.data_wait = 10s;
  limits.data_rate = 100;
  listen();
  auto client = connect();
  hear(*client);
  ask(*client, "EHLO client.example\r\nBDAT 100000\r\n");
  for (int second = 0; second < 60 && !client->closed; second += 5) {
    send(*client, std::string(50, 'x'));
    world.advance(5s);
  }
  BOOST_TEST(client->closed);
  BOOST_TEST(hear(*client).starts_with("421 4.4.2"));
}

BOOST_AUTO_TEST_CASE(data_that_go_on_far_beyond_the_limit_are_cut_off) {
  options.listeners.front().limits.message_size = 64 * 1024;
  const auto limit = mail::smtp::drain_limit(64 * 1024);
  listen();
  auto honest = connect_with_envelope();
  ask(*honest, "DATA\r\n");
  const auto said = ask(*honest, filler(limit - 64) + "\r\n.\r\n");
  BOOST_TEST(said.starts_with("552 5.3.4"));
  BOOST_TEST(!honest->closed);
  auto endless = connect_with_envelope();
  ask(*endless, "DATA\r\n");
  BOOST_TEST(ask(*endless, filler(limit + 64)).starts_with("552 5.3.4"));
  BOOST_TEST(endless->closed);
  BOOST_TEST(accepted() == 0u);
}

BOOST_AUTO_TEST_CASE(a_message_must_come_as_fast_in_many_chunks_as_in_one) {
  auto& limits = options.listeners.front().limits;
  limits.data_wait = 10s;
  limits.data_rate = 100;
  listen();
  for (const auto& [octets, in_time] : {std::pair(50, false), std::pair(500, true)}) {
    auto client = connect_with_envelope();
    for (int chunk = 0; chunk < 20 && !client->closed; ++chunk) {
      send(*client, "BDAT " + std::to_string(octets) + "\r\n" + filler(octets));
      world.advance(5s);
    }
    BOOST_TEST(client->closed != in_time);
    BOOST_TEST((hear(*client).find("421 4.4.2 ") == std::string::npos) == in_time);
  }
  auto silent = connect_with_envelope();  // between chunks
  ask(*silent, "BDAT 50\r\n" + filler(50));
  world.advance(11s);
  BOOST_TEST(hear(*silent).starts_with("421 4.4.2 "));
}

BOOST_AUTO_TEST_CASE(a_transaction_has_an_end_and_data_have_the_time_besides_that_their_octets_may_take) {
  auto& limits = options.listeners.front().limits;
  limits.transaction_wait = 60s;
  limits.data_rate = 100;
  listen();
  auto slow = connect_with_envelope(), with_data = connect_with_envelope(), idle = connect();
  hear(*idle);
  send(*with_data, "BDAT 1000\r\n" + filler(1000));  // ten seconds more
  for (int second = 0; second < 55; second += 5) {
    BOOST_TEST(ask(*slow, "RCPT TO:<alice@example.org>\r\n") == "250 2.1.5 ok\r\n");
    world.advance(5s);
  }
  hear(*with_data);
  world.advance(6s);
  BOOST_TEST(hear(*slow).starts_with("421 4.4.2 "));
  BOOST_TEST(slow->closed);
  BOOST_TEST(!with_data->closed);
  world.advance(10s);
  BOOST_TEST(with_data->closed);
  BOOST_TEST(ask(*idle, "EHLO client.example\r\n").starts_with("250"));  // without a transaction it has the time of a command
  BOOST_TEST(ask(*idle, envelope.data()) == ok);                         // and each one begins anew
}

// ---- a crowd

BOOST_AUTO_TEST_CASE(at_the_limit_the_stranger_who_was_waited_for_longest_makes_room_and_is_told) {
  options.connections.total = 4;
  auto& ours = options.clients.emplace_back();
  ours.name = "gateway.example.org";
  ours.networks.push_back(*net::Network::parse("198.51.100.0/24"));
  listen();
  auto gateway = connect("198.51.100.1"), first = connect(), second = connect(), third = connect();
  hear(*first);
  BOOST_TEST(ask(*first, "NOOP\r\n") == "250 2.0.0 OK\r\n");
  hear(*second);
  auto newcomer = connect();
  BOOST_TEST(hear(*newcomer).starts_with("220 "));
  BOOST_TEST(hear(*second) == "421 4.3.2 Too many connections, closing; come again later\r\n");
  world.advance(1s);
  BOOST_TEST(second->closed);
  for (auto* other : {gateway.get(), first.get(), third.get(), newcomer.get()}) BOOST_TEST(!other->closed);
  for (int i = 0; i < 20; ++i) BOOST_TEST(hear(*connect()).starts_with("220 "));
  BOOST_TEST(!gateway->closed);
}

BOOST_AUTO_TEST_CASE(a_message_makes_room_only_once_it_has_taken_a_minute) {
  options.connections.total = 2;
  listen();
  auto by_data = connect_with_envelope(), by_chunks = connect_with_envelope();
  ask(*by_data, "DATA\r\n" + message);
  ask(*by_chunks, "BDAT 6\r\nSubjec");
  world.advance(59s);
  send(*by_data, "x");  // gains it nothing
  BOOST_TEST(!hear(*connect()).starts_with("220 "));
  world.advance(1s);
  std::vector<std::shared_ptr<Client>> newcomers;
  for (auto* client : {by_chunks.get(), by_data.get()}) {
    newcomers.push_back(connect());
    BOOST_TEST(hear(*newcomers.back()).starts_with("220 "));
    BOOST_TEST(hear(*client).starts_with("421 4.3.2 "));
  }
  BOOST_TEST(accepted() == 0u);
}

BOOST_AUTO_TEST_CASE(while_places_are_short_a_stranger_has_half_a_minute_for_a_command) {
  options.connections.total = 5;
  listen();
  auto first = connect(), second = connect(), third = connect(), fourth = connect();
  hear(*first);
  hear(*fourth);
  world.advance(31s);
  BOOST_TEST(hear(*fourth).starts_with("421 4.4.2 "));
  for (auto* other : {first.get(), second.get(), third.get()}) BOOST_TEST(!other->closed);
  world.advance(3s);  // the fourth has gone
  BOOST_TEST(ask(*first, "NOOP\r\n") == "250 2.0.0 OK\r\n");
  world.advance(60s);
  BOOST_TEST(!first->closed);
}

// ---- the end of the server

BOOST_AUTO_TEST_CASE(at_the_end_who_is_between_commands_is_told_and_left_at_once) {
  listen();
  auto idle = connect(), envelope_said = connect_with_envelope(), half = connect(), has_sent = connect_with_envelope();
  hear(*idle);
  hear(*half);
  send(*half, "EHL");
  ask(*has_sent, "DATA\r\n");
  BOOST_TEST(ask(*has_sent, message + ".\r\n").starts_with("250 "));
  listener->stop();
  for (auto* client : {idle.get(), envelope_said.get(), half.get(), has_sent.get()}) {
    BOOST_TEST(hear(*client) == "421 4.3.2 Service shutting down, closing\r\n");
    BOOST_TEST(client->closed);
  }
}

BOOST_AUTO_TEST_CASE(at_the_end_a_message_under_way_is_finished_and_answered) {
  listen();
  auto by_data = connect_with_envelope(), by_chunks = connect_with_envelope(), mid_chunk = connect_with_envelope();
  ask(*by_data, "DATA\r\n" + message.substr(0, 5));
  ask(*by_chunks, "BDAT 5\r\n" + message.substr(0, 5));
  ask(*mid_chunk, "BDAT 6 LAST\r\n" + message.substr(0, 5));
  listener->stop();
  world.advance(20s);
  const std::string last = "421 4.3.2 Service shutting down, closing\r\n";
  for (auto* client : {by_data.get(), by_chunks.get(), mid_chunk.get()}) BOOST_TEST(hear(*client) == "");
  const auto rest = message.substr(5);
  const auto answers = {
      ask(*by_data, rest + ".\r\nNOOP\r\n"),
      ask(*by_chunks, "BDAT " + std::to_string(rest.size()) + " LAST\r\n" + rest),
      ask(*mid_chunk, "x"),
  };
  for (const auto& answer : answers) {
    BOOST_TEST(answer.starts_with("250 2.0.0 ok, kept as "));
    BOOST_TEST(answer.ends_with(last));
  }
  BOOST_TEST((by_data->closed && by_chunks->closed && mid_chunk->closed));
  BOOST_TEST(accepted() == 3u);
}

BOOST_AUTO_TEST_CASE(at_the_end_a_message_that_is_given_up_holds_nobody) {
  listen();
  auto client = connect_with_envelope();
  ask(*client, "BDAT 5\r\n" + message.substr(0, 5));
  listener->stop();
  BOOST_TEST(ask(*client, "RSET\r\n") == "250 2.0.0 OK\r\n421 4.3.2 Service shutting down, closing\r\n");
  BOOST_TEST(client->closed);
}

BOOST_AUTO_TEST_CASE(at_the_end_who_never_finishes_is_cut_when_the_wait_is_over) {
  listen();
  auto client = connect_with_envelope();
  ask(*client, "DATA\r\n" + message);
  const auto begin = world.clock.steady();
  BOOST_TEST(world.run(listener->drain(30s)) == 0u);
  BOOST_TEST((world.clock.steady() - begin == 30s));
  BOOST_TEST(hear(*client) == "421 4.3.2 Service shutting down, closing\r\n");
  BOOST_TEST(client->closed);
  BOOST_TEST(accepted() == 0u);
}

BOOST_AUTO_TEST_CASE(a_refused_stranger_is_logged_with_the_client_that_he_is_or_that_nobody_matches_him) {
  policy.passthrough.accept_local_from = routing::AcceptLocalFrom::clients;
  policy.undelivered = routing::Undelivered::refuse_or_return;
  options.listeners.front().refuse_nonlocal_claiming_local = routing::Switch::on;
  auto& scanner = options.clients.emplace_back();
  scanner.name = "scanner.example.org";
  scanner.networks = {*net::Network::parse("192.0.2.40/32")};
  scanner.may.local_sender = true;
  listen();
  const std::string nobody = "client=\"\"", hint = "hint=\"no [[client]] for this address\"", no_hint = "hint=\"\"";
  const struct {
    std::string address, commands, reply, client, hint;
  } rows[] = {
      {"192.0.2.99", "MAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\n", "451 4.3.2", nobody, hint},
      {"192.0.2.99", "MAIL FROM:<>\r\nRCPT TO:<x@far.example>\r\n", "550 5.7.1", nobody, hint},
      {"192.0.2.99", "MAIL FROM:<alice@example.org>\r\n", "550 5.7.1", nobody, hint},
      {"192.0.2.99", "MAIL FROM:<>\r\nRCPT TO:<nobody@example.org>\r\n", "451 4.3.2", nobody, no_hint},
      {"192.0.2.40", "MAIL FROM:<>\r\nRCPT TO:<x@far.example>\r\n", "550 5.7.1", "client=scanner.example.org", no_hint},
  };
  for (const auto& row : rows) {
    auto client = connect(row.address);
    hear(*client);
    ask(*client, "EHLO client.example\r\n");
    const test::CapturedLog log;
    const auto said = ask(*client, row.commands);
    const auto lines = log.lines("smtp.rcpt_refused") + log.lines("smtp.mail_refused");
    BOOST_TEST_CONTEXT(row.commands << said << lines) {
      BOOST_TEST(said.find(row.reply) != std::string::npos);
      BOOST_TEST(lines.find("reply=\"" + row.reply) != std::string::npos);
      BOOST_TEST(lines.find(row.client) != std::string::npos);
      BOOST_TEST(lines.find(row.hint) != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
