/// Receipts from who received to who handed over, joined by hand: in batches, signed, resumed by position, and what is not
/// believed.
#include "archive/custody/giver.hpp"
#include "archive/custody/taker.hpp"
#include "base/log.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::Letter;

namespace {

struct Side : ArchiveWorld {
  explicit Side(std::uint64_t seed) : seed_random(seed), key(base::SigningKey::make(seed_random)) {
    BOOST_REQUIRE(open());
    signer = std::move(*HeadSigner::make(archive(), clock, key));
    witness.emplace(archive(), *signer, clock);
  }
  journal::SignedHead sign() {
    std::optional<journal::SignedHead> got;
    signer->sign([&](const base::Result<journal::SignedHead>& head) {
      if (head) got = *head;
    });
    pump();
    BOOST_REQUIRE(got.has_value());
    return *got;
  }

  sim::SimRandom seed_random;
  base::SigningKey key;
  std::unique_ptr<HeadSigner> signer;
  std::optional<witness::Witness> witness;
};

/// A primary that owes, and the archive that takes. Both stores have the names of the memory engine: zeros.
struct Pair {
  Side primary{1}, keeper{2};
  custody::ReceiptGiver giver{keeper.archive(), *keeper.signer, *keeper.witness, keeper.clock, keeper.seed_random};
  custody::ReceiptTaker taker{primary.archive(), *primary.witness};
  const custody::Life life;

  Pair() { base::log::set_silent(); }

  /// The primary takes a message and hands it over under its number; the archive files it.
  custody::Number hand_over(int which, bool arrives = true) {
    const std::string octets = "Message-ID: <" + std::to_string(which) + "@world.example>\r\n\r\nhello\r\n";
    const Letter owed = Letter(octets).to("a@example.org").enqueue(routing::EntryKind::copy, "route:*").owed();
    BOOST_REQUIRE(primary.accept(owed));
    const auto number = primary.entries().back().custody->number;
    if (arrives) {
      // What the primary hands over is what it has, with its trace field on top.
      BOOST_REQUIRE(
          keeper.accept(Letter(owed.handed()).to("a@example.org").file("a@example.org").by_copy_client().under(number)));
    }
    return number;
  }
  /// The archive shows a head, the primary countersigns it, and the countersignature comes home.
  void introduce() {
    BOOST_REQUIRE(
        keeper.accept(Letter("Message-ID: <first@world.example>\r\n\r\nx\r\n").to("a@example.org").file("a@example.org")));
    show();
  }
  void show() {
    const auto now = keeper.sign();
    std::optional<witness::Witness::Shown> shown;
    if (const auto last = *primary.witness->witnessed())
      shown.emplace(last->head, *keeper.witness->consistency(last->head.head.head.size, now.head.head.size));
    bool done = false;
    primary.witness->consider(**keeper.witness->statement(), shown, [&](const base::Result<witness::Finding>& finding) {
      done = finding && *finding == witness::Finding::good;
    });
    primary.pump();
    BOOST_REQUIRE(done);
    done = false;
    keeper.witness->keep(**primary.witness->witnessed(), [&](const base::Result<>& kept) { done = kept.has_value(); });
    keeper.pump();
    BOOST_REQUIRE(done);
  }
  std::optional<custody::ReceiptGiver::Given> next() {
    auto given = giver.next(*taker.wanted(life), life.instance);
    BOOST_REQUIRE(given.has_value());
    return *given;
  }
  base::Result<> take(const custody::ReceiptGiver::Given& given) {
    std::optional<base::Result<>> got;
    taker.take_next(given.position, given.octets, [&](base::Result<> done) { got = std::move(done); });
    primary.pump();
    BOOST_REQUIRE(got.has_value());
    return *got;
  }
  bool open(const custody::Number& number) {
    const auto owed = custody::find_owed(primary.store(), number);
    BOOST_REQUIRE((owed && *owed));
    return !(*owed)->final();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(custody_receipts, Pair)

BOOST_AUTO_TEST_CASE(what_was_handed_over_is_closed_by_its_receipt_and_nothing_else_is) {
  introduce();
  std::vector<custody::Number> numbers;
  for (int i = 0; i < 10; ++i) numbers.push_back(hand_over(i, i != 4));
  BOOST_REQUIRE(
      keeper.accept(Letter("Message-ID: <other@world.example>\r\n\r\nx\r\n").to("b@example.org").file("b@example.org")));
  const auto given = next();
  BOOST_REQUIRE(given.has_value());
  BOOST_TEST(take(*given).has_value());
  for (std::size_t i = 0; i < numbers.size(); ++i) BOOST_TEST(open(numbers[i]) == (i == 4), "number " << i);
  // What was signed is kept, and the book says where.
  const auto batch = (*custody::find_owed(primary.store(), numbers[0]))->batches.front();
  const auto kept =
      primary.store().get(custody::shard_of(0), store::Table::receipts, custody::receipts_key(batch.by, batch.number));
  BOOST_REQUIRE((kept && *kept));
  BOOST_TEST((**kept == custody::KeptBatch::of(*custody::SignedBatch::decode(given->octets)).encode()));
  const auto marks = custody::find_marks(primary.store(), 0, life);
  BOOST_TEST((marks->low == 5u && marks->next == 11u));  // from 1
  BOOST_TEST(!next().has_value());
  BOOST_TEST(taker.counts().at("closed") == 9u);
  hand_over(20);
  BOOST_TEST(take(*next()).has_value());
  BOOST_TEST(taker.counts().at("closed") == 10u);
}

BOOST_AUTO_TEST_CASE(one_signature_covers_256_receipts_at_most_and_all_come) {
  introduce();
  std::vector<custody::Number> numbers;
  for (int i = 0; i < 600; ++i) numbers.push_back(hand_over(i));
  std::size_t batches = 0;
  while (const auto given = next()) {
    batches += 1;
    BOOST_REQUIRE(take(*given));
  }
  BOOST_TEST(batches == 3u);
  for (const auto& number : numbers) BOOST_TEST(!open(number));
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_lost_is_made_again_and_one_that_comes_twice_changes_nothing) {
  introduce();
  const auto number = hand_over(1);
  const auto first = next();
  const auto second = next();  // the first was never taken
  BOOST_REQUIRE((first && second));
  BOOST_TEST(first->position == second->position);
  BOOST_TEST(take(*first).has_value());
  const auto stored = test::dump(primary.store());
  BOOST_TEST(take(*second).has_value());
  BOOST_TEST((test::dump(primary.store()) == stored));
  BOOST_TEST(!open(number));
}

BOOST_AUTO_TEST_CASE(no_receipt_is_given_that_the_other_machine_would_not_believe) {
  const auto number = hand_over(1);
  BOOST_TEST(!next().has_value());  // it knows nobody yet
  introduce();
  BOOST_TEST(next().has_value());
  const auto later = base::SigningKey::make(keeper.random);
  keeper.signer->replace_key(later, [](base::Result<>) {});
  keeper.pump();
  BOOST_TEST(!next().has_value());  // no head by this key was countersigned
  BOOST_TEST(open(number));
}

BOOST_AUTO_TEST_CASE(receipts_are_believed_from_the_key_that_signs_the_other_machines_heads_alone) {
  const auto number = hand_over(1);
  introduce();
  const auto given = next();
  BOOST_REQUIRE(given.has_value());
  Side stranger(3);
  custody::ReceiptTaker unknowing(stranger.archive(), *stranger.witness);
  std::optional<base::Result<>> got;
  unknowing.take_next(given->position, given->octets, [&](base::Result<> done) { got = std::move(done); });
  BOOST_TEST((got && got->error().code == base::errc::refused));
  const auto batch = *custody::SignedBatch::decode(given->octets);
  const auto forged = custody::SignedBatch::sign(batch.batch, primary.key).encode();
  BOOST_TEST((take({given->position, forged}).error().code == base::errc::refused));
  BOOST_TEST(taker.counts().at("forged") == 1u);
  const std::string cut = given->octets.substr(0, given->octets.size() - 1);
  BOOST_TEST((take({given->position, cut}).error().code == base::errc::malformed));
  BOOST_TEST(open(number));
  BOOST_TEST(*taker.wanted(life) == 0u);  // it has to come again
  BOOST_TEST(take(*given).has_value());
  BOOST_TEST(!open(number));
}

BOOST_AUTO_TEST_CASE(a_receipt_for_what_was_never_owed_is_refused_by_name_and_the_others_are_taken) {
  introduce();
  const auto number = hand_over(1);
  auto batch = custody::SignedBatch::decode(next()->octets)->batch;
  auto unknown = batch.receipts.front();
  unknown.number.number = 77;
  auto changed = batch.receipts.front();
  changed.digest[0] ^= 1;
  batch.receipts.insert(batch.receipts.begin(), {unknown, changed});
  BOOST_TEST(take({5, custody::SignedBatch::sign(batch, keeper.key).encode()}).has_value());
  BOOST_TEST(taker.counts().at("unknown-number") == 1u);
  BOOST_TEST(taker.counts().at("digest") == 1u);
  BOOST_TEST(!open(number));
}

BOOST_AUTO_TEST_CASE(nothing_is_closed_by_a_batch_that_cannot_be_kept_since_another_one_has_its_number) {
  introduce();
  const auto first = hand_over(1);
  const auto given = next();
  BOOST_REQUIRE(take(*given).has_value());
  BOOST_TEST(!open(first));
  const auto second = hand_over(2);
  const auto good = next();
  auto batch = custody::SignedBatch::decode(good->octets)->batch;
  batch.number = custody::SignedBatch::decode(given->octets)->batch.number;
  BOOST_TEST(take({good->position, custody::SignedBatch::sign(batch, keeper.key).encode()}).has_value());
  BOOST_TEST(open(second));
  BOOST_TEST(taker.counts().at("replayed") == 1u);
  const auto asked = giver.asked({second}, life.instance);  // as who looks after open numbers does
  BOOST_REQUIRE(asked.has_value());
  BOOST_TEST(take({good->position, asked->octets}).has_value());
  BOOST_TEST(!open(second));
}

BOOST_AUTO_TEST_CASE(nobody_gets_receipts_for_what_another_machine_handed_over) {
  introduce();
  hand_over(1);
  auto another = life.instance;
  another[0] = 1;
  const auto given = giver.next(0, another);
  BOOST_REQUIRE(given.has_value());
  BOOST_TEST(!given->has_value());
  BOOST_TEST(next().has_value());  // what was looked through for the one is not passed over for the other
}

BOOST_AUTO_TEST_CASE(a_long_stretch_without_receipts_is_gone_through_a_little_at_a_time) {
  introduce();
  for (std::uint64_t i = 0; i < custody::ReceiptGiver::most_entries + 10; ++i) {
    const Letter other("Message-ID: <" + std::to_string(i) + ".other@world.example>\r\n\r\nx\r\n");
    BOOST_REQUIRE(keeper.accept(Letter(other).to("b@example.org")));
  }
  const auto number = hand_over(1);
  BOOST_TEST(!next().has_value());
  BOOST_TEST(giver.unfinished());
  const auto given = next();
  BOOST_REQUIRE(given.has_value());
  BOOST_TEST(!giver.unfinished());
  BOOST_TEST(take(*given).has_value());
  BOOST_TEST(!open(number));
}

BOOST_AUTO_TEST_CASE(a_message_for_many_is_closed_when_all_of_them_are_covered) {
  introduce();
  const std::string octets = "Message-ID: <many@world.example>\r\n\r\nhello\r\n";
  Letter owed(octets);
  for (const auto* who : {"a@example.org", "b@example.org"}) owed.to(who).enqueue(routing::EntryKind::copy, "route:*").owed();
  BOOST_REQUIRE(primary.accept(owed));
  const auto number = primary.entries().back().custody->number;
  for (const auto* who : {"a@example.org", "b@example.org"}) {
    BOOST_TEST(open(number));
    BOOST_REQUIRE(keeper.accept(Letter(owed.handed()).to(who).file(who).by_copy_client().under(number)));
    BOOST_REQUIRE(take(*next()).has_value());
  }
  BOOST_TEST(!open(number));
}

BOOST_AUTO_TEST_CASE(who_follows_is_woken_by_each_commit_of_entries_until_he_stops) {
  int woken = 0;
  giver.on_more([&] { woken += 1; });
  hand_over(1);
  BOOST_TEST(woken >= 1);
  BOOST_TEST(giver.behind(0) == 1u);
  giver.on_more({});
  const int before = woken;
  hand_over(2);
  BOOST_TEST(woken == before);
}

BOOST_AUTO_TEST_CASE(while_a_dispute_is_open_receipts_close_nothing_and_they_do_when_it_was_settled) {
  introduce();
  const auto earlier = **keeper.witness->statement();
  const auto number = hand_over(1);
  show();  // a later head is countersigned, and then the earlier one comes
  bool disputed = false;
  primary.witness->consider(earlier, std::nullopt, [&](const base::Result<witness::Finding>& finding) {
    disputed = finding && witness::is_dispute(*finding);
  });
  primary.pump();
  const auto dispute = primary.witness->open_dispute();
  if (!disputed || !dispute || !*dispute) {
    BOOST_ERROR("no dispute");
    return;
  }
  const auto given = next();
  BOOST_REQUIRE(given.has_value());
  BOOST_TEST((take(*given).error().code == base::errc::refused));
  BOOST_TEST(open(number));
  BOOST_TEST(*taker.wanted(life) == 0u);
  primary.witness->settle_dispute([](base::Result<>) {});
  primary.pump();
  BOOST_TEST((take(*given).error().code == base::errc::refused));  // the key is not known until a head has come
  show();
  BOOST_TEST(take(*given).has_value());
  BOOST_TEST(!open(number));
}

BOOST_AUTO_TEST_CASE(places_that_found_no_room_beside_their_recipients_give_no_receipt_for_nobody) {
  introduce();
  const auto number = hand_over(1);
  BOOST_REQUIRE(keeper.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto known = owners.received.find(stage, number);
    if (!known || !*known) return base::fail("number", base::errc::not_found);
    custody::Received more{(*known)->digest, (*known)->last};
    more.places = {custody::place_name("another place")};
    return owners.received.note(stage, number, *known, more);
  }));
  const auto given = next();
  BOOST_REQUIRE(given.has_value());
  BOOST_TEST(custody::SignedBatch::decode(given->octets)->batch.receipts.size() == 1u);
  const auto asked = giver.asked({number}, life.instance);
  BOOST_REQUIRE(asked.has_value());
  BOOST_TEST(custody::SignedBatch::decode(asked->octets)->batch.receipts.size() == 1u);
  BOOST_TEST(take(*given).has_value());
  BOOST_TEST(taker.counts().count("recipients") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
