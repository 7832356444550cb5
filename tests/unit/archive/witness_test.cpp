/// Two machines that witness each other's journals, joined by hand: every way in which one of them can change its past has a
/// name.
#include "archive/witness/witness.hpp"

#include <atomic>
#include <future>
#include <thread>

#include "archive/journal/heads.hpp"
#include "archive/journal/reader.hpp"
#include "archive/witness/book.hpp"
#include "base/log.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Table;
using test::ArchiveWorld;
using test::Letter;
using witness::Finding;

namespace understudy::archive::witness {
std::ostream& operator<<(std::ostream& out, Finding finding) {
  return out << name_of(finding);
}
}  // namespace understudy::archive::witness

namespace {

/// One machine with its signer and its witness.
struct Side {
  explicit Side(std::uint64_t seed) : key(base::SigningKey::make(*std::make_unique<sim::SimRandom>(seed))) { open(); }
  void open() {
    BOOST_REQUIRE(world.open());
    auto made = HeadSigner::make(world.archive(), world.clock, key);
    BOOST_REQUIRE(made.has_value());
    signer = std::move(*made);
    book = std::make_unique<witness::Witness>(world.archive(), *signer, world.clock);
  }
  void restart(ArchiveWorld::Kept kept = ArchiveWorld::Kept::none) {
    book.reset();
    signer.reset();
    world.cut(kept);
    open();
  }
  void accept(int count) {
    for (int i = 0; i < count; ++i) {
      Letter letter("Message-ID: <" + std::to_string(letters++) + "@world.example>\r\n\r\nx\r\n");
      letter.to("a@example.org").file("a@example.org");
      BOOST_REQUIRE(world.accept(letter));
    }
  }
  witness::Statement say() {
    bool signed_it = false;
    signer->sign([&](const base::Result<journal::SignedHead>& head) { signed_it = head.has_value(); });
    world.pump();
    BOOST_REQUIRE(signed_it);
    auto statement = book->statement();
    BOOST_REQUIRE((statement && *statement));
    return **statement;
  }
  base::Result<Finding> consider(const witness::Statement& statement,
                                 std::optional<witness::Witness::Shown> path = std::nullopt) {
    std::optional<base::Result<Finding>> got;
    book->consider(statement, std::move(path), [&](base::Result<Finding> finding) { got = std::move(finding); });
    world.pump();
    BOOST_REQUIRE(got.has_value());
    return *got;
  }
  base::Result<> keep(const witness::Countersigned& countersigned) {
    std::optional<base::Result<>> got;
    book->keep(countersigned, [&](base::Result<> done) { got = std::move(done); });
    world.pump();
    BOOST_REQUIRE(got.has_value());
    return *got;
  }
  std::uint64_t witnessed() {
    const auto newest = book->witnessed();
    BOOST_REQUIRE(newest.has_value());
    return *newest ? (*newest)->head.head.head.size : 0;
  }
  void write(const std::function<void(store::Batch&)>& change) {
    store::Batch batch(journal::shard_of(0));
    change(batch);
    BOOST_REQUIRE(world.store().commit(std::span(&batch, 1), store::Sync::now));
  }

  base::SigningKey key;
  int letters = 0;
  ArchiveWorld world;
  std::unique_ptr<HeadSigner> signer;
  std::unique_ptr<witness::Witness> book;
};

struct Pair {
  Side one{1}, other{2};
  Pair() { base::log::set_silent(); }

  /// `one` shows its newest head, and `other` judges it; the path is asked for where it is wanted.
  Finding show(const witness::Statement& statement) {
    auto finding = other.consider(statement);
    BOOST_REQUIRE(finding.has_value());
    if (*finding != Finding::wants_path) return *finding;
    const auto last = (*other.book->witnessed())->head;
    const auto path = one.book->consistency(last.head.head.size, statement.head.head.head.size);
    auto again = other.consider(statement, witness::Witness::Shown{last, path ? *path : journal::proof::Path()});
    BOOST_REQUIRE(again.has_value());
    return *again;
  }
  Finding show() { return show(one.say()); }
};

/// A head of `log` over these leaves, signed by whoever holds the key.
journal::SignedHead head_of(const journal::LogName& log, const journal::Frontier& tree, const base::SigningKey& key) {
  journal::TreeHead head;
  head.log = log;
  head.head = {tree.size(), tree.root()};
  return journal::SignedHead::sign(head, key);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(witnessing, Pair)

BOOST_AUTO_TEST_CASE(a_head_that_continues_is_countersigned_and_the_countersignature_is_kept_on_both_sides) {
  for (int round = 0; round < 5; ++round) {
    one.accept(round * 100 + 1);
    BOOST_TEST(show() == Finding::good);
    const auto given = *other.book->witnessed();
    BOOST_REQUIRE(given.has_value());
    BOOST_TEST(given->holds());
    BOOST_TEST((given->by.key == other.key.public_key()));
    BOOST_TEST(one.keep(*given).has_value());
    BOOST_TEST((*one.book->cosigned() == given));
    BOOST_TEST(show() == Finding::known);
  }
  BOOST_TEST(!*other.book->open_dispute());
}

BOOST_AUTO_TEST_CASE(what_was_witnessed_is_known_after_a_power_cut) {
  one.accept(3);
  show();
  const auto before = *other.book->witnessed();
  other.restart();
  BOOST_TEST((*other.book->witnessed() == before));
  BOOST_TEST(show() == Finding::known);
}

BOOST_AUTO_TEST_CASE(a_new_key_is_followed_by_its_consents_and_a_strange_one_is_not) {
  one.accept(3);
  show();
  for (int i = 0; i < 3; ++i) {  // two changes between two heads, too
    const auto next = base::SigningKey::make(one.world.random);
    one.signer->replace_key(next, [](base::Result<>) {});
    one.world.pump();
    if (i != 1) {
      BOOST_TEST(show() == Finding::good);
    }
  }
  auto strange = one.say();
  const auto stranger = base::SigningKey::make(other.world.random);
  strange.head = journal::SignedHead::sign(strange.head.head, stranger);
  auto forged = journal::KeyChange::agreed(stranger.public_key(), stranger);
  forged.consent->by = strange.keys.back().key;
  strange.keys.push_back(forged);
  strange.keys.push_back({stranger.public_key(), std::nullopt});
  BOOST_TEST(show(strange) == Finding::other_key);
  const auto dispute = other.book->open_dispute();
  BOOST_REQUIRE((dispute && *dispute));
  BOOST_TEST((*dispute)->finding == Finding::other_key);
}

BOOST_AUTO_TEST_CASE(a_head_of_before_a_new_key_is_known_also_where_the_new_key_is_told_already) {
  one.accept(3);
  const auto before = one.say();
  show(before);
  one.signer->replace_key(base::SigningKey::make(one.world.random), [](base::Result<>) {});
  one.world.pump();
  const auto told = *one.book->statement();  // no head was signed since
  BOOST_REQUIRE((told && told->keys.size() == before.keys.size() + 1 && told->head == before.head));
  BOOST_TEST(show(*told) == Finding::known);
  BOOST_TEST(show() == Finding::good);
  BOOST_TEST(show(before) == Finding::other_key);  // the former key signs nothing any more
}

BOOST_AUTO_TEST_CASE(a_signature_that_does_not_hold_is_refused_and_proves_nothing) {
  one.accept(3);
  auto statement = one.say();
  for (std::size_t bit = 0; bit < 512; bit += 31) {
    auto bad = statement;
    bad.head.signature[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    BOOST_TEST(show(bad) == Finding::bad_signature);
  }
  BOOST_TEST(!*other.book->open_dispute());
  BOOST_TEST(other.witnessed() == 0u);
  BOOST_TEST(show(statement) == Finding::good);
}

BOOST_AUTO_TEST_CASE(two_heads_of_one_size_are_a_fork_and_both_are_kept) {
  one.accept(3);
  show();
  const auto genuine = one.say();
  journal::Frontier forged;
  for (std::uint64_t i = 0; i < genuine.head.head.head.size; ++i) forged.append(base::sha256("forged"));
  const witness::Statement fork{head_of(genuine.head.head.log, forged, one.key), genuine.keys};
  BOOST_TEST(show(fork) == Finding::fork);
  const auto all = other.book->disputes();
  BOOST_REQUIRE((all && all->size() == 1u));
  BOOST_TEST((all->front().before == genuine.head));
  BOOST_TEST((all->front().shown == fork));
  BOOST_TEST((all->front().before.holds() && all->front().shown.head.holds()));  // whoever has both can show it to anybody
}

BOOST_AUTO_TEST_CASE(a_past_that_was_rewritten_with_all_its_hashes_and_signed_anew_is_found_by_the_witness) {
  one.accept(300);
  BOOST_TEST(show() == Finding::good);
  auto entry = *journal::read(one.world.store(), {0, 17});
  entry.facts.subject = "what should have been there";
  const auto sealed = journal::seal(entry, one.world.random);
  one.restart(ArchiveWorld::Kept::all);
  journal::Frontier tree;
  one.write([&](store::Batch& batch) {  // by somebody who has the machine, its tables and its key
    const auto size = journal::read_numbers(one.world.store(), 0)->frontier.size();
    const auto nodes = [&](journal::proof::Node node, const base::Digest& hash) {
      if (node.level == 8) batch.put(Table::nodes, base::Writer().u8(8).u64(node.index).take(), std::string(base::view(hash)));
    };
    for (std::uint64_t i = 0; i < size; ++i)
      tree.append(i == 17 ? sealed.leaf() : *journal::read_leaf(one.world.store(), {0, i}), nodes);
    batch.put(Table::journal_log, base::Writer().u64(17).take(), journal::to_segments(sealed).front());
    batch.put(Table::leaves, base::Writer().u64(17).take(), std::string(base::view(sealed.leaf())));
    batch.put(Table::journal_state, "t", tree.encode());
  });
  one.restart(ArchiveWorld::Kept::all);
  one.accept(1);
  BOOST_TEST(show() == Finding::not_continued);
}

BOOST_AUTO_TEST_CASE(two_heads_that_are_judged_at_once_are_no_dispute) {
  one.accept(2);
  show();
  const auto from = (*other.book->witnessed())->head;
  one.accept(2);
  const auto first = one.say();
  one.accept(2);
  const auto second = one.say();
  const auto path_to = [&](const witness::Statement& statement) {
    return witness::Witness::Shown{from, *one.book->consistency(from.head.head.size, statement.head.head.head.size)};
  };
  BOOST_TEST(*other.consider(first, path_to(first)) == Finding::good);
  BOOST_TEST(*other.consider(second, path_to(second)) == Finding::wants_path);  // its path starts from what is not the newest
  BOOST_TEST(show(second) == Finding::good);
  BOOST_TEST(!*other.book->open_dispute());
}

BOOST_AUTO_TEST_CASE(nobody_is_shown_his_own_head) {
  one.accept(2);
  auto mirrored = one.say();
  mirrored.head = journal::SignedHead::sign(mirrored.head.head, other.key);
  BOOST_TEST((other.consider(mirrored).error().code == base::errc::refused));
}

BOOST_AUTO_TEST_CASE(a_journal_that_lost_its_end_is_found_by_the_witness) {
  one.accept(2);
  const auto earlier = one.say();
  BOOST_TEST(show(earlier) == Finding::good);
  one.accept(5);
  BOOST_TEST(show() == Finding::good);
  BOOST_TEST(show(earlier) == Finding::shorter);  // as after a copy of the store of before was put back
}

BOOST_AUTO_TEST_CASE(another_installation_is_not_taken_for_the_one_that_was_witnessed) {
  one.accept(3);
  show();
  auto statement = one.say();
  statement.head.head.log.instance[0] ^= 1;
  statement.head = journal::SignedHead::sign(statement.head.head, one.key);
  BOOST_TEST(show(statement) == Finding::other_instance);
}

BOOST_AUTO_TEST_CASE(a_restored_machine_that_still_has_everything_goes_on) {
  one.accept(3);
  show();
  one.accept(2);
  auto statement = one.say();
  statement.head.head.log.incarnation[0] ^= 1;
  statement.head = journal::SignedHead::sign(statement.head.head, one.key);
  BOOST_TEST(show(statement) == Finding::good);
}

BOOST_AUTO_TEST_CASE(while_a_dispute_is_open_nothing_is_countersigned_until_somebody_has_looked) {
  one.accept(2);
  const auto earlier = one.say();
  show(earlier);
  one.accept(2);
  show();
  BOOST_TEST(show(earlier) == Finding::shorter);
  const auto before = other.witnessed();
  one.accept(1);
  BOOST_TEST((other.consider(one.say()).error().code == base::errc::refused));
  other.restart();
  BOOST_TEST((other.consider(one.say()).error().code == base::errc::refused));
  BOOST_TEST(other.witnessed() == before);
  bool settled = false;
  other.book->settle_dispute([&](const base::Result<>& done) { settled = done.has_value(); });
  other.world.pump();
  BOOST_TEST(settled);
  BOOST_TEST(show() == Finding::good);
  BOOST_TEST(other.book->disputes()->size() == 1u);  // the evidence stays
  other.book->settle_dispute([&](const base::Result<>& done) { settled = done.has_value(); });
  other.world.pump();
  BOOST_TEST(!settled);
}

BOOST_AUTO_TEST_CASE(who_is_told_of_settled_disputes_no_more_is_not_being_told_either) {
  one.accept(2);
  const auto earlier = one.say();
  show(earlier);
  one.accept(2);
  show();
  BOOST_TEST(show(earlier) == Finding::shorter);
  std::promise<void> began;
  std::atomic<bool> ended = false;
  other.book->on_settled([&] {
    began.set_value();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    ended = true;
  });
  auto ending = std::async(std::launch::async, [&] {
    began.get_future().wait();
    other.book->on_settled({});
    return ended.load();
  });
  other.book->settle_dispute([](const base::Result<>&) {});
  other.world.pump();
  BOOST_TEST(ending.get());
}

BOOST_AUTO_TEST_CASE(a_countersignature_is_kept_only_of_our_head_and_by_the_peers_key) {
  one.accept(3);
  other.accept(1);
  BOOST_REQUIRE(one.consider(other.say()).has_value());  // so that the other's key is known
  show();
  const auto given = **other.book->witnessed();
  auto changed = given;
  changed.by.signature[3] ^= 4;
  BOOST_TEST((one.keep(changed).error().code == base::errc::refused));
  const auto stranger = base::SigningKey::make(one.world.random);
  BOOST_TEST((one.keep(witness::Countersigned::sign(given.head, stranger, {})).error().code == base::errc::refused));
  const auto not_ours = journal::SignedHead::sign(given.head.head, stranger);
  BOOST_TEST((one.keep(witness::Countersigned::sign(not_ours, other.key, {})).error().code == base::errc::refused));
  BOOST_TEST(!*one.book->cosigned());
  BOOST_TEST(one.keep(given).has_value());
}

BOOST_AUTO_TEST_CASE(statements_and_countersignatures_come_back_from_their_octets_and_nothing_shorter_does) {
  one.accept(2);
  const auto statement = one.say();
  const auto octets = statement.encode();
  BOOST_TEST((*witness::Statement::decode(octets) == statement));
  const auto given = witness::Countersigned::sign(statement.head, other.key, other.world.clock.now());
  const auto value = given.encode();
  BOOST_TEST((*witness::Countersigned::decode(value) == given));
  for (std::size_t cut = 0; cut < octets.size(); ++cut) {
    const std::string shorter = octets.substr(0, cut);
    BOOST_TEST(!witness::Statement::decode(shorter).has_value());
  }
  for (std::size_t cut = 0; cut < value.size(); ++cut) {
    const std::string shorter = value.substr(0, cut);
    BOOST_TEST(!witness::Countersigned::decode(shorter).has_value());
  }
  base::Writer many(1);
  many.text(statement.head.encode()).varint(witness::Statement::max_keys + 1);
  BOOST_TEST((witness::Statement::decode(many.str()).error().code == base::errc::too_long));
}

BOOST_AUTO_TEST_SUITE_END()
