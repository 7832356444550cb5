/// What is owed and in nobody's hands: found, and handed over again for those who are owed still.
#include "archive/custody/overdue.hpp"
#include "archive/outbox/owner.hpp"
#include "base/log.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using custody::Number;
using test::ArchiveWorld;
using test::Letter;

namespace {

const std::string hop = "route:*";

struct World : ArchiveWorld {
  World() {
    base::log::set_silent();
    BOOST_REQUIRE(open());
  }
  Number owe(int which, const std::vector<std::string>& to = {"a@example.org"}) {
    Letter letter("Message-ID: <" + std::to_string(which) + "@world.example>\r\n\r\nhello\r\n");
    for (const auto& who : to) letter.to(who).enqueue(routing::EntryKind::copy, hop).owed();
    BOOST_REQUIRE(accept(letter));
    return entries().back().custody->number;
  }
  /// Takes the outbox entries of a number away, as no part of the program does.
  void steal(const Number& number) {
    for (const auto& entry : entries()) {
      if (!entry.custody || entry.custody->number != number) continue;
      store::Batch batch(entry.id.where());
      batch.erase(store::Table::outbox, entry.id.key());
      BOOST_REQUIRE(store().commit(std::span(&batch, 1), store::Sync::now));
    }
  }
  /// So many numbers at once. Final ones, or, where outbox entries are named, open ones that these stand for.
  void give_away(std::size_t count, const std::vector<outbox::Id>& entries) {
    BOOST_REQUIRE(change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto first = owners.owed.give(stage, count);
      if (!first) return std::unexpected(first.error());
      custody::Owed owed;
      owed.recipients = {custody::Name{1}};
      if (!entries.empty()) owed.open = owed.recipients;
      owed.entries = entries;
      for (auto number = *first; number.number < first->number + count; ++number.number) owners.owed.note(stage, number, owed);
      return {};
    }));
  }
  std::vector<std::uint64_t> overdue(std::chrono::seconds wait = std::chrono::seconds(0), std::size_t most = 100) {
    auto found = archive().overdue({}, clock.now() - wait, most);
    BOOST_REQUIRE(found.has_value());
    std::vector<std::uint64_t> numbers;
    for (const auto& number : found->numbers) numbers.push_back(number.number);
    return numbers;
  }
  std::size_t again(std::vector<Number> numbers, Archive::Closed closed = Archive::Closed::leave) {
    std::optional<base::Result<std::size_t>> got;
    archive().hand_over_again(std::move(numbers), closed, [&](base::Result<std::size_t> done) { got = std::move(done); });
    pump();
    BOOST_REQUIRE((got && *got));
    return **got;
  }
  void settle_all(const Number& number) {
    BOOST_REQUIRE(change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto owed = custody::find_owed(stage, number);
      if (!owed) return std::unexpected(owed.error());
      return owners.owed.settle(stage, number, (*owed)->recipients, custody::Settled::receipt);
    }));
  }
};

using Numbers = std::vector<std::uint64_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(custody_overdue, World)

BOOST_AUTO_TEST_CASE(a_number_is_overdue_when_it_is_open_and_old_and_nobody_has_it_in_hand) {
  const auto waiting = owe(1), lost = owe(2), closed = owe(3);
  clock.advance(std::chrono::seconds(30));
  steal(lost);
  steal(closed);
  settle_all(closed);
  BOOST_TEST(overdue(std::chrono::seconds(20)) == (Numbers{lost.number}), boost::test_tools::per_element());
  BOOST_TEST(overdue(std::chrono::seconds(40)).empty());
  steal(waiting);
  BOOST_TEST(overdue() == (Numbers{waiting.number, lost.number}), boost::test_tools::per_element());
  BOOST_TEST(overdue(std::chrono::seconds(0), 1) == (Numbers{waiting.number}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_lost_goes_out_again_under_its_number_and_once) {
  const auto number = owe(1);
  const auto before = entries();
  steal(number);
  clock.advance(std::chrono::seconds(30));
  BOOST_TEST(again({number}) == 1u);
  const auto after = entries();
  BOOST_REQUIRE(after.size() == 1u);
  BOOST_TEST((after[0].custody == before[0].custody));
  BOOST_TEST((after[0].id == before[0].id));
  BOOST_TEST((after[0].created == clock.now()));
  BOOST_TEST(after[0].targets.size() == 1u);
  BOOST_TEST(octets_of(after[0].body).find("hello") != std::string::npos);
  BOOST_TEST(overdue().empty());
  BOOST_TEST(again({number}) == 0u);  // it is in the outbox
  close();
  BOOST_REQUIRE(open());
  BOOST_TEST(entries().size() == 1u);
}

BOOST_AUTO_TEST_CASE(who_has_a_receipt_already_is_not_sent_to_again) {
  const auto number = owe(1, {"a@example.org", "b@example.org", "c@example.org"});
  const auto owed = *custody::find_owed(store(), number);
  steal(number);
  const auto done = custody::name_of(owed->digest, *mail::address::parse("b@example.org", mail::address::Utf8::refuse));
  BOOST_REQUIRE(change([&](commit::Stage& stage, commit::Owners& owners) {
    return owners.owed.settle(stage, number, {done}, custody::Settled::receipt);
  }));
  BOOST_TEST(again({number}) == 1u);
  Numbers left;
  const auto again_there = entries();
  for (const auto& target : again_there.at(0).targets)
    left.push_back(static_cast<std::uint64_t>(target.recipient.forward_path.local[0]));
  BOOST_TEST(left == (Numbers{'a', 'c'}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_final_or_unknown_is_not_handed_over) {
  const auto number = owe(1);
  steal(number);
  settle_all(number);
  auto unknown = number;
  unknown.number = 99;
  BOOST_TEST(again({number, unknown}) == 0u);
  BOOST_TEST(entries().empty());
}

BOOST_AUTO_TEST_CASE(a_look_costs_what_is_open_and_not_what_lies_between) {
  const auto first = owe(1);
  give_away(custody::most_looked_at, {});
  const auto last = owe(2);
  steal(first);
  steal(last);
  clock.advance(std::chrono::seconds(1));
  // One call looks at fewer numbers than lie between the two.
  BOOST_TEST(overdue() == (Numbers{first.number, last.number}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_call_looks_at_so_many_open_numbers_and_says_where_to_go_on) {
  const auto waiting = owe(1);
  const auto entries_of_it = custody::find_owed(store(), waiting)->value().entries;
  give_away(custody::most_looked_at + 10, entries_of_it);  // open, and in the outbox
  const auto last = owe(2);
  steal(last);
  clock.advance(std::chrono::seconds(1));
  const auto found = archive().overdue({}, clock.now(), 100);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->numbers.empty());
  const auto rest = archive().overdue(found->next, clock.now(), 100);
  BOOST_REQUIRE(rest.has_value());
  BOOST_REQUIRE(rest->numbers.size() == 1u);
  BOOST_TEST((rest->numbers[0] == last));
  BOOST_TEST(rest->next.empty());
}

BOOST_AUTO_TEST_CASE(numbers_of_a_former_life_are_found_like_those_of_this_one) {
  const auto number = owe(1);
  auto former = number;
  former.incarnation[0] ^= 0xff;
  const auto owed = *custody::find_owed(store(), number);
  BOOST_REQUIRE(change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto book = *owed;
    book.entries[0].ordinal = 7;  // an outbox entry that is not there
    owners.owed.note(stage, former, book);
    return {};
  }));
  const auto found = archive().overdue({}, clock.now() + std::chrono::seconds(1), 100);
  BOOST_REQUIRE(found.has_value());
  BOOST_REQUIRE(found->numbers.size() == 1u);
  BOOST_TEST((found->numbers[0] == former));
}

BOOST_AUTO_TEST_CASE(the_book_says_where_a_number_stands) {
  using custody::Standing;
  const auto at = [&](const Number& number, std::chrono::seconds wait) {
    auto standing = custody::standing_of(store(), number, clock.now() - wait);
    BOOST_REQUIRE(standing.has_value());
    return *standing;
  };
  const auto number = owe(1);
  BOOST_TEST((at(number, std::chrono::seconds(0)) == Standing::waits));
  steal(number);
  BOOST_TEST((at(number, std::chrono::seconds(20)) == Standing::handed));
  clock.advance(std::chrono::seconds(30));
  BOOST_TEST((at(number, std::chrono::seconds(20)) == Standing::missing));
  settle_all(number);
  BOOST_TEST((at(number, std::chrono::seconds(20)) == Standing::receipt));
  auto never = number;
  never.number += 1;
  BOOST_TEST((at(never, std::chrono::seconds(20)) == Standing::unknown));
}

BOOST_AUTO_TEST_CASE(what_waits_is_found_by_its_name_though_another_recipients_part_has_ended) {
  Letter letter("Message-ID: <1@world.example>\r\n\r\nhello\r\n");
  letter.to("a@example.org").enqueue(routing::EntryKind::copy, "route:other");  // the first outbox entry is his
  letter.to("b@example.org").enqueue(routing::EntryKind::copy, hop).owed();
  BOOST_REQUIRE(accept(letter));
  std::optional<outbox::Entry> owed;
  for (const auto& entry : entries())
    if (entry.custody) owed = entry;
  if (!owed) return;
  BOOST_TEST(owed->id.ordinal == 1u);
  BOOST_REQUIRE(change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto ended = owners.journal.end(stage, {"a test", {{owed->id.position, 0u}}}, clock.now());
    if (!ended) return std::unexpected(ended.error());
    return {};
  }));
  clock.advance(std::chrono::seconds(30));
  BOOST_TEST(overdue().empty());  // it waits
  BOOST_TEST(again({owed->custody->number}) == 0u);
  steal(owed->custody->number);
  BOOST_TEST(again({owed->custody->number}) == 1u);
  for (const auto& entry : entries())
    if (entry.custody) BOOST_TEST((entry.id == owed->id));
}

BOOST_AUTO_TEST_CASE(what_is_final_is_handed_over_again_to_all_where_that_is_asked_for) {
  const auto number = owe(1, {"a@example.org", "b@example.org"});
  steal(number);
  settle_all(number);
  auto marks = custody::find_marks(store(), 0, custody::life_of(number));
  BOOST_TEST(marks->low == 2u);
  BOOST_TEST(again({number}, Archive::Closed::reopen) == 1u);
  const auto left = entries();
  BOOST_REQUIRE(left.size() == 1u);
  BOOST_TEST(left[0].targets.size() == 2u);
  BOOST_TEST((left[0].custody->number == number));
  marks = custody::find_marks(store(), 0, custody::life_of(number));
  BOOST_TEST(marks->low == 1u);
  BOOST_TEST(again({number}, Archive::Closed::reopen) == 0u);  // it is on its way
  steal(number);
  clock.advance(std::chrono::seconds(1));
  BOOST_TEST(overdue() == (Numbers{number.number}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
