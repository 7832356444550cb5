/// Places are remembered as long as `resend_window` says, and no longer.
#include "archive/journal/reader.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using namespace std::chrono_literals;
using test::ArchiveWorld;
using test::Letter;

namespace {

constexpr std::chrono::seconds window = std::chrono::days(14);

struct Opened : ArchiveWorld {
  Opened() { BOOST_REQUIRE(open()); }

  std::size_t remembered() {
    std::size_t count = 0;
    for (auto at = store().scan(journal::shard_of(0), store::Table::places); at->valid(); at->next()) ++count;
    return count;
  }
  /// All of the housekeeping; how many steps it took.
  int expire_all() {
    int steps = 1;
    for (auto from = expire(); !from.empty(); from = expire(from)) ++steps;
    return steps;
  }
  /// One step of it: where to go on.
  std::string expire(const std::string& from = {}) {
    base::Result<std::string> answer = base::fail("never answered", base::errc::timed_out);
    archive().expire_places(from, window, [&answer](base::Result<std::string> next) { answer = std::move(next); });
    pump();
    BOOST_REQUIRE(answer);
    return *answer;
  }
};

Letter to_bob(int number) {
  return Letter("letter " + std::to_string(number)).to("bob@example.org").file("bob@example.org").window(window);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(places)

BOOST_AUTO_TEST_CASE(places_older_than_the_window_are_forgotten_and_the_others_stay) {
  Opened world;
  for (int i = 0; i < 10; ++i) BOOST_REQUIRE(world.accept(to_bob(i)));
  world.clock.advance(std::chrono::days(10));
  for (int i = 10; i < 15; ++i) BOOST_REQUIRE(world.accept(to_bob(i)));
  BOOST_TEST(world.expire_all() == 2);
  BOOST_TEST(world.remembered() == 15u);
  world.clock.advance(std::chrono::days(4));
  BOOST_TEST(world.expire_all() == 2);
  BOOST_TEST(world.remembered() == 5u);
  for (int i = 0; i < 15; ++i) BOOST_TEST(world.accept(to_bob(i))->resend == (i >= 10));
  world.clock.advance(std::chrono::days(100));
  BOOST_TEST(world.expire_all() == 2);
  BOOST_TEST(world.remembered() == 0u);
}

BOOST_AUTO_TEST_CASE(many_places_are_forgotten_a_thousand_at_a_time_and_none_is_passed_over) {
  Opened world;
  Letter letter("to many");
  for (int i = 0; i < 2500; ++i)
    letter.to("u" + std::to_string(i) + "@far.example").enqueue(routing::EntryKind::relay, "mx:far");
  BOOST_REQUIRE(world.accept(letter));
  BOOST_TEST(world.remembered() == 2500u);
  world.clock.advance(window);
  auto from = world.expire();
  BOOST_TEST(world.remembered() == 1500u);
  from = world.expire(from);
  BOOST_TEST(world.remembered() == 500u);
  BOOST_TEST(world.expire(world.expire(from)) == "");
  BOOST_TEST(world.remembered() == 0u);
}

BOOST_AUTO_TEST_CASE(a_message_made_here_is_known_for_more_than_a_year_and_then_forgotten) {
  Opened world;
  const auto known = [&](const std::string& unique) { return journal::read_made(world.store(), 0, unique)->has_value(); };
  BOOST_REQUIRE(world.accept(Letter("bounce").from_nobody().to("bob@example.org").file("bob@example.org").made("old")));
  world.clock.advance(std::chrono::days(366));
  BOOST_REQUIRE(world.accept(Letter("bounce").from_nobody().to("bob@example.org").file("bob@example.org").made("new")));
  world.expire_all();
  BOOST_TEST((known("old") && known("new")));
  world.clock.advance(std::chrono::days(34));
  world.expire_all();
  BOOST_TEST((!known("old") && known("new")));
}

BOOST_AUTO_TEST_CASE(a_place_that_is_filled_anew_in_the_same_group_is_not_forgotten) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob(1)));
  world.clock.advance(window);
  std::vector<base::Result<Accepted>> answers;
  world.archive().accept(to_bob(1).arrive(world.store()), [&](base::Result<Accepted> a) { answers.push_back(std::move(a)); });
  world.archive().expire_places({}, window, [](const base::Result<std::string>& next) { BOOST_TEST(bool(next)); });
  BOOST_TEST(world.archive().pump());
  BOOST_TEST(world.archive().totals().groups == 2u);
  BOOST_REQUIRE((answers.size() == 1 && answers[0]));
  BOOST_TEST(!answers[0]->resend);
  BOOST_TEST(world.accept(to_bob(1))->resend);
}

BOOST_AUTO_TEST_CASE(what_is_forgotten_stays_forgotten_over_a_power_cut_or_is_forgotten_again) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob(1)));
  world.clock.advance(window);
  world.expire_all();  // not synced: it may come back
  world.cut(ArchiveWorld::Kept::none);
  BOOST_REQUIRE(world.open());
  world.expire_all();
  BOOST_TEST(world.remembered() == 0u);
  BOOST_TEST(!world.accept(to_bob(1))->resend);
}

BOOST_AUTO_TEST_CASE(the_marks_of_a_plan_are_kept_with_the_entry) {
  Opened world;
  auto arrival = to_bob(1).arrive(world.store());
  arrival.plan.marks = {"from-differs", "loop"};
  world.archive().accept(std::move(arrival), [](const base::Result<Accepted>& accepted) { BOOST_TEST(bool(accepted)); });
  world.pump();
  auto wider = to_bob(1).to("carol@example.org").file("carol@example.org").arrive(world.store());
  wider.plan.marks = {"loop"};
  world.archive().accept(std::move(wider), [](const base::Result<Accepted>& accepted) { BOOST_TEST(bool(accepted)); });
  world.pump();
  using Marks = std::vector<std::string>;
  BOOST_TEST((journal::read(world.store(), {0, 0})->plan.marks == Marks{"from-differs", "loop"}));
  BOOST_TEST((journal::read(world.store(), {0, 1})->plan.marks == Marks{"loop", "resend"}));
}

BOOST_AUTO_TEST_SUITE_END()
