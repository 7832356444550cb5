/// The committer: who fails, fails alone; groups have limits; what was submitted is answered once.
#include <stdexcept>
#include <thread>

#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::Letter;

namespace {

struct Opened : ArchiveWorld {
  Opened() { BOOST_REQUIRE(open()); }
  void submit(const Letter& letter, std::vector<std::string>& answers) {
    archive().accept(letter.arrive(store()), [&answers](const base::Result<Accepted>& accepted) {
      answers.push_back(accepted ? accepted->position.text() : accepted.error().text());
    });
  }
};

Letter to_bob(const std::string& octets) {
  return Letter(octets).to("bob@example.org").file("bob@example.org");
}

base::Result<> refuse(commit::Stage& stage, commit::Owners& owners) {
  directory::AccountRecord record;  // what it stages before it fails must go with it
  record.name = "never@example.org";
  static_cast<void>(owners.directory.add(stage, record));
  stage.put({store::ShardKind::instance, 0}, store::Table::instance_state, "x", "y");
  return base::fail("refused", base::errc::refused);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(committer)

BOOST_AUTO_TEST_CASE(a_member_that_cannot_be_staged_fails_alone_and_leaves_nothing) {
  Opened world;
  std::vector<std::string> answers;
  std::vector<base::Result<>> refused;
  world.submit(to_bob("one"), answers);
  world.archive().change(refuse, [&](base::Result<> r) { refused.push_back(std::move(r)); });
  world.submit(to_bob("two"), answers);
  world.archive().change(refuse, [&](base::Result<> r) { refused.push_back(std::move(r)); });
  world.submit(to_bob("three"), answers);
  BOOST_TEST(world.archive().pump());
  BOOST_TEST((answers == std::vector<std::string>{"0.0", "0.1", "0.2"}));
  BOOST_REQUIRE(refused.size() == 2u);
  BOOST_TEST((refused[0].error().code == base::errc::refused));
  BOOST_TEST(world.archive().totals().syncs == 1u);
  BOOST_TEST(world.number_of("never@example.org") == 0u);
  BOOST_TEST(!*world.store().get({store::ShardKind::instance, 0}, store::Table::instance_state, "x"));
  const auto listed = world.messages("bob@example.org");
  BOOST_REQUIRE(listed.size() == 3u);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(listed[i].uid == i + 1);
}

BOOST_AUTO_TEST_CASE(a_member_that_throws_fails_alone_and_the_process_lives) {
  Opened world;
  std::vector<std::string> answers;
  std::vector<base::Result<>> thrown;
  const auto throwing = [](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    static_cast<void>(refuse(stage, owners));
    throw std::bad_alloc();
  };
  world.submit(to_bob("one"), answers);
  for (int i = 0; i < 2; ++i) world.archive().change(throwing, [&](base::Result<> r) { thrown.push_back(std::move(r)); });
  world.submit(to_bob("two"), answers);
  world.pump();
  BOOST_TEST((answers == std::vector<std::string>{"0.0", "0.1"}));
  BOOST_REQUIRE(thrown.size() == 2u);
  for (const auto& each : thrown) BOOST_TEST((!each && each.error().code == base::errc::busy));
  BOOST_TEST(world.number_of("never@example.org") == 0u);
  BOOST_TEST(world.messages("bob@example.org").size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_record_that_the_store_would_refuse_fails_its_own_member_only) {
  Opened world;
  std::vector<std::string> answers;
  world.submit(to_bob("one"), answers);
  bool failed = false;
  world.archive().change(
      [](commit::Stage& stage, commit::Owners&) -> base::Result<> {
        stage.put({store::ShardKind::instance, 0}, store::Table::instance_state, "x", std::string(70'000, 'y'));
        return {};
      },
      [&](base::Result<> r) { failed = !r && r.error().code == base::errc::too_long; });
  world.submit(to_bob("two"), answers);
  world.pump();
  BOOST_TEST(failed);
  BOOST_TEST((answers == std::vector<std::string>{"0.0", "0.1"}));
}

BOOST_AUTO_TEST_CASE(a_group_has_at_most_512_members_and_all_are_answered_in_order) {
  Opened world;
  std::vector<std::string> answers;
  for (int i = 0; i < 1200; ++i) world.submit(to_bob("letter " + std::to_string(i)), answers);
  BOOST_TEST(world.archive().pump());
  BOOST_TEST(answers.size() == 512u);
  world.pump();
  BOOST_TEST(world.archive().totals().groups == 3u);
  BOOST_REQUIRE(answers.size() == 1200u);
  for (std::size_t i = 0; i < answers.size(); ++i) BOOST_TEST(answers[i] == "0." + std::to_string(i));
}

BOOST_AUTO_TEST_CASE(a_group_ends_when_enough_octets_are_staged_and_the_rest_comes_next) {
  Opened world;
  std::vector<int> order;
  for (int i = 0; i < 40; ++i)
    world.archive().change(
        [i](commit::Stage& stage, commit::Owners&) -> base::Result<> {
          for (int part = 0; part < 20; ++part)
            stage.put({store::ShardKind::instance, 0}, store::Table::instance_state,
                      std::to_string(i) + "." + std::to_string(part), std::string(60'000, 'x'));
          return {};
        },
        [&order, i](const base::Result<>& done) {
          BOOST_TEST(bool(done));
          order.push_back(i);
        });
  world.pump();
  BOOST_TEST(world.archive().totals().groups >= 3u);
  BOOST_REQUIRE(order.size() == 40u);
  BOOST_TEST(std::ranges::is_sorted(order));
}

BOOST_AUTO_TEST_CASE(close_does_what_is_queued_and_refuses_what_comes_after) {
  Opened world;
  std::vector<std::string> answers;
  for (int i = 0; i < 600; ++i) world.submit(to_bob("letter " + std::to_string(i)), answers);
  world.archive().close();
  BOOST_TEST(answers.size() == 600u);
  std::vector<base::Result<>> late;
  world.archive().change(refuse, [&](base::Result<> r) { late.push_back(std::move(r)); });
  BOOST_REQUIRE(late.size() == 1u);
  BOOST_TEST((late[0].error().code == base::errc::shutting_down));
  world.archive().close();
}

BOOST_AUTO_TEST_CASE(the_observer_is_told_before_the_gate_is_asked) {
  struct Told final : commit::Observer, commit::Gate {
    std::vector<std::string> heard;
    void outbox_changed(outbox::Changes changes) override { heard.push_back("added " + std::to_string(changes.added.size())); }
    void hold(std::vector<commit::Logged>, Release) override { heard.push_back("hold"); }
  };
  Told told;
  Opened world;
  world.archive().set_observer(&told);
  world.archive().set_gate(&told);
  std::vector<std::string> answers;
  auto letter = to_bob("one");
  letter.enqueue(routing::EntryKind::copy, "route:*");
  world.submit(letter, answers);
  world.pump();
  BOOST_TEST(answers.empty());
  BOOST_TEST((told.heard == std::vector<std::string>{"added 1", "hold"}));
  world.archive().close();
}

BOOST_AUTO_TEST_CASE(an_answer_that_throws_costs_no_other_member_its_own) {
  Opened world;
  std::vector<std::string> answers;
  const auto throwing = [](const base::Result<>&) { throw std::runtime_error("a session that is broken"); };
  world.archive().change(refuse, throwing);  // while the group is staged
  world.submit(to_bob("one"), answers);
  world.archive().change([](commit::Stage&, commit::Owners&) -> base::Result<> { return {}; }, throwing);
  world.submit(to_bob("two"), answers);
  world.pump();
  BOOST_TEST((answers == std::vector<std::string>{"0.0", "0.1"}));
  world.archive().close();
  world.archive().change(refuse, throwing);  // on the caller's thread
}

BOOST_AUTO_TEST_CASE(an_observer_that_throws_costs_nobody_his_answer) {
  struct Throwing final : commit::Observer {
    void outbox_changed(outbox::Changes) override { throw std::bad_alloc(); }
  } observer;
  Opened world;
  world.archive().set_observer(&observer);
  std::vector<std::string> answers;
  for (const char* octets : {"one", "two"}) {
    world.submit(to_bob(octets), answers);
    world.pump();
  }
  BOOST_TEST((answers == std::vector<std::string>{"0.0", "0.1"}));
}

BOOST_AUTO_TEST_CASE(an_archive_with_a_thread_of_its_own_answers_all_of_many_sessions) {
  ArchiveWorld world;
  store::MemoryStore store(world.disk, 64);
  auto opened = Archive::open(store, world.options, world.clock, world.random, Threading::own);
  BOOST_REQUIRE(opened);
  std::atomic<int> answered = 0;
  for (int i = 0; i < 200; ++i)
    (*opened)->change([](commit::Stage&, commit::Owners&) -> base::Result<> { return {}; },
                      [&answered](const base::Result<>& done) { answered += done ? 1 : 0; });
  (*opened)->close();
  BOOST_TEST(answered.load() == 200);
}

BOOST_AUTO_TEST_SUITE_END()
