/// What the receiver sees by itself: numbers that were announced and never came.
#include "archive/custody/gaps.hpp"
#include "base/log.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using custody::Announcement;
using custody::Gap;
using custody::Life;
using custody::Number;
using custody::Standing;
using test::ArchiveWorld;
using test::Letter;

namespace {

Life life_named(std::uint8_t name) {
  Life life;
  life.instance.fill(0xaa);
  life.incarnation.fill(name);
  return life;
}

struct World : ArchiveWorld {
  World() {
    base::log::set_silent();
    BOOST_REQUIRE(open());
  }
  Number number(std::uint64_t n) const { return custody::number_of(sender, 0, n); }
  void come(std::uint64_t n) {
    const std::string octets = "Message-ID: <" + std::to_string(n) + "@world.example>\r\n\r\nhello\r\n";
    BOOST_REQUIRE(accept(Letter(octets).to("a@example.org").file("a@example.org").under(number(n))));
  }
  void announce(std::uint64_t next, std::uint64_t low = 1) {
    Announcement announced{clock.now(), {{sender, 0, {next, low}}}};
    announced = *Announcement::decode(announced.encode(), sender.instance);
    note(announced);
  }
  /// How many lives were not kept.
  std::size_t note(const Announcement& announced) {
    std::size_t refused = 0;
    BOOST_REQUIRE(change([&](commit::Stage& stage, commit::Owners&) -> base::Result<> {
      auto noted = custody::note_marks(stage, announced, clock.now());
      if (!noted) return std::unexpected(noted.error());
      refused = *noted;
      return {};
    }));
    return refused;
  }
  custody::GapLook look(std::uint64_t upto, const custody::GapCounts& counts = {}) {
    auto look = custody::look_for_gaps(store(), {{{sender, 0}, upto}}, {}, counts);
    BOOST_REQUIRE(look.has_value());
    return *look;
  }
  void keep(const custody::GapLook& look, Standing standing) {
    std::vector<Gap> gaps = look.still;
    for (const auto& number : look.found) gaps.push_back({number, clock.now(), standing});
    BOOST_REQUIRE(change(
        [&](commit::Stage& stage, commit::Owners&) { return custody::note_look(stage, gaps, look.came, look.checked); }));
  }
  std::vector<std::uint64_t> gaps() {
    auto page = custody::read_gaps(store(), {}, 1000);
    BOOST_REQUIRE(page.has_value());
    std::vector<std::uint64_t> numbers;
    for (const auto& gap : page->gaps) numbers.push_back(gap.number.number);
    return numbers;
  }
  static std::vector<std::uint64_t> plain(const std::vector<Number>& numbers) {
    std::vector<std::uint64_t> list;
    for (const auto& each : numbers) list.push_back(each.number);
    return list;
  }

  Life sender = life_named(1);
};

using Numbers = std::vector<std::uint64_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(custody_gaps, World)

BOOST_AUTO_TEST_CASE(what_was_announced_and_never_came_is_a_gap_until_it_comes) {
  for (const std::uint64_t n : {1, 2, 4, 7}) come(n);
  announce(8);
  const auto first = look(8);
  BOOST_TEST(plain(first.found) == (Numbers{3, 5, 6}), boost::test_tools::per_element());
  BOOST_TEST(first.whole);
  keep(first, Standing::missing);
  BOOST_TEST(gaps() == (Numbers{3, 5, 6}), boost::test_tools::per_element());
  come(5);
  const auto second = look(8);
  BOOST_TEST(second.found.empty());
  BOOST_TEST(plain(second.came) == (Numbers{5}), boost::test_tools::per_element());
  BOOST_TEST(second.still.size() == 2u);
  keep(second, Standing::missing);
  BOOST_TEST(gaps() == (Numbers{3, 6}), boost::test_tools::per_element());
  come(3);
  come(6);
  keep(look(8), Standing::missing);
  BOOST_TEST(gaps().empty());
}

BOOST_AUTO_TEST_CASE(what_is_too_young_to_be_missed_is_not) {
  come(1);
  announce(4);
  const auto found = look(2);
  BOOST_TEST(found.found.empty());
  keep(found, Standing::missing);
  come(2);
  BOOST_TEST(plain(look(4).found) == (Numbers{3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_look_that_was_not_kept_finds_the_same_again) {
  announce(3);
  BOOST_TEST((look(3).found == look(3).found));
  BOOST_TEST(look(3).found.size() == 2u);
  close();
  BOOST_REQUIRE(open());
  BOOST_TEST(look(3).found.size() == 2u);
  keep(look(3), Standing::given_up);
  close();
  BOOST_REQUIRE(open());
  BOOST_TEST(look(3).found.empty());
  BOOST_TEST(look(3).still.size() == 2u);
  BOOST_TEST((look(3).still[0].standing == Standing::given_up));
}

BOOST_AUTO_TEST_CASE(a_number_that_comes_while_it_is_asked_for_is_no_gap) {
  announce(2);
  const auto found = look(2);
  BOOST_TEST(found.found.size() == 1u);
  come(1);
  keep(found, Standing::receipt);
  BOOST_TEST(gaps().empty());
}

BOOST_AUTO_TEST_CASE(marks_without_bound_cost_a_bounded_look) {
  announce(~std::uint64_t{0});
  auto found = look(~std::uint64_t{0});
  BOOST_TEST(found.found.size() == custody::GapLook::most_new);
  BOOST_TEST(!found.whole);
  BOOST_TEST(look(~std::uint64_t{0}, {custody::GapLook::most_waiting, custody::GapLook::most_waiting}).found.empty());
  keep(found, Standing::waits);
  found = look(~std::uint64_t{0});
  BOOST_TEST(found.found.front().number == custody::GapLook::most_new + 1);
}

BOOST_AUTO_TEST_CASE(no_more_gaps_are_kept_than_there_is_room_for_whatever_is_said_of_them) {
  announce(~std::uint64_t{0});
  using Look = custody::GapLook;
  BOOST_TEST(look(~std::uint64_t{0}, {0, Look::most_kept}).found.empty());
  const auto last = look(~std::uint64_t{0}, {0, Look::most_kept - 3});
  BOOST_TEST(last.found.size() == 3u);
  BOOST_TEST(!last.whole);
  come(4);
  keep(last, Standing::unknown);  // where one comes, the next one has its place
  BOOST_TEST(plain(look(6, {0, Look::most_kept - 1}).found) == (Numbers{5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_more_lives_are_kept_than_one_announcement_has_and_those_that_are_known_go_on) {
  const auto lives = [&](std::uint16_t first, std::size_t count, std::uint64_t next) {
    Announcement announced{clock.now(), {}};
    for (std::size_t i = 0; i < count; ++i) {
      auto life = life_named(1);
      life.incarnation[0] = static_cast<std::uint8_t>((first + i) >> 8);
      life.incarnation[1] = static_cast<std::uint8_t>(first + i);
      announced.lives.push_back({life, 0, {next, 1}});
    }
    return announced;
  };
  BOOST_TEST(note(lives(0, 900, 2)) == 0u);
  BOOST_TEST(note(lives(10'000, 900, 2)) == 800u);
  BOOST_TEST(note(lives(0, 900, 3)) == 0u);
  const auto heard = custody::read_heard(store());
  BOOST_REQUIRE(heard.has_value());
  BOOST_TEST(heard->size() == Announcement::max_lives);
  BOOST_TEST(heard->front().marks.marks.next == 3u);
  BOOST_TEST(custody::read_lives(store(), 0, sender.instance)->empty());  // that they were counted is nobody's mark
}

BOOST_AUTO_TEST_CASE(each_partition_of_a_life_is_looked_at_up_to_its_own_mark) {
  note({clock.now(), {{sender, 0, {3, 1}}, {sender, 1, {2, 1}}}});
  const auto found = custody::look_for_gaps(store(), {{{sender, 0}, 3}, {{sender, 1}, 2}}, {}, {});
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(plain(found->found) == (Numbers{1, 2, 1}), boost::test_tools::per_element());
  BOOST_TEST(found->found.back().partition == 1);
}

BOOST_AUTO_TEST_CASE(of_each_life_of_a_sender_the_gaps_are_its_own) {
  come(1);
  announce(3);
  keep(look(3), Standing::missing);
  sender = life_named(2);
  come(2);
  announce(3);
  BOOST_TEST(plain(look(3).found) == (Numbers{1}), boost::test_tools::per_element());
  keep(look(3), Standing::missing);
  BOOST_TEST(gaps() == (Numbers{2, 1}), boost::test_tools::per_element());
  const auto heard = custody::read_heard(store());
  BOOST_REQUIRE(heard.has_value());
  BOOST_TEST(heard->size() == 2u);
}

BOOST_AUTO_TEST_CASE(marks_that_cannot_be_are_refused) {
  const auto decode = [&](const Announcement& announced) { return Announcement::decode(announced.encode(), sender.instance); };
  Announcement good{clock.now(), {{sender, 0, {5, 3}}}};
  BOOST_TEST((*decode(good) == good));
  for (const custody::Marks marks : {custody::Marks{5, 0}, custody::Marks{5, 6}, custody::Marks{0, 0}}) {
    Announcement bad{clock.now(), {{sender, 0, marks}}};
    BOOST_TEST((decode(bad).error().code == base::errc::malformed));
  }
  const auto octets = good.encode();
  for (std::size_t i = 0; i < octets.size(); ++i)
    BOOST_TEST(!Announcement::decode(octets.substr(0, i), sender.instance).has_value());
  BOOST_TEST(!Announcement::decode(octets + "x", sender.instance).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
