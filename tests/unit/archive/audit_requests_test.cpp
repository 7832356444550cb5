/// Requests for a second person: what he sees, for what his word counts, and how long.
#include "tests/unit/archive/audit_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using audit::Kind;
using audit::Policy;
using store::Table;
using test::policy_with_operators;
using World = test::AuditWorld;

namespace {
constexpr store::Shard shard = journal::shard_of(journal::audit_log);
}

BOOST_AUTO_TEST_SUITE(audit_requests)

BOOST_AUTO_TEST_CASE(an_approval_counts_once_for_just_that_action_by_another_person_and_for_its_time) {
  using Answer = audit::Decision::Answer;
  auto policy = policy_with_operators();
  policy.second_person = {Kind::give};
  World world(policy);
  const auto export_it = [&](const std::string& account = "a@example.org") {
    return world.ask(world.wish("vera", Kind::give, "message/export", account)).has_value();
  };
  BOOST_TEST(!export_it());
  const auto request = world.entries() - 1;
  BOOST_TEST((world.last().event == audit::Event::asked));
  BOOST_TEST(world.why.find("approval give " + std::to_string(request)) != std::string::npos);
  const auto before = world.entries();
  BOOST_TEST(!export_it());  // asked again: it waits, and nothing is added
  BOOST_TEST(world.entries() == before);

  BOOST_TEST(!world.ask(world.answer("vera", request, Answer::given)));
  BOOST_TEST(world.why.find("your own") != std::string::npos);
  BOOST_TEST(!export_it());
  BOOST_TEST(world.ask(world.answer("adam", request, Answer::given)).has_value());
  BOOST_TEST(!world.ask(world.answer("otto", request, Answer::given)));  // answered before
  BOOST_TEST(!export_it("b@example.org"));                               // not this one
  BOOST_TEST(export_it());
  BOOST_TEST(world.last().approval->by == "adam");
  BOOST_TEST(world.last().approval->request == request);
  BOOST_TEST(!export_it());  // it was used

  const auto second = world.entries() - 1;
  BOOST_TEST(world.ask(world.answer("adam", second, Answer::given)).has_value());
  world.clock.advance(policy.approval_valid - std::chrono::milliseconds(1));
  BOOST_TEST(export_it());
  BOOST_TEST(!export_it());
  const auto third = world.entries() - 1;
  BOOST_TEST(world.ask(world.answer("adam", third, Answer::given)).has_value());
  world.clock.advance(policy.approval_valid);
  BOOST_TEST(!export_it());  // too late by nothing

  const auto fourth = world.entries() - 1;
  BOOST_TEST(world.ask(world.answer("otto", fourth, Answer::refused)).has_value());
  BOOST_TEST(!export_it());
  BOOST_TEST((world.last().event == audit::Event::asked));  // a new one
  BOOST_TEST(world.found().empty());
}

BOOST_AUTO_TEST_CASE(one_person_under_two_names_or_with_two_accounts_is_no_second_person) {
  using Answer = audit::Decision::Answer;
  auto policy = policy_with_operators();
  policy.second_person = {Kind::give};
  World world(policy);
  BOOST_TEST(!world.ask(world.wish("vera", Kind::give)));
  const auto request = world.entries() - 1;
  auto same_uid = world.answer("adam", request, Answer::given);
  same_uid.actor.uid = 1001;
  BOOST_TEST(!world.ask(same_uid));
  auto same_name = world.answer("adam", request, Answer::given);
  same_name.actor.name = "vera";
  BOOST_TEST(!world.ask(same_name));
}

BOOST_AUTO_TEST_CASE(a_second_person_sees_all_that_he_agrees_to_until_it_was_used) {
  using Answer = audit::Decision::Answer;
  auto policy = policy_with_operators();
  policy.second_person = {Kind::give};
  World world(policy);
  auto wish = world.wish("vera", Kind::give);
  for (int i = 0; wish.text.size() < 200'000; ++i) wish.text += " line " + std::to_string(i);
  const auto shown = [&](std::uint64_t index) {
    const auto request = *audit::find_request(world.store(), index);
    BOOST_REQUIRE(request);
    return *audit::asked_text(world.store(), *request);
  };
  BOOST_TEST(!world.ask(wish));
  const auto request = world.entries() - 1;
  BOOST_TEST((shown(request) == wish.text));
  BOOST_TEST((*world.last().request == base::sha256(wish.text)));
  BOOST_REQUIRE(world.ask(world.answer("adam", request, Answer::given)));
  BOOST_TEST((*world.last().request == base::sha256(wish.text)));  // what was agreed to, by its digest
  auto other = wish;
  other.text += ".";
  BOOST_TEST(!world.ask(other));
  const auto second = world.entries() - 1;
  BOOST_TEST((shown(request) == wish.text));
  BOOST_TEST(world.ask(wish).has_value());
  BOOST_TEST(!shown(request));
  BOOST_TEST((shown(second) == other.text));
  BOOST_TEST(world.found().empty());
  BOOST_REQUIRE(world.ask(world.answer("adam", second, Answer::refused)));
  BOOST_TEST(!shown(second));
  auto cursor = world.store().scan(shard, Table::journal_state, "T");
  BOOST_TEST(!(cursor->valid() && cursor->key().starts_with('T')));
}

BOOST_AUTO_TEST_CASE(so_many_requests_of_a_person_wait_and_none_that_nobody_could_look_through) {
  auto policy = policy_with_operators();
  policy.second_person = {Kind::give};
  World world(policy);
  auto large = world.wish("vera", Kind::give);
  large.text.assign(audit::Askings::most_text + 1, 'x');
  BOOST_TEST(!world.ask(large));
  BOOST_TEST(world.why.find("too much") != std::string::npos);
  const auto ask = [&](std::size_t i) { world.ask(world.wish("vera", Kind::give, "message/export", std::to_string(i))); };
  for (std::size_t i = 0; i < audit::Askings::most_open; ++i) ask(i);
  BOOST_TEST((world.last().event == audit::Event::asked));
  ask(audit::Askings::most_open);
  BOOST_TEST((world.last().event == audit::Event::refused));
  BOOST_TEST(world.why.find("wait for a second person already") != std::string::npos);
  world.clock.advance(audit::Door::request_lives);
  ask(audit::Askings::most_open);
  BOOST_TEST((world.last().event == audit::Event::asked));
  BOOST_TEST(world.found().empty());
}

BOOST_AUTO_TEST_CASE(no_key_of_a_table_has_the_name_of_a_case_or_the_digest_of_a_request) {
  auto policy = policy_with_operators();
  policy.second_person = {Kind::give};
  World world(policy);
  auto opening = world.case_for("vera", std::chrono::hours(1), {"a@example.org"});
  opening.opens->name = "the affair of Miller";
  BOOST_REQUIRE(world.ask(opening));
  const auto wish = world.wish("vera", Kind::give);
  BOOST_TEST(!world.ask(wish));
  const auto digest = base::sha256(wish.text), name = base::sha256(opening.opens->name);
  for (auto cursor = world.store().scan(shard, Table::journal_state, ""); cursor->valid(); cursor->next()) {
    const std::string key(cursor->key());
    for (const auto text : {std::string_view("Miller"), base::view(digest), base::view(name)})
      BOOST_TEST(key.find(text) == std::string::npos);
  }
  BOOST_TEST((*audit::find_case(world.store(), opening.opens->name))->terms.holder == "vera");
}

BOOST_AUTO_TEST_SUITE_END()
