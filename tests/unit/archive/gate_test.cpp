/// The gate: what waits for the other machine's receipt, for which records, and that nobody waits for ever.
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "archive/commit/held_answers.hpp"
#include "archive/journal/reader.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using commit::Answer;
using commit::Logged;
using commit::Safety;
using test::ArchiveWorld;
using test::Letter;
using test::TestMailbox;

namespace {

constexpr store::Shard journal_shard{store::ShardKind::journal, 0};

struct TestGate final : commit::Gate {
  struct Held {
    std::vector<Logged> upto;
    Release release;
  };
  std::vector<Held> held;
  void hold(std::vector<Logged> upto, Release release) override { held.push_back({std::move(upto), std::move(release)}); }

  bool waits_for(std::size_t which, Logged record) const {
    return which < held.size() && std::ranges::find(held[which].upto, record) != held[which].upto.end();
  }
};

struct Gated : ArchiveWorld {
  Gated() {
    BOOST_REQUIRE(open());
    archive().set_gate(&gate);
  }
  ~Gated() { close(); }

  void submit(const Letter& letter) {
    archive().accept(letter.arrive(store()), [this](const base::Result<Accepted>& accepted) {
      BOOST_REQUIRE(accepted);
      answers.push_back(*accepted);
    });
  }
  void submit(Change change, Answer answer) {
    archive().change(
        std::move(change), [this](const base::Result<>& done) { changed += done ? 1 : 0; }, answer);
  }

  TestGate gate;
  std::vector<Accepted> answers;
  int changed = 0;
};

Letter to_bob(const std::string& octets) {
  return Letter(octets).to("bob@example.org").file("bob@example.org");
}

base::Result<> nothing(commit::Stage&, commit::Owners&) {
  return {};
}

Change make_account(ArchiveWorld& world, const std::string& name) {
  return [&world, name](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto made = commit::find_or_make(stage, owners, world.archive().directory(), name, directory::MadeBy::command);
    if (!made) return std::unexpected(made.error());
    return {};
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gate)

BOOST_AUTO_TEST_CASE(an_arrival_is_answered_when_the_gate_says_so_and_hears_how_safe_it_is) {
  Gated world;
  for (const auto safety : {Safety::both, Safety::gave_up}) {
    world.answers.clear();
    world.gate.held.clear();
    world.submit(to_bob(safety == Safety::both ? "one" : "two"));
    world.pump();
    BOOST_TEST(world.answers.empty());
    BOOST_REQUIRE(world.gate.held.size() == 1u);
    world.gate.held[0].release(safety);
    BOOST_REQUIRE(world.answers.size() == 1u);
    BOOST_TEST((world.answers[0].safety == safety));
    world.gate.held[0].release(Safety::both);  // a second receipt
    BOOST_TEST(world.answers.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(without_a_gate_an_arrival_is_as_safe_as_this_machine) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  const auto accepted = world.accept(to_bob("one"));
  BOOST_REQUIRE(accepted);
  BOOST_TEST((accepted->safety == Safety::here));
}

BOOST_AUTO_TEST_CASE(an_arrival_waits_for_every_log_that_its_group_wrote) {
  Gated world;
  auto letter = to_bob("one");
  world.submit(letter.enqueue(routing::EntryKind::copy, "route:*"));
  world.pump();
  const auto bob = world.number_of("bob@example.org");
  const auto logged = mailbox::changes(world.store(), bob, 0, 1000);
  BOOST_REQUIRE(logged);
  BOOST_REQUIRE(!logged->empty());
  BOOST_TEST(world.gate.waits_for(0, {journal_shard, 0}));
  BOOST_TEST(world.gate.waits_for(0, {mailbox::shard_of(bob), logged->back().modseq}));
  BOOST_TEST(world.gate.waits_for(0, {directory::shard, 1}));
}

BOOST_AUTO_TEST_CASE(a_gated_change_is_held_for_its_own_log_also_on_an_empty_journal) {
  Gated world;
  world.submit(make_account(world, "alice@example.org"), Answer::gated);
  world.pump();
  BOOST_TEST(world.changed == 0);
  BOOST_REQUIRE(world.gate.held.size() == 1u);
  BOOST_TEST(world.gate.held[0].upto.size() == 2u);
  BOOST_TEST(world.gate.waits_for(0, {directory::shard, 1}));
  world.gate.held[0].release(Safety::both);
  BOOST_TEST(world.changed == 1);
}

BOOST_AUTO_TEST_CASE(outcomes_of_deliveries_house_keeping_and_an_administrators_changes_are_not_held) {
  Gated world;
  auto letter = to_bob("one");
  world.submit(letter.enqueue(routing::EntryKind::relay, "mx:far.example"));
  world.pump();
  BOOST_REQUIRE(world.gate.held.size() == 1u);
  auto entries = world.entries();
  BOOST_REQUIRE(entries.size() == 1u);
  entries[0].attempts = 1;
  bool settled = false, expired = false;
  world.submit(to_bob("two"));  // in the same group
  world.archive().settle({{entries[0].id, entries[0]}}, [&](const base::Result<>& done) { settled = bool(done); });
  world.archive().expire_places("", std::chrono::days(14),
                                [&](const base::Result<std::string>& next) { expired = bool(next); });
  world.submit(make_account(world, "alice@example.org"), Answer::local);
  world.pump();
  BOOST_TEST(settled);
  BOOST_TEST(expired);
  BOOST_TEST(world.changed == 1);
  BOOST_TEST(world.answers.empty());
  BOOST_TEST(world.gate.held.size() == 2u);
}

BOOST_AUTO_TEST_CASE(mail_made_here_is_not_held) {
  Gated world;
  world.submit(to_bob("report").made("unique").from_nobody());
  world.pump();
  BOOST_REQUIRE(world.answers.size() == 1u);
  BOOST_TEST(world.gate.held.empty());
}

BOOST_AUTO_TEST_CASE(what_comes_later_and_logs_nothing_does_not_wait_for_what_is_held) {
  Gated world;
  world.submit(to_bob("one"));
  world.pump();
  world.submit(nothing, Answer::gated);
  world.pump();
  BOOST_TEST(world.changed == 1);
  BOOST_TEST(world.answers.empty());
}

BOOST_AUTO_TEST_CASE(a_later_group_is_released_before_an_earlier_one_where_the_gate_wants_it) {
  Gated world;
  for (const char* octets : {"one", "two"}) {
    world.submit(to_bob(octets));
    world.pump();
  }
  BOOST_REQUIRE(world.gate.held.size() == 2u);
  world.gate.held[1].release(Safety::both);
  BOOST_REQUIRE(world.answers.size() == 1u);
  BOOST_TEST(world.answers[0].position.text() == "0.1");
}

BOOST_AUTO_TEST_CASE(a_resend_of_what_is_held_waits_for_the_same_receipt) {
  Gated world;
  world.submit(to_bob("one"));
  world.pump();
  world.submit(to_bob("two"));
  world.pump();
  world.submit(to_bob("one"));
  world.pump();
  BOOST_TEST(world.answers.empty());
  BOOST_REQUIRE(world.gate.held.size() == 3u);
  BOOST_TEST((world.gate.held[2].upto == std::vector<Logged>{{journal_shard, 0}}));
  world.gate.held[2].release(Safety::both);
  BOOST_REQUIRE(world.answers.size() == 1u);
  BOOST_TEST(world.answers[0].resend);
  BOOST_TEST((world.answers[0].safety == Safety::both));
}

BOOST_AUTO_TEST_CASE(a_resend_within_the_group_of_its_first_arrival_is_held_with_it) {
  Gated world;
  world.submit(to_bob("one"));
  world.submit(to_bob("one"));
  world.pump();
  BOOST_TEST(world.answers.empty());
  BOOST_REQUIRE(world.gate.held.size() == 1u);
  world.gate.held[0].release(Safety::both);
  BOOST_TEST(world.answers.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_member_that_fails_leaves_nothing_to_wait_for) {
  Gated world;
  world.submit(to_bob("one"));
  world.pump();
  const auto resend = std::make_shared<int>(0);
  world.archive().change(
      [](commit::Stage& stage, commit::Owners&) -> base::Result<> {
        stage.depend_on({journal_shard, 0});
        return base::fail("on purpose", base::errc::refused);
      },
      [resend](const base::Result<>& done) { *resend = done ? 1 : 2; }, Answer::gated);
  world.submit(nothing, Answer::gated);
  world.pump();
  BOOST_TEST(*resend == 2);
  BOOST_TEST(world.changed == 1);
  BOOST_TEST(world.gate.held.size() == 1u);
}

BOOST_AUTO_TEST_CASE(close_answers_what_is_held_and_a_late_receipt_does_nothing) {
  Gated world;
  world.submit(to_bob("one"));
  world.pump();
  world.submit(to_bob("two"));  // still queued
  world.archive().close();
  BOOST_REQUIRE(world.answers.size() == 2u);
  for (const auto& answer : world.answers) BOOST_TEST((answer.safety == Safety::gave_up));
  for (auto& held : world.gate.held) held.release(Safety::both);
  BOOST_TEST(world.answers.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_receipt_that_comes_when_the_archive_is_gone_does_nothing) {
  TestGate gate;
  {
    Gated world;
    world.archive().set_gate(&gate);
    world.submit(to_bob("one"));
    world.pump();
    BOOST_REQUIRE(gate.held.size() == 1u);
  }
  gate.held[0].release(Safety::both);
}

BOOST_AUTO_TEST_CASE(a_gate_that_throws_costs_nobody_his_answer) {
  struct Throwing final : commit::Gate {
    void hold(std::vector<Logged>, Release) override { throw std::runtime_error("no link"); }
  } gate;
  Gated world;
  world.archive().set_gate(&gate);
  world.submit(to_bob("one"));
  world.pump();
  BOOST_REQUIRE(world.answers.size() == 1u);
  BOOST_TEST((world.answers[0].safety == Safety::gave_up));
}

BOOST_AUTO_TEST_CASE(a_gate_may_answer_at_once) {
  struct Open final : commit::Gate {
    void hold(std::vector<Logged>, Release release) override { release(Safety::both); }
  } gate;
  Gated world;
  world.archive().set_gate(&gate);
  world.submit(to_bob("one"));
  world.pump();
  BOOST_REQUIRE(world.answers.size() == 1u);
  BOOST_TEST((world.answers[0].safety == Safety::both));
}

BOOST_AUTO_TEST_CASE(a_close_waits_for_an_answer_that_another_thread_is_giving) {
  commit::HeldAnswers held;
  std::atomic<bool> begun = false, given = false;
  commit::Tasks tasks(1);
  tasks.front().done = [&](const base::Result<Safety>&) {
    begun = true;
    for (int i = 0; i < 10'000; ++i) std::this_thread::yield();
    given = true;
  };
  const auto key = held.keep(tasks);
  std::thread receipt([&] { held.release(key, Safety::both); });
  while (!begun) std::this_thread::yield();
  held.release_all();
  BOOST_TEST(given.load());
  receipt.join();
}

BOOST_AUTO_TEST_CASE(receipts_on_a_thread_of_their_own_and_a_close_answer_each_once) {
  for (int round = 0; round < 20; ++round) {
    ArchiveWorld world;
    store::MemoryStore store(world.disk, 64);
    struct Threaded final : commit::Gate {
      std::mutex mutex;
      std::vector<Release> held;
      void hold(std::vector<Logged>, Release release) override {
        const std::lock_guard lock(mutex);
        held.push_back(std::move(release));
      }
    } gate;
    std::atomic<int> answered = 0;
    auto opened = Archive::open(store, world.options, world.clock, world.random, Threading::own);
    BOOST_REQUIRE(opened);
    (*opened)->set_gate(&gate);
    std::atomic<bool> over = false;
    std::thread receipts([&] {
      while (!over) {
        std::vector<commit::Gate::Release> due;
        {
          const std::lock_guard lock(gate.mutex);
          due.swap(gate.held);
        }
        for (auto& release : due) release(Safety::both);
        std::this_thread::yield();
      }
    });
    std::vector<Arrival> arrivals;
    for (int i = 0; i < 50; ++i) arrivals.push_back(to_bob("letter " + std::to_string(i)).arrive(store));
    for (auto& arrival : arrivals)
      (*opened)->accept(std::move(arrival), [&](const base::Result<Accepted>& done) { answered += done ? 1 : 0; });
    (*opened)->close();
    BOOST_TEST(answered.load() == 50);  // those under way on the other thread too
    over = true;
    receipts.join();
    BOOST_TEST(answered.load() == 50);
  }
}

BOOST_AUTO_TEST_SUITE_END()
