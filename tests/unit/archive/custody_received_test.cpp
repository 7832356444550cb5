/// The law "exactly one copy" by custody number: for ever, and whatever the window for resends says.
#include <map>
#include <random>

#include "archive/custody/errc.hpp"
#include "archive/custody/received.hpp"
#include "archive/journal/reader.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::Letter;

namespace {

const std::string octets = "Message-ID: <one@world.example>\r\n\r\nhello\r\n";

custody::Number number(std::uint64_t number) {
  custody::Life life;
  life.instance.fill(1);
  life.incarnation.fill(2);
  return custody::number_of(life, 0, number);
}

struct Opened : ArchiveWorld {
  Opened() { BOOST_REQUIRE(open()); }
  std::size_t copies(const std::string& account = "bob@example.org", const std::string& folder = "INBOX") {
    return messages(account, folder).size();
  }
  std::uint64_t journaled() { return journal::read_numbers(store(), 0)->frontier.size(); }
  std::vector<custody::Received> book() {
    std::vector<custody::Received> records;
    for (auto cursor = store().scan(custody::shard_of(0), store::Table::received); cursor->valid(); cursor->next()) {
      auto received = custody::Received::decode(cursor->value());
      BOOST_REQUIRE(received);
      records.push_back(*received);
    }
    return records;
  }
};

Letter to(const std::string& who, const std::string& text = octets) {
  return Letter(text).to(who).file(who).by_copy_client();
}
Letter to_bob() {
  return to("bob@example.org");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(custody_received)

BOOST_AUTO_TEST_CASE(a_number_that_comes_again_fills_nothing_however_late_and_without_any_window) {
  for (const bool with_window : {true, false}) {
    Opened world;
    auto letter = to_bob().under(number(7)).without_trace().without_message_id();
    if (!with_window) letter.window(std::chrono::seconds(0));
    const auto first = world.accept(letter);
    world.clock.advance(std::chrono::days(3650));
    const auto again = world.accept(letter);
    BOOST_REQUIRE((first && again));
    BOOST_TEST(!first->resend);
    BOOST_TEST(again->resend);
    BOOST_TEST((again->position == first->position));
    BOOST_TEST(world.copies() == 1u);
    BOOST_TEST(world.journaled() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(two_numbers_are_two_messages) {
  Opened world;
  const auto letter = to_bob().without_trace().without_message_id();
  BOOST_REQUIRE(world.accept(Letter(letter).under(number(7))));
  BOOST_REQUIRE(world.accept(Letter(letter).under(number(8))));
  BOOST_TEST(world.copies() == 2u);
}

BOOST_AUTO_TEST_CASE(a_number_that_brings_other_octets_is_refused_and_nothing_is_filed) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob().under(number(7))));
  const auto other = world.accept(to("carol@example.org", octets + "and more\r\n").under(number(7)));
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().code == custody::errc::replayed));
  BOOST_TEST(world.copies("carol@example.org") == 0u);
  BOOST_TEST(world.journaled() == 1u);
  BOOST_REQUIRE(world.accept(to_bob().under(number(7))));  // the first octets are still its own
}

BOOST_AUTO_TEST_CASE(a_number_in_several_transactions_fills_each_place_once) {
  Opened world;
  const auto letter = [](const std::string& who) {
    return to(who).from("alice@example.org").sent("alice@example.org").under(number(7)).window(std::chrono::seconds(0));
  };
  for (int round = 0; round < 3; ++round) {
    BOOST_REQUIRE(world.accept(letter("bob@example.org")));
    world.clock.advance(std::chrono::days(30));
    BOOST_REQUIRE(world.accept(letter("carol@example.org")));
  }
  BOOST_TEST(world.copies("bob@example.org") == 1u);
  BOOST_TEST(world.copies("carol@example.org") == 1u);
  BOOST_TEST(world.copies("alice@example.org", "\\Sent") == 1u);
  BOOST_TEST(world.journaled() == 2u);
}

BOOST_AUTO_TEST_CASE(a_recipient_whose_places_are_filled_is_journaled_so_that_a_receipt_can_speak_of_him) {
  Opened world;
  const auto alias = [] { return Letter(octets).to("robert@example.org").file("bob@example.org").under(number(7)); };
  BOOST_REQUIRE(world.accept(to_bob().under(number(7))));
  const auto second = world.accept(alias());
  BOOST_REQUIRE(second);
  BOOST_TEST(!second->resend);
  BOOST_TEST(world.copies() == 1u);
  BOOST_TEST(world.journaled() == 2u);
  const auto third = world.accept(alias());
  BOOST_TEST((third && third->resend));
  const auto entry = journal::read(world.store(), second->position);
  BOOST_REQUIRE(entry);
  BOOST_TEST((entry->plan.marks == std::vector<std::string>{"resend"}));
}

BOOST_AUTO_TEST_CASE(the_journal_entry_and_the_book_say_under_which_number_it_came) {
  Opened world;
  const auto accepted = world.accept(to_bob().to("carol@example.org").file("carol@example.org").under(number(7)));
  BOOST_REQUIRE(accepted);
  const auto entry = journal::read(world.store(), accepted->position);
  BOOST_REQUIRE(entry);
  BOOST_TEST((entry->custody == number(7)));
  BOOST_TEST(!entry->owed.has_value());
  const auto book = world.book();
  BOOST_REQUIRE(book.size() == 1u);
  const auto receipt = custody::receipt_of(number(7), book[0], {}, world.random);
  BOOST_TEST((receipt.digest == base::sha256(octets)));
  BOOST_TEST((receipt.position == accepted->position));
  BOOST_TEST((receipt.time == entry->time));
  BOOST_TEST((receipt.recipients == custody::names_of(receipt.digest, entry->envelope.recipients)));
  BOOST_TEST(custody::Receipt::decode(receipt.encode()).has_value());
}

BOOST_AUTO_TEST_CASE(what_came_before_without_a_number_is_known_by_its_octets_and_gets_an_entry_for_its_number) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob()));
  const auto numbered = world.accept(to_bob().under(number(7)));
  BOOST_REQUIRE(numbered);
  BOOST_TEST(!numbered->resend);
  BOOST_TEST(world.copies() == 1u);
  BOOST_TEST(world.book().size() == 1u);
  world.clock.advance(std::chrono::days(30));  // its octets are forgotten, its number is not
  const auto again = world.accept(to_bob().under(number(7)));
  BOOST_TEST((again && again->resend));
  BOOST_TEST(world.copies() == 1u);
}

BOOST_AUTO_TEST_CASE(very_many_recipients_are_kept_in_several_records) {
  Opened world;
  auto letter = Letter(octets).by_copy_client();
  for (int i = 0; i < 4500; ++i) letter.to("r" + std::to_string(i) + "@example.org");
  BOOST_REQUIRE(world.accept(letter.under(number(7))));
  BOOST_TEST(world.book().size() == 3u);
  const auto again = world.accept(letter);
  BOOST_TEST((again && again->resend));
}

BOOST_AUTO_TEST_CASE(a_number_that_comes_again_and_again_with_something_new_is_refused_at_last) {
  Opened world;
  commit::Stage stage(world.store());
  custody::ReceivedBook book(world.store(), 0);
  custody::Known known;
  known.records = custody::max_received - 1;
  BOOST_TEST(book.note(stage, number(7), known, {}).has_value());
  known.records = custody::max_received;
  const auto noted = book.note(stage, number(7), known, {});
  BOOST_TEST((!noted && noted.error().code == custody::errc::exhausted));
  known.records = 1;
  known.places.resize(custody::max_received_names);
  custody::Received more;
  BOOST_TEST(book.note(stage, number(7), known, more).has_value());
  more.places.resize(1);
  const auto beyond = book.note(stage, number(7), known, more);
  BOOST_TEST((!beyond && beyond.error().code == custody::errc::exhausted));
}

BOOST_AUTO_TEST_CASE(a_number_fills_no_place_twice_whenever_the_power_goes) {
  const auto letter = [] {
    return to_bob().to("carol@example.org").file("carol@example.org").under(number(7)).window(std::chrono::seconds(0));
  };
  for (const auto kept : {ArchiveWorld::Kept::none, ArchiveWorld::Kept::all, ArchiveWorld::Kept::subset}) {
    for (std::uint64_t point = 1; point <= 16; ++point) {
      ArchiveWorld world;
      BOOST_REQUIRE(world.open());
      world.faults().crash_at(world.faults().points() + point, kept, point);
      const bool answered = world.accept(letter()).has_value();
      world.cut(kept, point);
      BOOST_REQUIRE(world.open());
      if (answered) BOOST_TEST(world.messages("bob@example.org").size() == 1u);
      BOOST_REQUIRE(world.accept(letter()));
      BOOST_TEST(world.messages("bob@example.org").size() == 1u, point);
      BOOST_TEST(world.messages("carol@example.org").size() == 1u, point);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_taken_back_is_no_repetition_when_it_comes) {
  Opened world;
  for (const std::uint64_t taken_back : {7, 3}) {  // beyond all that came, and among them
    const auto changed = world.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      if (auto noted = owners.received.note(stage, number(taken_back), std::nullopt, {}); !noted) return noted;
      const auto known = owners.received.find(stage, number(taken_back));
      BOOST_REQUIRE((known && *known));
      return base::fail("another thought", base::errc::refused);
    });
    BOOST_TEST(!changed);
    BOOST_TEST(world.book().empty());
  }
  for (const std::uint64_t each : {8, 7, 3}) {
    const auto accepted = world.accept(to_bob().under(number(each)).without_trace().without_message_id());
    BOOST_REQUIRE(accepted);
    BOOST_TEST(!accepted->resend, each);
  }
  BOOST_TEST(world.copies() == 3u);
}

BOOST_AUTO_TEST_CASE(a_sender_of_very_many_lives_doubles_nobodys_mail) {
  Opened world;
  const auto life = [](std::size_t n) {
    auto made = number(1);
    made.incarnation[0] = static_cast<std::uint8_t>(n);
    made.incarnation[1] = static_cast<std::uint8_t>(n >> 8);
    made.instance.fill(3);
    return made;
  };
  for (std::size_t i = 0; i + 1 < custody::NewNumbers::max_lives; ++i)
    BOOST_REQUIRE(world.accept(to("carol@example.org", std::to_string(i)).under(life(i))));
  const auto letter = [](const custody::Number& under) {
    return to("bob@example.org", "letter " + under.text()).under(under).without_trace().without_message_id().window({});
  };
  BOOST_REQUIRE(world.accept(letter(number(4))));
  std::size_t answered = 0;
  for (const auto& under : {number(5), life(5000), life(6000), number(6), number(5)})  // one group
    world.archive().accept(letter(under).arrive(world.store()),
                           [&](const base::Result<Accepted>& done) { answered += done ? 1u : 0u; });
  world.pump();
  BOOST_TEST(answered == 5u);
  for (const auto& under : {number(4), number(5), number(6), life(5000), life(6000)}) {
    const auto again = world.accept(letter(under));
    BOOST_TEST((again && again->resend), under.text());
  }
  BOOST_TEST(world.copies() == 5u);
}

BOOST_AUTO_TEST_CASE(a_damaged_record_refuses_its_own_number_and_no_other_one) {
  Opened world;
  auto other = number(1);
  other.incarnation.fill(3);  // behind those of the first life
  for (const auto& under : {number(1), number(3), other})
    BOOST_REQUIRE(world.accept(to("bob@example.org", under.text()).under(under)));
  for (const auto& damaged : {other, number(3)}) {
    store::Batch batch({store::ShardKind::journal, 0});
    batch.put(store::Table::received, custody::received_key(damaged, 0), "damaged");
    BOOST_REQUIRE(world.store().commit(std::span(&batch, 1), store::Sync::now));
  }
  world.close();
  BOOST_REQUIRE(world.open());
  for (const std::uint64_t fine : {2, 4}) BOOST_TEST(world.accept(to("bob@example.org", "it").under(number(fine))).has_value());
  BOOST_TEST((world.accept(to("bob@example.org", number(1).text()).under(number(1)))->resend));
  BOOST_TEST(!world.accept(to("bob@example.org", number(3).text()).under(number(3))));
  BOOST_TEST(!world.accept(to("bob@example.org", other.text()).under(other)));
}

BOOST_AUTO_TEST_CASE(numbers_that_overtake_each_other_come_again_and_outlive_power_cuts_are_filed_once_each) {
  for (unsigned round = 0; round < 20; ++round) {
    std::mt19937_64 draw(round);
    Opened world;
    std::map<std::uint64_t, std::size_t> sent;
    std::uint64_t next = 1;
    for (int step = 0; step < 60; ++step) {
      if (draw() % 15 == 0) {
        world.cut(draw() % 2 == 0 ? ArchiveWorld::Kept::all : ArchiveWorld::Kept::none, draw());
        BOOST_REQUIRE(world.open());
      }
      const auto which = draw() % 3 == 0 && next > 1 ? 1 + draw() % (next - 1) : next += 1 + draw() % 4;
      const auto letter = to("bob@example.org", "letter " + std::to_string(which)).without_trace().without_message_id();
      const auto accepted = world.accept(Letter(letter).under(number(which)).window(std::chrono::seconds(0)));
      BOOST_REQUIRE(accepted);
      BOOST_TEST(accepted->resend == sent.contains(which), "round " << round << ", number " << which);
      sent[which] += 1;
    }
    BOOST_TEST(world.copies() == sent.size());
    BOOST_TEST(world.book().size() == sent.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
