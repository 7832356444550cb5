/// Endings as a whole: what ends is forgotten by every table, on this machine and, by order, on the other one; proofs close;
/// who is still owed a message keeps it.
#include "archive/endings/errc.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "tests/support/ending_pair.hpp"
#include "tests/support/memory_key_ring.hpp"

using namespace understudy;
using namespace understudy::archive;
using endings::Came;
using test::EndingPair;
using test::EndingSide;
using test::Letter;

namespace {

void require_sound(EndingSide& side) {
  auto verdict = journal::verify(side.store(), side.store().bodies(), {0, journal::Depth::bodies}, {});
  BOOST_REQUIRE(verdict);
  BOOST_REQUIRE_MESSAGE(verdict->faults.empty(), (verdict->faults.empty() ? "" : verdict->faults.front()));
}

struct Pair : EndingPair {
  Pair() { base::log::set_silent(); }
};

const std::vector<std::string> both{"alice@secret.example", "bob@secret.example"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(endings_whole, Pair)

BOOST_AUTO_TEST_CASE(what_ends_here_and_by_order_there_is_in_no_table_of_either_machine) {
  const auto made = settled();
  for (const auto& secret : {"alice", "bob", "from-it"}) BOOST_TEST(!primary.remembers(secret).empty());
  const auto ended = primary.end(made.here);
  BOOST_REQUIRE(ended);
  BOOST_TEST((ended->entries == 1u && ended->parts == 3u && ended->told.size() == 1u && ended->orders.size() == 1u));
  BOOST_TEST(primary.octets_of(made.body_here) == "(gone)");
  BOOST_TEST(connect(primary, keeper) == 1u);
  BOOST_TEST((primary.given(ended->told[0].index).came == Came::waiting));
  BOOST_TEST((keeper.taken(1).came == Came::waiting));
  const auto obeyed = keeper.obey(1);
  BOOST_REQUIRE(obeyed);
  BOOST_TEST(connect(primary, keeper) == 1u);  // it came once more, and changed nothing
  const auto given = primary.given(ended->told[0].index);
  BOOST_TEST((given.came == Came::done && !given.order));
  BOOST_TEST((given.answer->answer.ended_by == obeyed->ended_by && obeyed->ended_by));
  BOOST_TEST(keeper.taken(1).parts.empty());
  BOOST_TEST(keeper.octets_of(made.body_there) == "(gone)");
  require_forgotten(primary, made, both, true);
  require_forgotten(keeper, made, both, true);
  BOOST_TEST(connect(primary, keeper) == 0u);
  // Who ordered it is provable though the order is gone.
  const auto taken = keeper.taken(1);
  BOOST_TEST(endings::signed_order(taken.by, taken.index, taken.hash, taken.key, taken.signature));
  BOOST_TEST((taken.key == primary.key.public_key()));
  const auto told = keeper.archive().journal_entry({0, *obeyed->ended_by});
  BOOST_TEST(told->endings.reason ==
             "by order " + std::to_string(taken.index) + " of " + std::string(32, 'a') + ": 90 days after arrival");
  require_sound(primary);
  require_sound(keeper);
}

BOOST_AUTO_TEST_CASE(an_ending_at_the_archive_is_an_order_to_the_primary) {
  const auto made = settled();
  const auto ended = keeper.end(made.there);
  BOOST_REQUIRE(ended);
  connect(keeper, primary);
  BOOST_REQUIRE(primary.obey(1));
  connect(keeper, primary);
  BOOST_TEST((keeper.given(ended->told[0].index).came == Came::done));
  require_forgotten(primary, made, both, true);
  require_forgotten(keeper, made, both, true);
  require_sound(primary);
  require_sound(keeper);
}

BOOST_AUTO_TEST_CASE(one_recipients_part_ends_on_both_and_the_other_one_stays) {
  const auto made = settled();
  const auto ended = primary.end(made.here, {0u}, "he asked for it");
  BOOST_REQUIRE(ended);
  BOOST_TEST(ended->parts == 1u);
  connect(primary, keeper);
  BOOST_REQUIRE(keeper.obey(1));
  connect(primary, keeper);
  for (auto* side : {&primary, &keeper}) {
    require_forgotten(*side, made, {"alice@secret.example"}, false);
    BOOST_TEST(!side->remembers("bob").empty());
    require_sound(*side);
  }
  BOOST_TEST(primary.octets_of(made.body_here) == made.handed);
  // With the last one the entry ends whole.
  const auto last = primary.end(made.here, {1u});
  BOOST_REQUIRE(last);
  BOOST_TEST(last->parts == 2u);
  connect(primary, keeper);
  BOOST_REQUIRE(keeper.obey(2));
  connect(primary, keeper);
  require_forgotten(primary, made, both, true);
  require_forgotten(keeper, made, both, true);
  const auto nothing = primary.end(made.here);
  BOOST_TEST((nothing && nothing->parts == 0u && nothing->told_before == last->told[0].index));
}

BOOST_AUTO_TEST_CASE(what_comes_again_under_the_number_of_what_has_ended_is_a_repetition_for_ever) {
  const auto made = settled();
  BOOST_REQUIRE(keeper.end(made.there));
  connect(keeper, primary);
  BOOST_REQUIRE(primary.obey(1));
  connect(keeper, primary);
  keeper.clock.advance(std::chrono::hours(24 * 400));
  const auto entries = keeper.archive().store().get(journal::shard_of(0), store::Table::journal_state, "t");
  bool resend = false;
  arrive(made, both, &resend);
  BOOST_TEST(resend);
  auto other = made;
  other.handed = "Subject: other octets\r\n\r\n";  // there is nothing left to compare with
  arrive(other, both, &resend);
  BOOST_TEST(resend);
  BOOST_TEST((*keeper.archive().store().get(journal::shard_of(0), store::Table::journal_state, "t") == *entries));
  require_forgotten(keeper, made, both, true);
}

BOOST_AUTO_TEST_CASE(a_late_resend_without_a_number_is_new_mail_once_its_places_are_forgotten) {
  const Letter letter = Letter("Message-ID: <x@secret.example>\r\n\r\nx\r\n")
                            .to("alice@secret.example")
                            .enqueue(routing::EntryKind::relay, "mx:far.example");
  const auto first = primary.accept(letter);
  BOOST_REQUIRE(first);
  BOOST_TEST(primary.accept(letter)->resend);
  primary.deliver_all();
  BOOST_REQUIRE(primary.end(first->position.index));
  BOOST_TEST(primary.remembers("secret.example").empty());
  const auto again = primary.accept(letter);
  BOOST_TEST((again && !again->resend));
}

BOOST_AUTO_TEST_CASE(what_has_no_receipt_ends_only_where_somebody_says_that_it_may) {
  for (const auto how : {&journal::Settlement::given_up, &journal::Settlement::without_receipt}) {
    BOOST_REQUIRE(primary.accept(Letter("it").to("alice@secret.example").enqueue(routing::EntryKind::copy, "route:*").owed()));
    const auto entry = primary.entries().back();
    journal::Settlement settlement{entry.id, std::nullopt};
    settlement.custody = entry.custody;
    settlement.*how = {entry.targets.front().recipient.forward_path};
    BOOST_REQUIRE(primary.settle({settlement}));
    const auto refused = primary.end(entry.id.position.index);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == endings::errc::no_receipt), refused.error().text());
    BOOST_TEST(!primary.remembers("alice").empty());
    BOOST_TEST(primary.end(entry.id.position.index, {}, "90 days", endings::Receipts::waived).has_value());
    BOOST_TEST(primary.remembers("alice").empty());
  }
}

BOOST_AUTO_TEST_CASE(what_is_queued_owed_held_or_not_a_message_does_not_end) {
  const auto code_of = [](const auto& result) { return result ? boost::system::error_code() : result.error().code; };
  BOOST_REQUIRE(keeper.accept(Letter("first").to("carol@example.org")));
  BOOST_REQUIRE(primary.accept(Letter("first").to("carol@example.org")));
  introduce();
  BOOST_REQUIRE(primary.accept(Letter("one").to("alice@secret.example").enqueue(routing::EntryKind::relay, "mx:far.example")));
  const auto queued = primary.entries().back().id.position.index;
  BOOST_TEST((code_of(primary.end(queued)) == endings::errc::queued));
  primary.deliver_all();
  const auto made = hand_over("it", both);
  BOOST_TEST((code_of(primary.end(made.here, {0u})) == endings::errc::owed));
  BOOST_TEST(!primary.remembers("alice").empty());
  introduce(keeper, primary);
  give_receipts();
  struct HoldAlice final : endings::Holds {
    base::Result<std::optional<std::string>> hold_on(const commit::Stage&, const journal::Entry& entry,
                                                     std::optional<std::uint32_t> recipient) const override {
      const bool hers = recipient && entry.envelope.recipients[*recipient].forward_path.local == "alice";
      return hers ? std::optional<std::string>("case 7") : std::nullopt;
    }
  } hold;
  primary.holds = &hold;
  primary.again();
  BOOST_TEST((code_of(primary.end(made.here)) == endings::errc::held));
  BOOST_TEST((code_of(primary.end(made.here, {0u})) == endings::errc::held));
  BOOST_REQUIRE(primary.end(made.here, {1u}));
  BOOST_TEST((code_of(primary.end(1)) == endings::errc::tells));  // of the key
  BOOST_TEST((code_of(primary.end(99)) == base::errc::not_found));
  BOOST_TEST((code_of(primary.end(made.here, {7u})) == base::errc::not_found));
  BOOST_TEST((code_of(primary.end(0, {}, "")) == base::errc::malformed));
  BOOST_TEST((code_of(primary.end(0, {}, "a\nb")) == base::errc::malformed));
  require_sound(primary);
}

BOOST_AUTO_TEST_CASE(who_never_had_it_or_was_never_handed_it_says_so_or_is_not_asked) {
  hand_over("before", {"carol@example.org"});
  introduce();
  const auto alone =
      primary.accept(Letter("alone").to("alice@secret.example").enqueue(routing::EntryKind::relay, "mx:far.example"));
  primary.deliver_all();
  const auto ended = primary.end(alone->position.index);
  BOOST_TEST((ended && ended->orders.empty()));
  // A number that the archive has never seen: it lost what it had.
  const auto made = hand_over("it", both);
  introduce(keeper, primary);
  give_receipts();
  store::Batch batch(journal::shard_of(0));
  batch.erase(store::Table::received, custody::received_key(made.number, 0));
  BOOST_REQUIRE(keeper.store().commit(std::span(&batch, 1), store::Sync::now));
  const auto order = primary.end(made.here);
  connect(primary, keeper);
  BOOST_TEST((primary.given(order->told[0].index).came == Came::not_here));
  require_forgotten(primary, made, both, true);
}

BOOST_AUTO_TEST_CASE(a_person_declines_with_a_reason_and_the_order_is_closed) {
  const auto made = settled();
  const auto ended = primary.end(made.here);
  connect(primary, keeper);
  BOOST_TEST(!keeper.decline(1, "").has_value());
  BOOST_TEST(!keeper.decline(9, "no such order").has_value());
  BOOST_REQUIRE(keeper.decline(1, "under a hold of the court"));
  BOOST_TEST(!keeper.obey(1).has_value());
  connect(primary, keeper);
  const auto given = primary.given(ended->told[0].index);
  BOOST_TEST((given.came == Came::declined && given.answer->answer.why == "under a hold of the court"));
  require_forgotten(primary, made, both, true);
  BOOST_TEST(!keeper.remembers("alice").empty());
  const auto waiting = primary.desk->waiting();
  BOOST_TEST((waiting->given == 0u && keeper.desk->waiting()->taken == 0u));
}

BOOST_AUTO_TEST_CASE(who_obeys_by_itself_ends_at_once_and_what_is_owed_still_as_soon_as_it_is_not) {
  primary.obedience = keeper.obedience = endings::Obedience::obey;
  primary.again();
  keeper.again();
  const auto made = settled();
  const auto ended = primary.end(made.here);
  connect(primary, keeper);
  connect(primary, keeper);
  BOOST_TEST((primary.given(ended->told[0].index).came == Came::done));
  require_forgotten(keeper, made, both, true);
  // The archive ends what the primary waits for a receipt of.
  const auto young = hand_over("young", both);
  const auto order = keeper.end(young.there);
  connect(keeper, primary);
  connect(keeper, primary);
  const auto waits = keeper.given(order->told[0].index);
  BOOST_TEST((waits.came == Came::waiting && waits.answer->answer.why == "still owed"));
  custody::ReceiptTaker taker{primary.archive(), *primary.witness};
  custody::ReceiptGiver giver{keeper.archive(), *keeper.signer, *keeper.witness, keeper.clock, keeper.seed_random};
  const auto asked = giver.asked({young.number}, primary.life().instance);
  BOOST_REQUIRE(asked);
  BOOST_TEST((asked->unknown.empty() && asked->octets.empty() && asked->ended.size() == 1u));
  BOOST_REQUIRE(primary.wait<void>([&](Done<> done) { taker.take_ended(asked->ended, std::move(done)); }));
  primary.desk->try_again();
  primary.pump();
  connect(keeper, primary);
  BOOST_TEST((keeper.given(order->told[0].index).came == Came::done));
  require_forgotten(primary, young, both, true);
  require_forgotten(keeper, young, both, true);
}

BOOST_AUTO_TEST_CASE(that_a_message_has_ended_there_is_believed_under_a_signature_alone_and_kept) {
  const auto made = hand_over("it", both), young = hand_over("young", both);
  introduce();
  for (const auto& each : {made, young}) BOOST_REQUIRE(keeper.end(each.there));
  custody::ReceiptTaker taker{primary.archive(), *primary.witness};
  custody::ReceiptGiver giver{keeper.archive(), *keeper.signer, *keeper.witness, keeper.clock, keeper.seed_random};
  auto asked = giver.asked({made.number, young.number}, primary.life().instance);
  BOOST_REQUIRE((asked && asked->ended.size() == 2u));
  BOOST_TEST((*custody::decode_all(custody::encode_all(asked->ended), 2) == asked->ended));
  BOOST_TEST((custody::decode_all(custody::encode_all(asked->ended), 1).error().code == base::errc::malformed));
  asked->ended[1].ended.number = made.number;  // what was said of another number
  asked->ended.push_back(custody::SignedEnded::sign({keeper.life(), young.number, keeper.clock.now()}, primary.key));
  const auto taken = primary.wait<void>([&](Done<> done) { taker.take_ended(asked->ended, std::move(done)); });
  BOOST_TEST((taken.error().code == base::errc::refused));  // and the others are taken
  BOOST_TEST((taker.counts().at("ended") == 1u && taker.counts().at("forged") == 2u));
  BOOST_TEST((*custody::find_owed(primary.store(), made.number))->final());
  BOOST_TEST(!(*custody::find_owed(primary.store(), young.number))->final());
  const auto kept = primary.store().get(custody::shard_of(0), store::Table::custody_state, custody::ended_key(made.number));
  BOOST_REQUIRE((kept && *kept));
  BOOST_TEST(custody::SignedEnded::decode(**kept)->signed_by(keeper.key.public_key()));
  for (std::size_t i = 0; i < (*kept)->size(); ++i) {
    auto changed = **kept;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto decoded = custody::SignedEnded::decode(changed);
    BOOST_TEST((!decoded || !decoded->signed_by(keeper.key.public_key())), "octet " << i);
  }
}

BOOST_AUTO_TEST_CASE(the_receipts_of_others_in_the_same_batch_stay_signed) {
  const auto made = settled();
  const auto other = (*custody::find_owed(primary.store(), custody::number_of(custody::life_of(made.number), 0, 1)));
  BOOST_REQUIRE((other && other->batches.size() == 1u));
  BOOST_REQUIRE(primary.end(made.here));
  const auto& name = other->batches.front();
  const auto value =
      primary.store().get(custody::shard_of(0), store::Table::receipts, custody::receipts_key(name.by, name.number));
  const auto kept = custody::KeptBatch::decode(**value);
  BOOST_REQUIRE(kept);
  BOOST_TEST(kept->signed_by(keeper.key.public_key()));
  BOOST_TEST(std::ranges::count_if(kept->receipts, [](const auto& one) { return one.receipt.has_value(); }) == 2);
}

BOOST_AUTO_TEST_CASE(a_message_made_here_is_not_known_any_more_when_it_comes_back) {
  const auto accepted =
      primary.accept(Letter("Message-ID: <u1@secret.example>\r\n\r\nx").to("alice@secret.example").made("u1"));
  BOOST_REQUIRE(accepted);
  BOOST_TEST(primary.store().get(journal::shard_of(0), store::Table::made, "u1")->has_value());
  BOOST_REQUIRE(primary.end(accepted->position.index));
  BOOST_TEST(!primary.store().get(journal::shard_of(0), store::Table::made, "u1")->has_value());
}

BOOST_AUTO_TEST_CASE(orders_that_were_given_before_a_restart_and_without_a_link_go_out_when_there_is_one) {
  const auto made = settled();
  const auto ended = primary.end(made.here);
  primary.again();
  keeper.again();
  BOOST_TEST(primary.desk->waiting()->given == 1u);
  BOOST_TEST(connect(primary, keeper) == 1u);
  keeper.again();
  BOOST_REQUIRE(keeper.obey(1));
  connect(primary, keeper);
  BOOST_TEST((primary.given(ended->told[0].index).came == Came::done));
}

BOOST_AUTO_TEST_CASE(an_entry_for_two_thousand_recipients_ends_in_pieces_and_whole) {
  std::vector<std::string> many;
  for (int i = 0; i < 2200; ++i) many.push_back("u" + std::to_string(i) + "@secret.example");
  const auto made = hand_over("many", many);
  introduce();
  give_receipts();
  const auto ended = primary.end(made.here);
  BOOST_REQUIRE(ended);
  BOOST_TEST((ended->parts == 2201u && ended->told.size() == 3u));
  BOOST_TEST(connect(primary, keeper) == ended->orders.size());
  for (std::uint64_t number = 1; number <= ended->orders.size(); ++number) BOOST_REQUIRE(keeper.obey(number));
  connect(primary, keeper);
  for (auto* side : {&primary, &keeper}) {
    BOOST_TEST(side->remembers("secret.example").empty());
    const auto digest = base::sha256(made.handed);
    BOOST_TEST(side->remembers(base::view(digest)).empty());
    require_sound(*side);
  }
}

BOOST_AUTO_TEST_CASE(a_power_cut_at_any_point_of_an_ending_leaves_all_forgotten_or_nothing) {
  using store::Faults;
  for (const auto kept : {Faults::Kept::none, Faults::Kept::some, Faults::Kept::all, Faults::Kept::subset})
    for (std::uint64_t point = 1;; ++point) {
      Pair pair;
      const auto made = pair.settled();
      auto& side = pair.primary;
      side.faults().crash_at(side.faults().points() + point, kept, point);
      side.desk->end({{{Position{0, made.here}, {}}}, "90 days"}, [](const auto&) {});
      side.pump();
      const bool over = !side.store().stopped();
      side.cut(kept, point);
      side.start();
      require_sound(side);
      const bool ended = journal::is_ended(journal::read_sealed(side.store(), Position{0, made.here})->common);
      if (ended) EndingPair::require_forgotten(side, made, {"nobody"}, false);
      const auto orders = endings::list_given(side.store(), 0, endings::Which::open, 0, 10);
      BOOST_TEST(orders->size() == (ended ? 1u : 0u));
      const auto owed = custody::find_owed(side.store(), made.number);
      BOOST_TEST(((*owed)->state == custody::Owed::State::ended) == ended);
      if (!ended) BOOST_REQUIRE(side.end(made.here));
      pair.connect(side, pair.keeper);
      BOOST_REQUIRE(pair.keeper.obey(1));
      pair.connect(side, pair.keeper);
      EndingPair::require_forgotten(side, made, both, true);
      EndingPair::require_forgotten(pair.keeper, made, both, true);
      if (over) break;
    }
}

BOOST_AUTO_TEST_CASE(parts_that_are_under_keys_of_accounts_end_like_others) {
  primary.keys = std::make_shared<test::MemoryKeyRing>();
  primary.again();
  const auto accepted = primary.accept(Letter("Message-ID: <x@secret.example>\r\n\r\nx\r\n")
                                           .from("from-it@secret.example")
                                           .to("alice@example.org")
                                           .file("alice@example.org")
                                           .to("bob@example.org")
                                           .file("bob@example.org"));
  BOOST_REQUIRE(accepted);
  const auto index = accepted->position.index;
  BOOST_REQUIRE(primary.end(index, {0u}));
  require_sound(primary);
  BOOST_TEST(primary.archive().journal_entry(accepted->position)->envelope.recipients[1].forward_path.local == "bob");
  BOOST_REQUIRE(primary.end(index));
  require_sound(primary);
  const auto sealed = journal::read_sealed(primary.store(), accepted->position);
  BOOST_TEST((journal::is_ended(sealed->common) && sealed->holders.empty()));
  primary.again();
  require_sound(primary);
}

BOOST_AUTO_TEST_CASE(endings_at_random_on_both_machines_leave_sound_journals_and_nothing_of_what_ended) {
  for (const std::uint64_t seed : {11u, 12u, 13u}) {
    BOOST_TEST_MESSAGE("seed " << seed);
    Pair pair;
    sim::SimRandom random{seed};
    pair.primary.obedience = pair.keeper.obedience = endings::Obedience::obey;
    pair.primary.again();
    pair.keeper.again();
    std::vector<EndingPair::Handed> all;
    std::vector<std::vector<bool>> gone;
    for (int i = 0; i < 12; ++i) {
      std::vector<std::string> recipients;
      for (std::uint64_t j = 0; j <= random.number() % 3; ++j)
        recipients.push_back("m" + std::to_string(i) + "r" + std::to_string(j) + "x@secret.example");
      all.push_back(pair.hand_over("m" + std::to_string(i) + "s", recipients));
      gone.emplace_back(recipients.size(), false);
    }
    pair.introduce();
    pair.give_receipts();
    for (int step = 0; step < 30; ++step) {
      const auto which = random.number() % all.size();
      const bool here = random.number() % 2 == 0;
      auto& side = here ? pair.primary : pair.keeper;
      const auto index = here ? all[which].here : all[which].there;
      const auto one = static_cast<std::uint32_t>(random.number() % gone[which].size());
      const bool whole = random.number() % 3 == 0;
      BOOST_REQUIRE(whole ? side.end(index) : side.end(index, {one}));
      for (std::size_t i = 0; i < gone[which].size(); ++i)
        if (whole || i == one) gone[which][i] = true;
      for (int turn = 0; turn < 2; ++turn) {
        pair.connect(pair.primary, pair.keeper);
        pair.connect(pair.keeper, pair.primary);
      }
      require_sound(pair.primary);
      require_sound(pair.keeper);
    }
    for (auto* side : {&pair.primary, &pair.keeper}) {
      BOOST_TEST(side->desk->waiting()->given == 0u);
      for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < gone[i].size(); ++j) {
          const auto local = all[i].recipients[j].substr(0, all[i].recipients[j].find('@'));
          BOOST_TEST(side->remembers(local).empty() == gone[i][j], "seed " << seed << ", " << local);
        }
      for (std::size_t i = 0; i < all.size(); ++i) {
        const bool whole = std::ranges::find(gone[i], false) == gone[i].end();
        const auto digest = base::sha256(all[i].handed);
        BOOST_TEST(side->remembers(base::view(digest)).empty() == whole, "seed " << seed << ", message " << i);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
