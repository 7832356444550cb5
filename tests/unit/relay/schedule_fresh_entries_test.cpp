/// Entries that were added a moment ago: taken once, while they are new, and never more than so many.
#include "relay/schedule/fresh_entries.hpp"

using namespace understudy;
using namespace understudy::relay;
using namespace std::chrono_literals;
using archive::outbox::Entry;

namespace {
constexpr base::WallTime accepted_at{1h};

Entry entry(std::uint64_t index, std::size_t targets = 1) {
  Entry made;
  made.id = {{0, index}, 0, 7};
  made.message_id = std::to_string(index);
  made.targets.resize(targets);
  made.created = accepted_at;
  return made;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_fresh_entries)

BOOST_AUTO_TEST_CASE(an_entry_is_taken_once_and_not_after_it_was_forgotten) {
  FreshEntries fresh;
  fresh.keep(entry(1));
  fresh.keep(entry(2));
  const auto taken = fresh.take(entry(1).id, accepted_at);
  BOOST_REQUIRE(taken);
  BOOST_TEST(taken->message_id == "1");
  BOOST_TEST(!fresh.take(entry(1).id, accepted_at));
  fresh.forget(entry(2).id);
  BOOST_TEST(!fresh.take(entry(2).id, accepted_at));
}

BOOST_AUTO_TEST_CASE(an_entry_is_fresh_for_so_long) {
  for (const auto after : {0ms, 10'000ms, 10'001ms, 86'400'000ms}) {
    FreshEntries fresh;
    fresh.keep(entry(1));
    BOOST_TEST(fresh.take(entry(1).id, accepted_at + after).has_value() == (after <= FreshEntries::kept_for));
  }
}

BOOST_AUTO_TEST_CASE(of_many_the_first_are_kept_until_they_are_too_old_and_none_of_many_recipients) {
  FreshEntries fresh;
  for (std::uint64_t i = 0; i < FreshEntries::most + 10; ++i) fresh.keep(entry(i));
  BOOST_TEST(fresh.take(entry(0).id, accepted_at).has_value());
  BOOST_TEST(!fresh.take(entry(FreshEntries::most).id, accepted_at));
  auto later = entry(5000);
  later.created += 11s;
  fresh.keep(later);
  auto last = entry(5001);
  last.created += 11s;
  fresh.keep(last);  // in the place of the oldest that is left
  BOOST_TEST(fresh.take(last.id, last.created).has_value());
  const auto large = entry(6000, FreshEntries::most_targets + 1);
  fresh.keep(large);
  BOOST_TEST(!fresh.take(large.id, accepted_at));
}

BOOST_AUTO_TEST_SUITE_END()
