#include "base/codec.hpp"
#include "tests/unit/relay/inbound_world.hpp"

using namespace understudy;
using namespace std::chrono_literals;

namespace {
std::string plain(std::string_view user, std::string_view password) {
  return "AUTH PLAIN " + base::to_base64('\0' + std::string(user) + '\0' + std::string(password)) + "\r\n";
}

/// At a listener with implicit TLS.
struct LoginWorld : test::InboundWorld {
  LoginWorld() { options.listeners.front().tls = mail::smtp::ServerTls::implicit; }

  std::shared_ptr<Client> greeted(const std::string& from = "192.0.2.99") {
    auto client = connect(from);
    hear(*client);
    ask(*client, "EHLO client.example\r\n");
    return client;
  }
  /// One attempt on a connection of its own; the first word of the answer, and how long it took.
  struct Answer {
    std::string said;
    base::SteadyTime after{};
  };
  Answer attempt(std::string_view user, std::string_view tried, const std::string& from = "192.0.2.99") {
    auto client = greeted(from);
    const auto begin = world.clock.steady();
    Answer answer;
    send(*client, plain(user, tried));
    for (answer.said = hear(*client); answer.said.empty() && world.clock.steady() - begin < 10s; answer.said = hear(*client))
      world.advance(100ms);
    answer.after = world.clock.steady() - begin;
    answer.said = answer.said.substr(0, 9);
    client->link->abort();
    world.settle();
    return answer;
  }
  void expect(std::string_view user, std::string_view tried, const std::string& said, const std::string& from = "192.0.2.99") {
    const auto answer = attempt(user, tried, from);
    BOOST_TEST_CONTEXT(user << " from " << from) {
      BOOST_TEST(answer.said == said);
      const auto wait = said == "235 2.7.0" ? 0s : 2s;
      BOOST_TEST((answer.after == wait));
    }
  }
  /// What SCRAM-SHA-256 tells of a user before he has proved anything: salt and iterations.
  std::string salt_of(std::string_view user) {
    auto client = greeted("192.0.2.77");
    const auto first = base::to_base64("n,,n=" + std::string(user) + ",r=nonce");
    const auto said = ask(*client, "AUTH SCRAM-SHA-256 " + first + "\r\n");
    BOOST_REQUIRE(said.starts_with("334 "));
    const auto message = *base::from_base64(said.substr(4, said.size() - 6));
    client->link->abort();
    world.settle();
    return message.substr(message.find(",s="));
  }
  static constexpr const char *yes = "235 2.7.0", *no = "535 5.7.8", *later = "454 4.7.0";
};
}  // namespace

BOOST_FIXTURE_TEST_SUITE(inbound_login, LoginWorld)

BOOST_AUTO_TEST_CASE(a_refused_login_is_answered_after_two_seconds_whoever_it_was_and_a_right_one_at_once) {
  listen();
  expect(alice, password, yes);
  expect(alice, "wrong", no);
  expect("nobody@example.org", "wrong", no);
  expect("nobody@elsewhere.example", "wrong", no);
}

BOOST_AUTO_TEST_CASE(nothing_is_offered_or_taken_without_TLS) {
  options.listeners.front().tls = mail::smtp::ServerTls::starttls;
  listen();
  auto client = connect();
  hear(*client);
  const auto offers = ask(*client, "EHLO client.example\r\n");
  BOOST_TEST(offers.find("STARTTLS") != std::string::npos);
  BOOST_TEST(offers.find("AUTH") == std::string::npos);
  BOOST_TEST(ask(*client, plain(alice, password)).starts_with("538 5.7.11"));
  BOOST_TEST(workers.jobs == 0);
}

BOOST_AUTO_TEST_CASE(passwords_are_hashed_by_the_workers_and_who_finds_them_full_is_told_to_come_again) {
  listen();
  expect(alice, password, yes);
  BOOST_TEST(workers.jobs == 1);
  workers.full = true;
  expect(alice, password, later);
  workers.full = false;
  expect(alice, password, yes);
}

BOOST_AUTO_TEST_CASE(after_too_many_failures_an_account_is_not_even_tried_until_one_is_forgiven) {
  options.logins = {3, 1000, 60s};
  listen();
  for (const std::string_view user : {alice, std::string_view("nobody@example.org")}) {  // nobody learns who exists
    for (const char* from : {"192.0.2.50", "192.0.2.51", "192.0.2.52"}) expect(user, "wrong", no, from);
    expect(user, user == alice ? password : "wrong", later, "192.0.2.53");
    world.advance(60s);
    expect(user, "wrong", no, "192.0.2.53");
    expect(user, "wrong", later, "192.0.2.53");
  }
  world.advance(60s);
  expect(alice, password, yes, "192.0.2.53");
}

BOOST_AUTO_TEST_CASE(the_spellings_of_an_account_are_counted_together) {
  options.logins = {3, 1000, 60s};
  listen();
  for (const char* user : {"alice@example.org", "ALICE@Example.ORG", "Al"}) expect(user, "wrong", no);
  for (const char* user : {"alice", "\"alice\"@example.org", "al@copy.example.org"}) expect(user, password, later);
}

BOOST_AUTO_TEST_CASE(the_spellings_of_a_stranger_are_counted_together_as_well) {
  options.logins = {3, 1000, 60s};
  listen();
  for (const char* user : {"nobody@example.org", "NOBODY@Copy.Example.ORG", "nobody"}) expect(user, "wrong", no);
  expect("\"nobody\"@example.org", "wrong", later);
  expect("somebody", "wrong", no);
}

BOOST_AUTO_TEST_CASE(the_salt_of_a_name_does_not_tell_whether_there_is_such_a_user) {
  options.logins = {1, 1000, 60s};
  listen();
  for (const std::string user : {"alice", "nobody"}) {
    const auto salt = salt_of(user);
    for (const auto& spelling : {user + "@example.org", "\"" + user + "\"@example.org", "\"" + user + "\"",
                                 user + "@copy.example.org", char(user[0] - 32) + user.substr(1) + "@Example.ORG"})
      BOOST_TEST(salt_of(spelling) == salt, spelling);
    for (const auto& other : {user + "+x", user + "@example.com", "x" + user}) BOOST_TEST(salt_of(other) != salt, other);
    expect(user, "wrong", no);
    expect(user, "wrong", later);
    BOOST_TEST(salt_of(user) == salt);  // nor does being locked
  }
}

BOOST_AUTO_TEST_CASE(after_too_many_failures_an_address_is_not_heard_whatever_the_account) {
  options.logins = {1000, 3, 60s};
  listen();
  for (const char* user : {"a@example.org", "b@example.org", "c@example.org"}) expect(user, "wrong", no, "192.0.2.50");
  expect(alice, password, later, "192.0.2.50");
  expect(alice, password, yes, "192.0.2.51");
}

BOOST_AUTO_TEST_CASE(nobody_locks_an_owner_out_of_where_he_has_logged_in_before) {
  options.logins = {3, 5, 60s};
  listen();
  expect(alice, password, yes, "192.0.2.10");
  for (int i = 0; i < 3; ++i) expect(alice, "wrong", no, "192.0.2.66");
  expect(alice, password, later, "192.0.2.66");
  expect(alice, password, yes, "192.0.2.10");
  for (int i = 0; i < 3; ++i) expect(alice, "wrong", no, "192.0.2.10");  // but he is counted there, too
  expect(alice, password, later, "192.0.2.10");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(login_guard)

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_the_latest_failures_are_the_ones_remembered) {
  sim::SimClock clock;
  archive::login::Guard guard(clock);
  archive::login::Limits limits;
  limits.failures_per_account = 1;
  limits.failures_per_address = 1'000'000;
  limits.forgive = std::chrono::hours(24);
  const auto from = *net::IpAddress::parse("192.0.2.1");
  const auto name = [](std::size_t i) { return "user" + std::to_string(i); };
  for (std::size_t i = 0; i <= archive::login::Guard::max_tracked; ++i) guard.failed(name(i), from, limits);
  BOOST_TEST(guard.may_try(name(0), from, limits));  // forgotten
  BOOST_TEST(!guard.may_try(name(1), from, limits));
  BOOST_TEST(!guard.may_try(name(archive::login::Guard::max_tracked), from, limits));
}

BOOST_AUTO_TEST_CASE(the_hosts_of_an_IPv6_network_are_one_address) {
  sim::SimClock clock;
  archive::login::Guard guard(clock);
  archive::login::Limits limits;
  limits.failures_per_address = 1;
  guard.failed("a", *net::IpAddress::parse("2001:db8:0:1::1"), limits);
  BOOST_TEST(!guard.may_try("b", *net::IpAddress::parse("2001:db8:0:1:ffff::2"), limits));
  BOOST_TEST(guard.may_try("b", *net::IpAddress::parse("2001:db8:0:2::1"), limits));
}

BOOST_AUTO_TEST_SUITE_END()
