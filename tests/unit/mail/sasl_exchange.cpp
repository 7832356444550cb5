#include <map>

#include "base/codec.hpp"
#include "base/text.hpp"
#include "mail/sasl/client.hpp"
#include "mail/sasl/server.hpp"

using namespace understudy;
using namespace understudy::mail::sasl;
using namespace std::string_literals;

namespace {

class Accounts final : public Credentials {
 public:
  Accounts() { users_["alice@example.org"] = *make_verifier("correct horse", "0123456789abcdef", 4096); }
  std::optional<Verifier> find(std::string_view user) override {
    ++asked;
    const auto found = users_.find(std::string(user));
    return found == users_.end() ? std::nullopt : std::optional(found->second);
  }
  bool must_wait(std::string_view) override { return waits; }
  std::string canonical(std::string_view user) const override {
    const auto name = base::to_lower(user);
    return name.find('@') == name.npos ? name + "@example.org" : name;
  }
  std::optional<std::string> acting_for(std::string_view user, std::string_view identity) const override {
    if (!lets_act) return std::nullopt;
    return std::string(identity) + "*" + std::string(user);
  }
  void add(const std::string& user, const std::string& password) {
    users_[user] = *make_verifier(password, "0123456789abcdef", 4096);
  }
  int asked = 0;
  bool waits = false;
  bool lets_act = false;

 private:
  std::map<std::string, Verifier> users_;
};

ServerOptions options(ChannelBinding binding = {}) {
  ServerOptions o;
  o.unknown_user_key = "a key of this machine";
  o.iterations = 4096;
  o.binding = std::move(binding);
  return o;
}

std::string b64(std::string_view text) {
  return base::to_base64(text);
}

struct Outcome {
  Step last;
  bool client_complete = false;
  std::vector<std::string> challenges;
};

// Both sides against each other, until one of them ends it.
Outcome talk(const std::string& mechanism, const Login& login, const ServerOptions& server_options) {
  Accounts accounts;
  ServerSession server(accounts, server_options);
  ClientSession client(mechanism, login);
  const auto initial = client.start();
  BOOST_REQUIRE(initial.has_value());
  Outcome outcome;
  outcome.last = server.start(mechanism, *initial ? std::optional<std::string_view>(**initial) : std::nullopt);
  for (int turns = 0; outcome.last.state == Step::State::challenge && turns < 10; ++turns) {
    outcome.challenges.push_back(outcome.last.challenge);
    const auto answer = client.respond(outcome.last.challenge);
    outcome.last = server.step(answer ? *answer : "*");
  }
  outcome.client_complete = client.complete();
  return outcome;
}

bool failed(const Step& step, Failure why) {
  return step.state == Step::State::failure && step.failure == why;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sasl_exchange)

BOOST_AUTO_TEST_CASE(each_mechanism_lets_in_who_knows_the_password_and_nobody_else) {
  const ChannelBinding binding{ChannelBinding::Kind::tls_exporter, "exported key material"};
  for (const auto* mechanism : {"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}) {
    const auto bound = std::string_view(mechanism).ends_with("PLUS") ? binding : ChannelBinding{};
    BOOST_TEST_CONTEXT(mechanism) {
      const auto good = talk(mechanism, {"alice@example.org", "correct horse", bound}, options(bound));
      BOOST_TEST((good.last.state == Step::State::success));
      BOOST_TEST(good.last.user == "alice@example.org");
      BOOST_TEST(good.client_complete);
      BOOST_TEST(failed(talk(mechanism, {"alice@example.org", "wrong horse", bound}, options(bound)).last, Failure::rejected));
      BOOST_TEST(
          failed(talk(mechanism, {"mallory@example.org", "correct horse", bound}, options(bound)).last, Failure::rejected));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_binding_to_another_connection_is_rejected) {
  const ChannelBinding ours{ChannelBinding::Kind::tls_exporter, "our connection"};
  const ChannelBinding theirs{ChannelBinding::Kind::tls_exporter, "the connection of a man in the middle"};
  const auto got = talk("SCRAM-SHA-256-PLUS", {"alice@example.org", "correct horse", theirs}, options(ours));
  BOOST_TEST((got.last.state == Step::State::failure));
}

BOOST_AUTO_TEST_CASE(a_stripped_plus_is_noticed_by_the_server) {  // RFC 5802 §6: "y" is "I could bind, you did not offer it"
  const ChannelBinding binding{ChannelBinding::Kind::tls_exporter, "one connection"};
  const auto first = [&](const ChannelBinding& of_server, const std::string& flag) {
    Accounts accounts;
    ServerSession server(accounts, options(of_server));
    return server.start("SCRAM-SHA-256", b64(flag + ",,n=alice@example.org,r=clientnonce")).state;
  };
  BOOST_TEST((first(binding, "y") == Step::State::failure));
  BOOST_TEST((first(binding, "n") == Step::State::challenge));
  BOOST_TEST((first({}, "y") == Step::State::challenge));
}

BOOST_AUTO_TEST_CASE(a_client_that_could_bind_gets_on_with_a_server_that_cannot) {
  const ChannelBinding binding{ChannelBinding::Kind::tls_exporter, "one connection"};
  const auto got = talk("SCRAM-SHA-256", {"alice@example.org", "correct horse", binding}, options());
  BOOST_TEST((got.last.state == Step::State::success));
}

BOOST_AUTO_TEST_CASE(an_unknown_user_looks_like_a_known_one_until_the_end) {
  const auto first_of = [](const std::string& user) {
    Accounts accounts;
    ServerSession server(accounts, options());
    return *base::from_base64(server.start("SCRAM-SHA-256", b64("n,,n=" + user + ",r=clientnonce")).challenge);
  };
  const auto salt_of = [](const std::string& message) { return message.substr(message.find(",s=")); };
  const auto known = first_of("alice@example.org"), nobody = first_of("nobody@example.org");
  BOOST_TEST(known.size() == nobody.size());
  BOOST_TEST(nobody.ends_with(",i=4096"));
  BOOST_TEST(salt_of(nobody) == salt_of(first_of("nobody@example.org")));
  BOOST_TEST(salt_of(nobody) == salt_of(first_of("Nobody@Example.ORG")));
  BOOST_TEST(salt_of(nobody) != salt_of(first_of("someone@example.org")));
}

BOOST_AUTO_TEST_CASE(the_salt_of_an_unknown_user_is_the_same_for_each_way_to_write_him) {  // as a known one's is
  const auto salt_of = [](const std::string& user) {
    Accounts accounts;
    ServerSession server(accounts, options());
    const auto first = *base::from_base64(server.start("SCRAM-SHA-256", b64("n,,n=" + user + ",r=clientnonce")).challenge);
    return first.substr(first.find(",s="));
  };
  BOOST_TEST(salt_of("nobody") == salt_of("nobody@example.org"));
  BOOST_TEST(salt_of("nobody") != salt_of("nobody@example.com"));
}

BOOST_AUTO_TEST_CASE(who_has_to_wait_sees_the_salt_that_he_always_sees_and_is_let_in_by_no_password) {
  Accounts accounts;
  std::vector<std::string> salts;
  for (const bool waits : {false, true}) {
    accounts.waits = waits;
    ServerSession server(accounts, options());
    ClientSession client("SCRAM-SHA-256", {"alice@example.org", "correct horse", {}});
    const auto first = server.start("SCRAM-SHA-256", **client.start());
    const auto message = *base::from_base64(first.challenge);
    salts.push_back(message.substr(message.find(",s=")));
    const auto last = server.step(*client.respond(first.challenge));
    BOOST_TEST((last.state == (waits ? Step::State::failure : Step::State::challenge)));
    if (waits) BOOST_TEST(failed(last, Failure::unavailable));
  }
  BOOST_TEST(salts[0] == salts[1]);
}

BOOST_AUTO_TEST_CASE(plain_takes_an_authorization_identity_only_of_oneself) {
  const auto plain = [](const std::string& message) {
    Accounts accounts;
    ServerSession server(accounts, options());
    return server.start("PLAIN", b64(message));
  };
  const auto user = "alice@example.org"s, password = "correct horse"s;
  BOOST_TEST((plain("\0"s + user + '\0' + password).state == Step::State::success));
  BOOST_TEST((plain(user + '\0' + user + '\0' + password).state == Step::State::success));
  BOOST_TEST(failed(plain("admin\0"s + user + '\0' + password), Failure::rejected));
  BOOST_TEST(failed(plain(user + '\0' + password), Failure::malformed));
  BOOST_TEST(failed(plain("\0"s + user + '\0' + password + '\0'), Failure::malformed));
  BOOST_TEST(failed(plain(""), Failure::malformed));
  BOOST_TEST(failed(plain("\0\0"s), Failure::rejected));
}

BOOST_AUTO_TEST_CASE(who_acts_for_another_is_judged_by_the_one_name_of_both) {
  const auto plain = [](const std::string& message) {
    Accounts accounts;
    accounts.lets_act = true;
    accounts.add("alice*vera", "of vera");
    ServerSession server(accounts, options());
    return server.start("PLAIN", b64(message));
  };
  const auto acted = plain("alice\0vera\0of vera"s);
  BOOST_TEST((acted.state == Step::State::success));
  BOOST_TEST(acted.user == "alice*vera");
  BOOST_TEST(failed(plain("alice\0vera\0wrong"s), Failure::rejected));
  BOOST_TEST(plain("alice\0vera\0wrong"s).user == "alice*vera");
  BOOST_TEST(failed(plain("bob\0vera\0of vera"s), Failure::rejected));
  BOOST_TEST(failed(plain("alice*vera\0alice@example.org\0correct horse"s), Failure::rejected));
  BOOST_TEST(failed(plain("a\nb\0vera\0of vera"s), Failure::rejected));
}

BOOST_AUTO_TEST_CASE(external_is_who_was_shown_by_other_means_and_nobody_else) {
  const auto external = [](std::vector<std::string> shown, const std::string& identity) {
    Accounts accounts;
    accounts.add("bob@example.org", "of bob");
    auto with = options();
    with.external = std::move(shown);
    ServerSession server(accounts, with);
    return server.start("EXTERNAL", identity.empty() ? "=" : b64(identity));
  };
  const std::string alice = "alice@example.org", bob = "bob@example.org";
  for (const std::string& identity : {""s, alice, "alice"s, "Alice@Example.org"s}) {
    const auto step = external({alice}, identity);
    BOOST_TEST((step.state == Step::State::success), identity);
    BOOST_TEST(step.user == alice);
  }
  for (const std::string& identity : {bob, "\0"s, "a\nb"s, std::string(400, 'a')})
    BOOST_TEST(failed(external({alice}, identity), Failure::rejected), identity);
  BOOST_TEST(failed(external({"nobody@example.org"}, ""), Failure::rejected));
  BOOST_TEST(failed(external({"a\nb"}, ""), Failure::rejected));
  BOOST_TEST(failed(external({alice, bob}, ""), Failure::rejected));
  BOOST_TEST(external({alice, bob}, bob).user == bob);
  BOOST_TEST(failed(external({}, ""), Failure::unsupported));
  Accounts accounts;
  auto with = options();
  with.external = {alice};
  BOOST_TEST(server_mechanisms(with).front() == "EXTERNAL");
  ServerSession server(accounts, with);
  BOOST_TEST(server.start("EXTERNAL", std::nullopt).challenge.empty());
  BOOST_TEST((server.step("").state == Step::State::success));
}

// SASLprep, of Unicode 3.2, refuses each of these beside a domain in Latin letters; SCRAM asks for it (RFC 5802 §5.1).
BOOST_AUTO_TEST_CASE(names_that_saslprep_refuses_log_in_by_the_mechanisms_that_are_not_gnu_sasls) {
  for (const auto& user : {"דוד@example.org"s, "أحمد@example.org"s, "鿫@example.org"s}) {
    Accounts accounts;
    accounts.add(user, "correct horse");
    ServerSession plain(accounts, options());
    BOOST_TEST((plain.start("PLAIN", b64("\0"s + user + "\0correct horse"s)).state == Step::State::success), user);
    ServerSession login(accounts, options());
    BOOST_TEST((login.start("LOGIN", b64(user)).state == Step::State::challenge), user);
    BOOST_TEST((login.step(b64("correct horse")).state == Step::State::success), user);
    auto with = options();
    with.external = {user};
    ServerSession external(accounts, with);
    BOOST_TEST((external.start("EXTERNAL", b64(user)).state == Step::State::success), user);
    ServerSession scram(accounts, options());
    BOOST_TEST(failed(scram.start("SCRAM-SHA-256", b64("n,,n=" + user + ",r=clientnonce")), Failure::rejected), user);
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_user_name_is_never_looked_up) {
  Accounts accounts;
  for (const auto& user : {""s, "a\nb"s, "a\x7f"s, "\xff"s, std::string(321, 'a')}) {
    ServerSession server(accounts, options());
    BOOST_TEST(failed(server.start("PLAIN", b64("\0"s + user + "\0x"s)), Failure::rejected));
  }
  BOOST_TEST(accounts.asked == 0);
}

BOOST_AUTO_TEST_CASE(login_asks_two_questions_and_takes_the_first_answer_at_once) {
  Accounts accounts;
  ServerSession server(accounts, options());
  BOOST_TEST(server.start("LOGIN", std::nullopt).challenge == b64("Username:"));
  BOOST_TEST(server.step(b64("alice@example.org")).challenge == b64("Password:"));
  BOOST_TEST((server.step(b64("correct horse")).state == Step::State::success));
  ServerSession shorter(accounts, options());
  BOOST_TEST(shorter.start("LOGIN", b64("alice@example.org")).challenge == b64("Password:"));
}

BOOST_AUTO_TEST_CASE(garbage_ends_an_exchange_and_nothing_follows) {
  Accounts accounts;
  const std::pair<std::string, Failure> cases[] = {{"not base64!", Failure::malformed},
                                                   {"AAA", Failure::malformed},
                                                   {"*", Failure::cancelled},
                                                   {std::string(12292, 'A'), Failure::too_long},
                                                   {b64("rubbish"), Failure::malformed},
                                                   {b64("n,,n=a\0,r=b"s), Failure::malformed}};
  for (const auto* mechanism : {"PLAIN", "SCRAM-SHA-256"}) {
    for (const auto& [token, why] : cases) {
      ServerSession server(accounts, options());
      BOOST_TEST((server.start(mechanism, std::nullopt).state == Step::State::challenge));
      const auto got = server.step(token);
      BOOST_TEST_CONTEXT(mechanism << " " << token.substr(0, 20)) {
        BOOST_TEST((got.state == Step::State::failure));
        BOOST_TEST((got.failure == why));
      }
      BOOST_TEST(failed(server.step(b64("\0alice@example.org\0correct horse"s)), Failure::malformed));
    }
  }
  ServerSession server(accounts, options());
  BOOST_TEST(failed(server.start("CRAM-MD5", std::nullopt), Failure::unsupported));
  BOOST_TEST(failed(server.start("SCRAM-SHA-256-PLUS", std::nullopt), Failure::unsupported));
}

BOOST_AUTO_TEST_CASE(a_server_that_cannot_prove_itself_is_not_believed) {
  ClientSession client("SCRAM-SHA-256", {"alice@example.org", "correct horse", {}});
  const auto first = client.start();
  BOOST_REQUIRE((first.has_value() && *first));
  const auto nonce = base::from_base64(**first)->substr(base::from_base64(**first)->find(",r=") + 3);
  BOOST_TEST(client.respond(b64("r=" + nonce + "more,s=" + b64("0123456789abcdef") + ",i=4096")).has_value());
  BOOST_TEST(!client.complete());
  BOOST_TEST(!client.respond(b64("v=" + b64(std::string(32, 'x')))).has_value());
  BOOST_TEST(!client.complete());
}

BOOST_AUTO_TEST_CASE(the_strongest_mechanism_is_chosen) {
  const Login loose{"u", "p", {}}, bound{"u", "p", {ChannelBinding::Kind::tls_exporter, "x"}};
  const std::vector<std::string> all{"LOGIN", "plain", "SCRAM-SHA-256", "scram-sha-256-plus"};
  BOOST_TEST(choose_mechanism(all, loose) == "SCRAM-SHA-256");
  BOOST_TEST(choose_mechanism(all, bound) == "SCRAM-SHA-256-PLUS");
  BOOST_TEST(choose_mechanism({"LOGIN", "PLAIN"}, bound) == "PLAIN");
  BOOST_TEST(choose_mechanism({"LOGIN"}, loose) == "LOGIN");
  BOOST_TEST(choose_mechanism({"CRAM-MD5", "XOAUTH2"}, loose).empty());
  BOOST_TEST(!ClientSession("CRAM-MD5", loose).start().has_value());
  BOOST_TEST(!ClientSession("PLAIN", {"a\0b"s, "p", {}}).start().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
