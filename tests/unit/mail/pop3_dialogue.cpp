/// POP3 sessions, told as lines and answers.
#include <random>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/pop3/dialogue.hpp"

using namespace understudy::mail;
using namespace understudy::mail::pop3;

namespace {

ServerOptions options(ServerTls tls = ServerTls::implicit) {
  ServerOptions o;
  o.hostname = "mx.example";
  o.tls = tls;
  o.mechanisms = {"SCRAM-SHA-256", "PLAIN"};
  return o;
}

std::vector<Entry> three() {
  return {{100, "a"}, {20, "b"}, {3, "c"}};
}

ServerDialogue greeted(const ServerOptions& o) {
  ServerDialogue d(o);
  d.greet();
  return d;
}

ServerDialogue opened(const ServerOptions& o = options(), std::vector<Entry> entries = three()) {
  auto d = greeted(o);
  d.on_line("USER joe");
  d.on_line("PASS secret");
  d.on_login_success("joe");
  d.on_maildrop(std::move(entries));
  return d;
}

/// All of the answer, listings too.
std::string said(ServerDialogue& d, std::string_view line) {
  auto next = d.on_line(line);
  auto out = next.reply;
  while (next.want == Want::more) out += (next = d.on_more()).reply;
  return out;
}

bool is_error(const std::string& reply) {
  return reply.starts_with("-ERR ");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pop3_dialogue)

BOOST_AUTO_TEST_CASE(a_session_reads_marks_and_removes_at_quit) {
  ServerDialogue d(options());
  BOOST_TEST(d.greet().reply == "+OK mx.example POP3 ready\r\n");
  BOOST_TEST(said(d, "USER joe").starts_with("+OK"));
  auto next = d.on_line("PASS se cret ");
  BOOST_TEST((next.want == Want::login));
  BOOST_TEST(next.reply == "");
  BOOST_TEST(d.credentials().user == "joe");
  BOOST_TEST(d.credentials().password == "se cret ");
  BOOST_TEST((d.on_login_success("joe@x").want == Want::maildrop));
  BOOST_TEST(*d.user() == "joe@x");
  BOOST_TEST(d.on_maildrop(three()).reply == "+OK 3 messages (123 octets)\r\n");
  BOOST_TEST(said(d, "STAT") == "+OK 3 123\r\n");
  BOOST_TEST(said(d, "LIST") == "+OK 3 messages\r\n1 100\r\n2 20\r\n3 3\r\n.\r\n");
  BOOST_TEST(said(d, "UIDL 2") == "+OK 2 b\r\n");
  BOOST_TEST(said(d, "DELE 2").starts_with("+OK"));
  BOOST_TEST(is_error(said(d, "DELE 2")));
  BOOST_TEST(is_error(said(d, "LIST 2")));
  BOOST_TEST(is_error(said(d, "RETR 2")));
  BOOST_TEST(is_error(said(d, "RETR 0")));
  BOOST_TEST(is_error(said(d, "RETR 4")));
  BOOST_TEST(is_error(said(d, "TOP 18446744073709551615 1")));
  BOOST_TEST(said(d, "STAT") == "+OK 2 103\r\n");
  BOOST_TEST(said(d, "UIDL") == "+OK 2 messages\r\n1 a\r\n3 c\r\n.\r\n");
  BOOST_TEST(said(d, "RSET") == "+OK 3 messages (123 octets)\r\n");
  said(d, "DELE 3");
  said(d, "DELE 1");
  next = d.on_line("QUIT");
  BOOST_TEST((next.want == Want::update));
  BOOST_TEST(next.reply == "");
  BOOST_TEST(d.removals() == (std::vector<std::uint64_t>{1, 3}));
  next = d.on_updated(Updated::all);
  BOOST_TEST(next.reply == "+OK mx.example closing\r\n");
  BOOST_TEST((next.want == Want::close));
}

BOOST_AUTO_TEST_CASE(messages_are_opened_sent_or_refused) {
  auto d = opened();
  auto next = d.on_line("RETR 1");
  BOOST_TEST((next.want == Want::message));
  BOOST_TEST(next.reply == "");
  BOOST_TEST(d.message_request().number == 1);
  BOOST_TEST(!d.message_request().lines);
  next = d.on_message_open();
  BOOST_TEST(next.reply == "+OK 100 octets\r\n");
  BOOST_TEST((next.want == Want::body));
  next = d.on_message_sent();
  BOOST_TEST(next.reply == "");
  BOOST_TEST((next.want == Want::command));
  d.on_line("TOP 2 0");
  BOOST_TEST(*d.message_request().lines == 0);
  BOOST_TEST(d.on_no_message(Trouble::temporary).reply.starts_with("-ERR [SYS/TEMP] "));
  d.on_line("RETR 2");
  BOOST_TEST(d.on_no_message(Trouble::gone).reply.starts_with("-ERR The message is gone"));
}

BOOST_AUTO_TEST_CASE(without_tls_there_is_no_login_and_none_is_offered) {
  for (const auto tls : {ServerTls::none, ServerTls::stls}) {
    auto o = options(tls);
    o.max_errors_before_login = 10;
    auto d = greeted(o);
    const auto capa = said(d, "CAPA");
    BOOST_TEST((capa.find("\r\nUSER\r\n") == capa.npos));
    BOOST_TEST((capa.find("SASL") == capa.npos));
    BOOST_TEST((capa.find("STLS") != capa.npos) == (tls == ServerTls::stls));
    BOOST_TEST(is_error(said(d, "USER joe")));
    BOOST_TEST(is_error(said(d, "PASS secret")));
    BOOST_TEST(is_error(said(d, "AUTH PLAIN AGpvZQBzZWNyZXQ=")));
    BOOST_TEST(is_error(said(d, "STLS")) == (tls == ServerTls::none));
  }
}

BOOST_AUTO_TEST_CASE(after_the_handshake_nothing_of_before_is_known) {
  auto d = greeted(options(ServerTls::stls));
  said(d, "UTF8");
  BOOST_TEST(d.utf8());
  auto next = d.on_line("STLS");
  BOOST_TEST((next.want == Want::tls));
  BOOST_TEST((next.flush == Flush::now));
  BOOST_TEST((d.on_tls_started(Leftover::none).want == Want::command));
  BOOST_TEST(d.tls());
  BOOST_TEST(!d.utf8());
  const auto capa = said(d, "CAPA");
  BOOST_TEST((capa.find("SASL SCRAM-SHA-256 PLAIN\r\n") != capa.npos));
  BOOST_TEST((capa.find("STLS") == capa.npos));
  BOOST_TEST(is_error(said(d, "STLS")));
}

BOOST_AUTO_TEST_CASE(what_was_pipelined_before_the_handshake_ends_the_connection) {
  auto d = greeted(options(ServerTls::stls));
  d.on_line("STLS");
  const auto next = d.on_tls_started(Leftover::plaintext);
  BOOST_TEST((next.want == Want::close));
  BOOST_TEST(next.reply == "");
}

BOOST_AUTO_TEST_CASE(capabilities_are_named) {
  auto d = greeted(options());
  const auto capa = said(d, "CAPA");
  for (const auto* name : {"TOP", "UIDL", "PIPELINING", "RESP-CODES", "AUTH-RESP-CODE", "EXPIRE NEVER", "UTF8 USER", "LANG",
                           "USER", "IMPLEMENTATION Understudy"})
    BOOST_TEST((capa.find(std::string("\r\n") + name + "\r\n") != capa.npos), name);
  BOOST_TEST(capa.ends_with("\r\n.\r\n"));
}

BOOST_AUTO_TEST_CASE(commands_out_of_place_are_refused) {
  for (const auto* line :
       {"STAT", "LIST", "LIST 1", "RETR 1", "DELE 1", "NOOP", "RSET", "TOP 1 1", "UIDL", "UIDL 1", "PASS x", "AUTH NTLM"}) {
    auto d = greeted(options());
    BOOST_TEST(is_error(said(d, line)), line);
  }
  for (const auto* line : {"USER x", "PASS x", "AUTH PLAIN", "STLS", "UTF8"}) {
    auto d = opened();
    BOOST_TEST(is_error(said(d, line)), line);
  }
  for (const auto* line : {"CAPA", "NONSENSE", "PASS a\tb"}) {
    auto d = greeted(options());
    said(d, "USER joe");
    said(d, line);
    BOOST_TEST(is_error(said(d, "PASS secret")), line);  // not at once behind USER
  }
}

BOOST_AUTO_TEST_CASE(an_exchange_goes_from_challenge_to_login) {
  auto d = greeted(options());
  BOOST_TEST(d.line_limit() == 253);
  auto next = d.on_line("AUTH scram-sha-256 bixh");
  BOOST_TEST((next.want == Want::auth));
  BOOST_TEST((d.auth_request().kind == AuthRequest::Kind::start));
  BOOST_TEST(d.auth_request().mechanism == "SCRAM-SHA-256");
  BOOST_TEST(*d.auth_request().response == "bixh");
  next = d.on_auth_challenge("cj0x");
  BOOST_TEST(next.reply == "+ cj0x\r\n");
  BOOST_TEST((next.flush == Flush::now));
  BOOST_TEST(d.line_limit() == 12288);
  BOOST_TEST(d.in_exchange());
  d.on_line("QUIT");  // of the exchange, no command
  BOOST_TEST((d.auth_request().kind == AuthRequest::Kind::step));
  BOOST_TEST(*d.auth_request().response == "QUIT");
  BOOST_TEST((d.on_login_success("joe").want == Want::maildrop));
  BOOST_TEST(!d.in_exchange());
  BOOST_TEST(d.line_limit() == 253);
}

BOOST_AUTO_TEST_CASE(what_tls_has_shown_is_offered_from_then_on) {
  auto d = greeted(options());
  BOOST_TEST(d.on_line("AUTH EXTERNAL").reply.starts_with("-ERR"));
  d.offer({"EXTERNAL", "PLAIN"});
  BOOST_TEST(d.on_line("CAPA").reply.find("SASL EXTERNAL ") != std::string::npos);
  BOOST_TEST((d.on_line("AUTH EXTERNAL =").want == Want::auth));
}

BOOST_AUTO_TEST_CASE(a_login_that_is_not_served_here_says_why_and_counts) {
  auto d = greeted(options());
  for (int i = 0; i < 2; ++i) {
    d.on_line("AUTH PLAIN");
    BOOST_TEST(d.on_login_forbidden("by IMAP alone").reply == "-ERR [AUTH] by IMAP alone\r\n");
  }
  d.on_line("AUTH PLAIN");
  BOOST_TEST((d.on_login_forbidden("by IMAP alone").want == Want::close));
}

BOOST_AUTO_TEST_CASE(failures_are_named_and_the_third_ends_the_connection) {
  auto d = greeted(options());
  d.on_line("AUTH PLAIN");
  BOOST_TEST(d.on_login_failure(sasl::Failure::unavailable).reply.starts_with("-ERR [SYS/TEMP] "));
  d.on_line("AUTH PLAIN");
  d.on_auth_challenge("");
  BOOST_TEST(d.on_line("*").reply == "-ERR Authentication cancelled\r\n");
  for (int guess = 0; guess < 2; ++guess) {  // who gives up has not guessed
    d.on_line("USER joe");
    d.on_line("PASS x");
    BOOST_TEST(d.on_login_failure(sasl::Failure::rejected).reply.starts_with("-ERR [AUTH] "));
  }
  d.on_line("AUTH PLAIN");
  d.on_auth_challenge("");
  const auto next = d.on_line(std::string(12289, 'x'));
  BOOST_TEST(next.reply.starts_with("-ERR [AUTH] "));
  BOOST_TEST((next.want == Want::close));
}

BOOST_AUTO_TEST_CASE(a_maildrop_that_cannot_be_had_leaves_the_client_at_the_start) {
  const std::vector<std::pair<Trouble, std::string>> rows = {
      {Trouble::in_use, "[IN-USE]"}, {Trouble::temporary, "[SYS/TEMP]"}, {Trouble::permanent, "[SYS/PERM]"}};
  for (const auto& [why, code] : rows) {
    auto d = greeted(options());
    d.on_line("USER joe");
    d.on_line("PASS x");
    d.on_login_success("joe");
    BOOST_TEST(d.on_no_maildrop(why).reply.starts_with("-ERR " + code + " "));
    BOOST_TEST(!d.user());
    BOOST_TEST(!d.in_transaction());
    BOOST_TEST(said(d, "USER joe").starts_with("+OK"));
  }
}

BOOST_AUTO_TEST_CASE(the_last_of_too_many_errors_ends_the_connection_and_removes_nothing) {
  auto d = opened();
  said(d, "DELE 1");
  for (int error = 0; error < 18; ++error) BOOST_TEST((d.on_line("XYZZY").want == Want::command));
  BOOST_TEST((d.on_line(std::string(254, 'x')).want == Want::command));
  const auto next = d.on_line("");
  BOOST_TEST(is_error(next.reply));
  BOOST_TEST((next.want == Want::close));
  BOOST_CHECK_THROW(d.removals(), std::logic_error);
}

BOOST_AUTO_TEST_CASE(before_the_maildrop_is_open_fewer_errors_end_it) {
  auto d = greeted(options());
  for (int error = 0; error < 2; ++error) BOOST_TEST((d.on_line("XYZZY").want == Want::command));
  BOOST_TEST((d.on_line("XYZZY").want == Want::close));
}

BOOST_AUTO_TEST_CASE(a_maildrop_that_can_only_be_read_refuses_dele_at_once) {
  auto d = greeted(options());
  d.on_line("USER joe");
  d.on_line("PASS x");
  d.on_login_success("joe");
  d.on_maildrop({{100, "id"}}, ServerDialogue::Removing::refused);
  BOOST_TEST(said(d, "DELE 1").starts_with("-ERR [SYS/PERM] "));
  BOOST_TEST(said(d, "DELE 2").starts_with("-ERR No such message"));
  d.on_line("QUIT");
  BOOST_TEST(d.removals().empty());
}

BOOST_AUTO_TEST_CASE(lines_of_the_longest_length_are_taken) {
  auto d = greeted(options());
  const std::string name(253 - 5, 'n');
  BOOST_TEST(said(d, "USER " + name).starts_with("+OK"));
  BOOST_TEST(is_error(said(d, "USER n" + name)));
}

BOOST_AUTO_TEST_CASE(http_and_time_and_shutdown_end_it_without_removing) {
  auto d = opened();
  BOOST_TEST((d.on_line("GET / HTTP/1.1").want == Want::close));
  auto e = opened();
  said(e, "DELE 1");
  const auto next = e.on_timeout();
  BOOST_TEST(next.reply == "");
  BOOST_TEST((next.want == Want::close));
  auto f = opened();
  BOOST_TEST(f.on_shutdown().reply.starts_with("-ERR [SYS/TEMP] "));
}

BOOST_AUTO_TEST_CASE(who_is_thrown_out_is_so_for_a_reason_and_who_leaves_is_not) {
  const auto errors = [](ServerDialogue d) {
    while (d.on_line("XYZZY").want != Want::close) {
    }
    return std::string(d.thrown_out_for());
  };
  BOOST_TEST(errors(greeted(options())) == "too many commands that were not understood");
  BOOST_TEST(errors(opened()) == "too many commands that were not understood");
  auto guesser = greeted(options());
  for (int guess = 0; guess < 3; ++guess) {
    BOOST_TEST(guesser.thrown_out_for() == "");
    guesser.on_line("AUTH PLAIN");
    guesser.on_login_failure(sasl::Failure::rejected);
  }
  BOOST_TEST(guesser.thrown_out_for() == "too many failed logins");
  auto stranger = greeted(options()), silent = opened(), foreign = greeted(options()),
       early = greeted(options(ServerTls::stls));
  stranger.on_timeout();
  BOOST_TEST(stranger.thrown_out_for() == "no login came");
  silent.on_timeout();
  BOOST_TEST(silent.thrown_out_for() == "no command came for too long");
  foreign.on_line("GET / HTTP/1.1");
  BOOST_TEST(foreign.thrown_out_for() == "this is not POP3");
  early.on_line("STLS");
  early.on_tls_started(Leftover::plaintext);
  BOOST_TEST(early.thrown_out_for() == "octets came in clear behind STLS");
  auto quits = greeted(options()), stops = opened();
  quits.on_line("QUIT");
  stops.on_shutdown();
  BOOST_TEST(quits.thrown_out_for() == "");
  BOOST_TEST(stops.thrown_out_for() == "");
}

BOOST_AUTO_TEST_CASE(what_could_not_be_removed_is_told) {
  auto d = opened();
  said(d, "DELE 1");
  d.on_line("QUIT");
  const auto next = d.on_updated(Updated::not_all);
  BOOST_TEST(is_error(next.reply));
  BOOST_TEST((next.want == Want::close));
  auto e = greeted(options());
  BOOST_TEST((e.on_line("QUIT").want == Want::close));
}

BOOST_AUTO_TEST_CASE(languages_are_listed_and_only_english_is_spoken) {
  auto d = greeted(options());
  BOOST_TEST(said(d, "LANG") == "+OK Language listing follows\r\nen English\r\n.\r\n");
  BOOST_TEST(said(d, "LANG EN").starts_with("+OK en "));
  BOOST_TEST(said(d, "LANG *").starts_with("+OK en "));
  for (int i = 0; i < 5; ++i) BOOST_TEST(is_error(said(d, "LANG tlh")));  // no fault of the client
}

BOOST_AUTO_TEST_CASE(long_listings_come_in_chunks) {
  std::vector<Entry> many;
  for (int i = 1; i <= 10'000; ++i) many.push_back({1, "u" + std::to_string(i)});
  auto d = opened(options(), many);
  auto next = d.on_line("UIDL");
  std::string all = next.reply;
  std::size_t longest = next.reply.size();
  while (next.want == Want::more) {
    next = d.on_more();
    longest = std::max(longest, next.reply.size());
    all += next.reply;
  }
  BOOST_TEST(longest <= 16 * 1024 + 80);
  BOOST_TEST(std::ranges::count(all, '\n') == 10'002);
  BOOST_TEST(all.ends_with("10000 u10000\r\n.\r\n"));
  BOOST_TEST(said(d, "STAT") == "+OK 10000 10000\r\n");
  auto e = opened(options(), {});
  BOOST_TEST(said(e, "LIST") == "+OK 0 messages\r\n.\r\n");
}

BOOST_AUTO_TEST_CASE(entries_that_no_client_could_take_are_bugs) {
  for (const auto& uidl : {std::string(), std::string(71, 'x'), std::string("a b"), std::string("\x7f"), std::string("\r\n")})
    BOOST_CHECK_THROW(Maildrop({{1, uidl}}), std::logic_error);
  BOOST_CHECK_THROW(Maildrop({{std::numeric_limits<std::uint64_t>::max(), "a"}, {1, "b"}}), std::logic_error);
  BOOST_TEST(Maildrop({{std::numeric_limits<std::uint64_t>::max(), std::string(70, 'x')}}).octets_left() ==
             std::numeric_limits<std::uint64_t>::max());
}

BOOST_AUTO_TEST_CASE(calls_that_were_not_wanted_are_bugs) {
  ServerDialogue d(options());
  BOOST_CHECK_THROW(d.on_line("NOOP"), std::logic_error);
  d.greet();
  BOOST_CHECK_THROW(d.greet(), std::logic_error);
  BOOST_CHECK_THROW(d.on_login_success("x"), std::logic_error);
  BOOST_CHECK_THROW(d.on_maildrop({}), std::logic_error);
  BOOST_CHECK_THROW(d.on_more(), std::logic_error);
  BOOST_CHECK_THROW(d.on_message_open(), std::logic_error);
  BOOST_CHECK_THROW(d.on_updated(Updated::all), std::logic_error);
  BOOST_CHECK_THROW(d.on_tls_started(Leftover::none), std::logic_error);
  BOOST_CHECK_THROW(d.credentials(), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_random_walk_keeps_the_marks_of_a_model) {
  std::mt19937 random(9);
  for (int round = 0; round < 200; ++round) {
    std::vector<Entry> entries;
    for (std::size_t i = random() % 6; i > 0; --i) entries.push_back({random() % 100, "u" + std::to_string(i)});
    auto d = opened(options(), entries);
    std::set<std::uint64_t> marked;
    for (int step = 0; step < 30; ++step) {
      const auto number = random() % 8;
      const bool there = number >= 1 && number <= entries.size() && !marked.contains(number);
      const auto n = std::to_string(number);
      switch (random() % 4) {
        case 0:
          BOOST_REQUIRE_EQUAL(is_error(said(d, "DELE " + n)), !there);
          if (there) marked.insert(number);
          break;
        case 1:
          BOOST_REQUIRE_EQUAL(is_error(said(d, "LIST " + n)), !there);
          break;
        case 2:
          if (random() % 4 == 0) said(d, "RSET"), marked.clear();
          break;
        default: {
          std::uint64_t octets = 0;
          for (std::size_t i = 0; i < entries.size(); ++i)
            if (!marked.contains(i + 1)) octets += entries[i].size;
          BOOST_REQUIRE_EQUAL(said(d, "STAT"),
                              "+OK " + std::to_string(entries.size() - marked.size()) + " " + std::to_string(octets) + "\r\n");
        }
      }
    }
    d.on_line("QUIT");
    BOOST_REQUIRE(d.removals() == std::vector<std::uint64_t>(marked.begin(), marked.end()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
