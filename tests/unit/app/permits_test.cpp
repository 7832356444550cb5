/// What is asked through the api under a permit: pages and exports that go on, turns, and what a second person is shown.
#include "app/admin/answers.hpp"
#include "archive/audit/reader.hpp"
#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using test::text_of;
using Status = app::AdminAnswer::Status;
namespace audit = archive::audit;

namespace {

const std::string alice = "alice@example.org";
const audit::Roles administrator{audit::Role::administrator}, auditor{audit::Role::auditor};

audit::Policy operators() {
  audit::Policy policy;
  policy.operators = {{"Adam", "adam", 1000, administrator}, {"Vera", "vera", 1001, auditor}};
  return policy;
}

struct World : test::AdminWorld {
  World() { door->replace_policy(operators()); }
  using Arguments = boost::json::object;

  void letters(int count) {
    for (int i = 0; i < count; ++i) BOOST_REQUIRE(accept(test::Letter(std::to_string(i)).to(alice).file(alice)));
  }
  app::AdminAnswer by(const app::AdminPeer& who, const std::string& verb, Arguments arguments = {}) {
    peer = who;
    return ask(verb, std::move(arguments));
  }
  static Arguments in_case(Arguments arguments, const std::string& name = "17") {
    arguments["audit"] = {{"case", name}};
    return arguments;
  }
  void open_case(std::uint64_t seconds) {
    const Arguments words{
        {"case", "17"}, {"operator", "Vera"}, {"accounts", {alice}}, {"seconds", seconds}, {"audit", {{"reason", "x"}}}};
    BOOST_REQUIRE(by(adam, "case/open", words).status == Status::done);
  }
  void begin_export() {
    visit = &connection;
    BOOST_REQUIRE(by(vera, "journal/export", in_case({})).status == Status::done);
    BOOST_REQUIRE(prove("0.0").status == Status::done);
  }
  app::AdminAnswer prove(const std::string& position) { return by(vera, "journal/prove", in_case({{"position", position}})); }
  std::string told(const app::AdminAnswer& answer) { return boost::json::serialize(answer.value); }
  std::vector<audit::Record> entries() {
    std::vector<audit::Record> all;
    for (std::uint64_t i = 0; i < *audit::size(store()); ++i) all.push_back(*audit::read(store(), i));
    return all;
  }

  const app::AdminPeer adam{1000, 1, "adam"}, vera{1001, 1, "vera"};
  app::AdminVisit connection;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(permits, World)

BOOST_AUTO_TEST_CASE(an_export_ends_with_the_case_that_it_is_made_in) {
  for (const bool closes : {true, false}) {
    World world;
    world.letters(3);
    world.open_case(60);
    world.begin_export();
    if (closes) {
      world.visit = nullptr;
      BOOST_REQUIRE(world.by(world.adam, "case/close", {{"case", "17"}}).status == Status::done);
      world.visit = &world.connection;
    } else {
      world.clock.advance(std::chrono::seconds(60));
    }
    const auto answer = world.prove("0.1");
    BOOST_TEST(answer.status == Status::refused);
    const std::string why = closes ? "case 17 was closed" : "case 17 is over";
    BOOST_TEST(world.told(answer).find("does not go on: " + why) != std::string::npos);
    const auto last = world.entries().back();
    BOOST_TEST((last.event == audit::Event::ended));
    BOOST_TEST(last.outcome.starts_with("gave 1 entries, and was ended: " + why));
    BOOST_TEST(world.prove("0.1").status == Status::refused);  // and not by a permit of its own either
  }
}

BOOST_AUTO_TEST_CASE(an_export_ends_with_the_role_that_it_needs) {
  letters(3);
  open_case(3600);
  begin_export();
  auto changed = operators();
  changed.operators[1].roles = administrator;
  changed.administrators_read = audit::Policy::Reading::never;
  door->replace_policy(changed);
  const auto answer = prove("0.1");
  BOOST_TEST(answer.status == Status::refused);
  BOOST_TEST(told(answer).find("administrators do not read mail here") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_export_that_did_not_begin_gives_nothing_afterwards) {
  letters(3);
  visit = &connection;
  BOOST_TEST(by(vera, "journal/export", {{"from", "oops"}}).status != Status::done);
  BOOST_TEST(!connection.exporting());
  const auto before = entries().size();
  BOOST_TEST(by(vera, "journal/prove", {{"position", "0.0"}}).status == Status::done);
  BOOST_TEST(entries()[before].action == "journal/prove");  // under a permit of its own
}

BOOST_AUTO_TEST_CASE(the_list_of_an_export_has_no_more_than_the_export_asked_for) {
  letters(6);
  visit = &connection;
  BOOST_REQUIRE(by(vera, "journal/export", {{"from", "0.2"}, {"limit", 2}}).status == Status::done);
  const auto before = entries().size();
  const auto rows = by(vera, "journal/list", {{"from", "0.2"}, {"limit", 100}});
  BOOST_REQUIRE(rows.status == Status::done);
  BOOST_TEST(rows.value.as_array().size() == 2u);
  BOOST_TEST(entries().size() == before);
  BOOST_TEST(by(vera, "journal/list", {{"from", "0.2"}, {"after", "0.0"}}).status == Status::done);
  BOOST_TEST(entries().back().action == "journal/list");  // under a permit of its own, since it is none of the export's
  BOOST_TEST(!connection.exporting());
}

BOOST_AUTO_TEST_CASE(who_is_no_operator_any_more_is_answered_nothing_on_the_connection_that_he_has) {
  visit = &connection;
  BOOST_TEST(by(vera, "server/status").status == Status::done);
  auto changed = operators();
  changed.operators.pop_back();
  door->replace_policy(changed);
  BOOST_TEST(by(vera, "server/status").status == Status::refused);
}

BOOST_AUTO_TEST_CASE(the_pages_of_a_list_end_with_the_role_too) {
  BOOST_REQUIRE(by(adam, "account/add", {{"account", alice}}).status == Status::done);
  for (int i = 0; i < 1100; ++i)
    BOOST_REQUIRE(by(adam, "mailbox/create", {{"account", alice}, {"folder", "f" + std::to_string(i)}}).status == Status::done);
  visit = &connection;
  const auto page = by(vera, "mailbox/list", {{"account", alice}});
  BOOST_REQUIRE(!page.next.empty());
  auto changed = operators();
  changed.auditors_cases = audit::Policy::Cases::needed;
  door->replace_policy(changed);
  BOOST_TEST(by(vera, "mailbox/list", {{"account", alice}, {"after", page.next}}).status == Status::refused);
}

BOOST_AUTO_TEST_CASE(who_asks_too_fast_waits_and_is_answered) {
  struct Slow : test::AdminWorld {
    Slow() : AdminWorld({2, 10, 5}) {}
  } world;
  for (int i = 0; i < 6; ++i) BOOST_TEST(world.status("queue/list") == Status::done);
  BOOST_TEST(world.paused.size() == 4u);
  for (const auto wait : world.paused) BOOST_TEST(wait.count() == 100);
  BOOST_TEST(*audit::size(world.store()) == 6u);
  for (int i = 0; i < 10; ++i) BOOST_TEST(world.status("server/status") == Status::done);  // of which there is no entry
  BOOST_TEST(world.paused.size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_role_that_ends_while_its_holder_waits_for_his_turn_lets_him_do_nothing) {
  for (const bool stays_operator : {true, false}) {
    struct Slow : test::AdminWorld {
      Slow() : AdminWorld({1, 10, 5}) {}
    } world;
    world.door->replace_policy(operators());
    world.peer = adam;
    BOOST_REQUIRE(world.status("account/add", {{"account", alice}}) == Status::done);
    world.while_paused = [&] {
      auto changed = operators();
      if (stays_operator)
        changed.operators[0].roles = auditor;
      else
        changed.operators.clear();  // and with nobody named those who are let in may do everything
      world.door->replace_policy(changed);
    };
    const auto answer = world.ask("account/add", {{"account", "bob@example.org"}});
    BOOST_TEST(world.paused.size() == 1u);
    BOOST_TEST(answer.status == Status::refused);
    BOOST_TEST(world.number_of("bob@example.org") == 0u);
    if (!stays_operator) BOOST_TEST(told(answer).find("no operator any more") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_second_person_is_shown_every_argument_of_what_he_agrees_to) {
  auto policy = operators();
  policy.second_person = {audit::Kind::configure};
  policy.operators.push_back({"Otto", "otto", 1002, administrator});
  door->replace_policy(policy);
  boost::json::array lines;
  for (int i = 0; i < 500; ++i)
    lines.push_back({{"address", "user" + std::to_string(i) + "@example.org"},
                     {"aliases", {"a" + std::to_string(i)}},
                     {"verifier", "{x}"}});
  BOOST_TEST(by(adam, "account/import", {{"accounts", lines}, {"audit", {{"reason", "new staff"}}}}).status == Status::refused);
  const auto number = entries().size() - 1;
  const auto shown = by({1002, 1, "otto"}, "approval/show", {{"number", number}});
  BOOST_REQUIRE(shown.status == Status::done);
  const auto& asks = shown.value.as_object().at("asks").as_object();
  BOOST_TEST(text_of(asks, "action") == "account/import");
  BOOST_TEST(text_of(asks, "reason") == "new staff");
  const auto& all = asks.at("arguments").as_object().at("accounts").as_array();
  BOOST_REQUIRE(all.size() == 500u);
  BOOST_TEST(text_of(all[499], "address") == "user499@example.org");
  BOOST_TEST(text_of(all[499], "verifier") == "(a secret, not shown)");
  BOOST_TEST(text_of(shown.value, "digest") == app::json_digest(base::sha256(boost::json::serialize(asks))));
  // The same with another reason is another request.
  BOOST_TEST(by(adam, "account/import", {{"accounts", lines}, {"audit", {{"reason", "other"}}}}).status == Status::refused);
  BOOST_TEST(entries().size() - 1 > number + 1);
  BOOST_TEST((entries().back().event == audit::Event::asked));
}

BOOST_AUTO_TEST_CASE(a_head_is_signed_for_an_administrator_and_written_down) {
  letters(1);
  const auto before = entries().size();
  BOOST_TEST(by(vera, "journal/sign").status == Status::refused);
  BOOST_TEST(by(adam, "journal/heads", {{"now", 1}}).status == Status::wrong_usage);
  BOOST_TEST(by(adam, "journal/sign").status == Status::done);
  BOOST_TEST(by(adam, "audit/sign").status == Status::done);
  const auto all = entries();
  BOOST_REQUIRE(all.size() > before + 3);
  BOOST_TEST((all[before].event == audit::Event::refused));
  BOOST_TEST(all[before + 1].action == "journal/sign");
}

BOOST_AUTO_TEST_SUITE_END()
