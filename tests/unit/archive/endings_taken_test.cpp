/// Orders of the other machine that cannot be carried out as they come: what cannot be read, and what changes nothing. None of
/// them keeps the others, and they are not kept for ever.
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "base/log.hpp"
#include "tests/support/ending_pair.hpp"
#include "tests/support/memory_key_ring.hpp"

using namespace understudy;
using namespace understudy::archive;
using endings::Came;
using test::EndingPair;
using test::EndingSide;

namespace {

struct Pair : EndingPair {
  Pair() { base::log::set_silent(); }
  /// Somebody's hand on the archive's disk.
  void write(store::Table table, const std::string& key, const std::string& value) {
    store::Batch batch(journal::shard_of(0));
    batch.put(table, key, value);
    BOOST_REQUIRE(keeper.store().commit(std::span(&batch, 1), store::Sync::now));
  }
  /// Two messages that both machines have, closed by their receipts.
  std::pair<Handed, Handed> two() {
    auto one = settled(), other = hand_over("other", both);
    introduce(keeper, primary);
    give_receipts();
    return {std::move(one), std::move(other)};
  }

  const std::vector<std::string> both{"alice@secret.example", "bob@secret.example"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(endings_taken, Pair)

BOOST_AUTO_TEST_CASE(an_order_for_what_cannot_be_read_waits_by_name_and_the_others_are_taken) {
  const auto [made, other] = two();
  const auto key = journal::index_key(made.there);
  const auto record = *keeper.store().get(journal::shard_of(0), store::Table::journal_log, key);
  BOOST_REQUIRE(record.has_value());
  write(store::Table::journal_log, key, "damaged");
  const auto first = primary.end(made.here), second = primary.end(other.here);
  BOOST_TEST(connect(primary, keeper) == 2u);  // which requires that both were taken
  const auto given = primary.given(first->told[0].index);
  BOOST_TEST((given.came == Came::waiting && given.answer->answer.why == endings::Taken::unreadable));
  BOOST_TEST((keeper.taken(2).came == Came::waiting && keeper.taken(2).why.empty()));
  BOOST_TEST(keeper.desk->counts().at("unreadable") == 1u);
  BOOST_TEST((keeper.obey(1).error().code == base::errc::damaged));
  BOOST_REQUIRE(keeper.obey(2));
  BOOST_TEST(connect(primary, keeper) == 2u);
  BOOST_TEST((keeper.taken(1).waits_to_be_read() && primary.given(second->told[0].index).came == Came::done));
  write(store::Table::journal_log, key, *record);
  BOOST_TEST(connect(primary, keeper) == 1u);  // it comes again with each connection
  BOOST_TEST((keeper.taken(1).came == Came::waiting && !keeper.taken(1).waits_to_be_read()));
  BOOST_REQUIRE(keeper.obey(1));
  connect(primary, keeper);
  BOOST_TEST((primary.given(first->told[0].index).came == Came::done));
  require_forgotten(keeper, made, both, true);
  const auto verdict = journal::verify(keeper.store(), keeper.store().bodies(), {0, journal::Depth::bodies}, {});
  BOOST_TEST((verdict && verdict->faults.empty()));
}

BOOST_AUTO_TEST_CASE(a_record_of_an_order_that_cannot_be_read_keeps_nobody_from_the_others) {
  const auto [made, other] = two();
  BOOST_REQUIRE(primary.end(made.here));
  connect(primary, keeper);
  write(store::Table::orders_taken, keeper.taken(1).record_key(), "damaged");
  const auto ended = primary.end(other.here);
  BOOST_TEST(connect(primary, keeper) == 2u);
  BOOST_REQUIRE(keeper.obey(2));
  connect(primary, keeper);
  BOOST_TEST((primary.given(ended->told[0].index).came == Came::done));
  BOOST_TEST(keeper.desk->counts().at("unreadable") >= 1u);
}

BOOST_AUTO_TEST_CASE(of_orders_that_changed_nothing_the_newest_are_kept) {
  const auto made = settled();
  constexpr auto most = endings::TakenCount::most_idle;
  const auto order = [&](std::uint64_t index) {
    endings::Order order;
    order.by = primary.life();
    order.index = index;
    order.reason = "nonsense";
    order.items.push_back({custody::number_of(keeper.life(), 0, 1'000'000), {}, {custody::Name{1}}});
    return keeper.take_order(primary.signer->sign(std::move(order)).encode());
  };
  const auto orders = [&](std::uint64_t first) {
    for (std::uint64_t i = 0; i < most + 5; ++i) BOOST_REQUIRE(order(first + i));
  };
  const auto records = [&] { return test::dump(keeper.store())[{store::Table::orders_taken, custody::shard_of(0)}].size(); };
  orders(1000);
  BOOST_TEST(records() == 4 * most + 1);  // order, name, answer and turn of each; and the count
  BOOST_TEST(!*endings::find_taken(keeper.store(), 0, 5));
  BOOST_TEST((keeper.taken(6).came == Came::refused && keeper.taken(most + 5).came == Came::refused));
  BOOST_REQUIRE(order(1000));  // that one is new again
  BOOST_TEST(records() == 4 * most + 1);
  BOOST_TEST((keeper.taken(most + 6).came == Came::refused));
  // What changes something is not among them.
  BOOST_REQUIRE(primary.end(made.here));
  connect(primary, keeper);
  const auto real = most + 7;
  BOOST_TEST((keeper.taken(real).came == Came::waiting));
  BOOST_REQUIRE(keeper.obey(real));
  orders(10'000);
  BOOST_TEST((keeper.taken(real).came == Came::done));
}

BOOST_AUTO_TEST_CASE(no_more_orders_wait_than_there_is_room_for_and_the_next_one_comes_again) {
  const auto made = settled();
  constexpr auto most = endings::TakenCount::most_waiting;
  const auto name = custody::name_of(base::sha256(made.handed), test::address(made.recipients.front()));
  const auto order_for = [&](std::uint64_t index, const custody::Number& number) {
    endings::Order order;
    order.by = primary.life();
    order.index = index;
    order.reason = "90 days";
    order.items.push_back({number, base::sha256(made.handed), {name}});
    return primary.signer->sign(std::move(order)).encode();
  };
  const auto order = [&](std::uint64_t index) { return order_for(index, made.number); };
  const auto refused = [&] {
    const auto counts = keeper.desk->counts();
    return counts.contains("too-many") ? counts.at("too-many") : 0;
  };
  // The last ones come in one group: those before them are not stored yet when they are counted.
  for (std::uint64_t i = 0; i < most - 3; ++i) BOOST_REQUIRE(keeper.take_order(order(1000 + i)));
  std::size_t answered = 0;
  for (std::uint64_t i = most - 3; i < most + 2; ++i)
    keeper.desk->take_order(order(1000 + i), [&](const base::Result<>& taken) { answered += taken ? 1 : 0; });
  keeper.pump();
  BOOST_TEST(answered == 5u);
  BOOST_TEST(refused() == 2u);
  BOOST_TEST((keeper.taken(most).came == Came::waiting));
  BOOST_TEST(!*endings::find_taken(keeper.store(), 0, most + 1));
  BOOST_REQUIRE(keeper.take_order(order(1000)));  // one that waits already is none of them
  BOOST_TEST(refused() == 2u);
  BOOST_REQUIRE(keeper.take_order(order_for(9000, custody::number_of(keeper.life(), 0, 1'000'000))));  // and none that does not
  BOOST_TEST((keeper.taken(most + 1).came == Came::refused));
  BOOST_REQUIRE(keeper.decline(7, "no"));
  BOOST_REQUIRE(keeper.take_order(order(1000 + most)));
  BOOST_REQUIRE(keeper.take_order(order(1000 + most + 1)));
  BOOST_TEST((keeper.taken(most + 2).came == Came::waiting && keeper.taken(most + 2).index == 1000 + most));
  BOOST_TEST(refused() == 3u);
}

namespace {

/// An archive that encrypts, and a message whose recipients have mailboxes there.
struct Encrypted : Pair {
  explicit Encrypted(std::vector<std::string> recipients = {"alice@example.org", "bob@example.org", "carol@example.org"}) {
    keeper.keys = ring;
    files = true;
    keeper.again();
    made = settled(std::move(recipients));
  }
  store::Shard shard_of(const std::string& name) { return mailbox::shard_of(keeper.number_of(name + "@example.org")); }
  void destroy(const std::string& name) { BOOST_REQUIRE(ring->destroy(shard_of(name))); }
  endings::Given order(std::vector<std::uint32_t> recipients) {
    const auto ended = primary.end(made.here, std::move(recipients));
    BOOST_REQUIRE((ended && ended->orders.size() == 1u));
    index = ended->told[0].index;
    connect(primary, keeper);
    return primary.given(index);
  }
  endings::Given obeyed() {
    BOOST_REQUIRE(keeper.obey(1));
    connect(primary, keeper);
    return primary.given(index);
  }
  journal::Sealed sealed() { return *journal::read_sealed(keeper.store(), {0, made.there}); }
  std::vector<bool> ended() {
    std::vector<bool> each{journal::is_ended(sealed().common)};
    for (const auto& part : sealed().parts) each.push_back(journal::is_ended(part));
    return each;
  }

  std::shared_ptr<test::MemoryKeyRing> ring = std::make_shared<test::MemoryKeyRing>();
  Handed made;
  std::uint64_t index = 0;
};

using Each = std::vector<bool>;  ///< of the common part and of each recipient's

}  // namespace

BOOST_AUTO_TEST_CASE(an_order_for_the_whole_message_ends_also_those_whose_key_was_destroyed) {
  for (const bool all : {false, true}) {
    Encrypted pair;
    pair.destroy("alice");
    if (all)
      for (const auto* name : {"bob", "carol"}) pair.destroy(name);
    BOOST_TEST((pair.order({}).came == Came::waiting));
    const auto given = pair.obeyed();
    BOOST_TEST((given.came == Came::done && given.answer->answer.why.empty()));
    BOOST_TEST((pair.ended() == Each{true, true, true, true}));
  }
}

BOOST_AUTO_TEST_CASE(an_order_for_some_says_so_where_nobody_can_tell_one_of_them_any_more) {
  Encrypted pair;
  pair.destroy("alice");
  const auto waits = pair.order({0, 1});
  BOOST_TEST((waits.came == Came::waiting && waits.answer->answer.why == endings::Taken::partial));
  const auto given = pair.obeyed();
  BOOST_TEST((given.came == Came::done && given.answer->answer.why == endings::Taken::partial));
  BOOST_TEST((pair.ended() == Each{false, false, true, false}));
}

BOOST_AUTO_TEST_CASE(an_order_for_nobody_who_can_be_told_is_refused_with_the_reason) {
  Encrypted pair;
  pair.destroy("alice");
  const auto given = pair.order({0});
  BOOST_TEST((given.came == Came::refused && given.answer->answer.why == endings::Taken::partial));
  BOOST_TEST((pair.ended() == Each{false, false, false, false}));
}

BOOST_AUTO_TEST_CASE(an_order_for_those_who_can_be_read_is_done_whoever_else_cannot) {
  Encrypted pair;
  pair.destroy("alice");
  BOOST_TEST((pair.order({1}).came == Came::waiting));
  const auto given = pair.obeyed();
  BOOST_TEST((given.came == Came::done && given.answer->answer.why.empty()));
  BOOST_TEST((pair.ended() == Each{false, false, true, false}));
}

BOOST_AUTO_TEST_CASE(an_order_for_one_whose_key_is_not_at_hand_waits_until_it_is) {
  Encrypted pair;
  const auto newest = pair.ring->copy();
  pair.ring->lose(pair.shard_of("alice"));
  const auto waits = pair.order({0, 1});
  BOOST_TEST((waits.came == Came::waiting && waits.answer->answer.why == endings::Taken::unreadable));
  BOOST_TEST(!pair.keeper.obey(1));
  pair.keeper.keys = newest;
  pair.keeper.again();
  pair.connect(pair.primary, pair.keeper);
  BOOST_TEST((pair.obeyed().came == Came::done));
  BOOST_TEST((pair.ended() == Each{false, true, true, false}));
}

BOOST_AUTO_TEST_CASE(what_it_waits_for_does_not_hide_that_nobody_can_tell_some) {
  struct Held final : endings::Holds {
    bool holds = true;
    base::Result<std::optional<std::string>> hold_on(const commit::Stage&, const journal::Entry&,
                                                     std::optional<std::uint32_t>) const override {
      return holds ? std::optional<std::string>("17") : std::nullopt;
    }
  } hold;
  Encrypted pair;
  pair.keeper.holds = &hold;
  pair.keeper.obedience = endings::Obedience::obey;
  pair.keeper.again();
  pair.destroy("alice");
  pair.order({0, 1});
  BOOST_TEST(pair.keeper.taken(1).why == "held; " + std::string(endings::Taken::partial));
  hold.holds = false;
  pair.keeper.desk->try_again();
  pair.keeper.pump();
  BOOST_TEST((pair.keeper.taken(1).came == Came::done && pair.keeper.taken(1).why == endings::Taken::partial));
  pair.keeper.holds = nullptr;
}

BOOST_AUTO_TEST_SUITE_END()
