/// Journal parts under the keys of whom they are about: what each key opens, what is left when one was destroyed, and that the
/// tree never hears of any of it.
#include "archive/journal/sealed_parts.hpp"

#include "archive/journal/heads.hpp"
#include "archive/journal/prove.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/support/memory_key_ring.hpp"

using namespace understudy;
using namespace understudy::archive;
using journal::SealedPart;
using test::ArchiveWorld;
using test::Letter;

namespace {

using State = SealedPart::State;

struct Encrypted : ArchiveWorld {
  std::shared_ptr<test::MemoryKeyRing> ring = std::make_shared<test::MemoryKeyRing>();

  Encrypted() {
    keys = ring;
    BOOST_REQUIRE(open());
  }
  Position take(const Letter& letter) {
    auto accepted = accept(letter);
    BOOST_REQUIRE(accepted);
    return accepted->position;
  }
  store::Shard shard_of(std::string_view account) { return mailbox::shard_of(number_of(account)); }
  void destroy(std::string_view account) { BOOST_REQUIRE(ring->destroy(shard_of(account))); }
  journal::Sealed sealed(Position position) { return *journal::read_sealed(store(), position); }
  journal::Verdict verdict() {
    auto found = journal::verify(store(), store().bodies(), {{}, journal::Depth::bodies}, {});
    BOOST_REQUIRE(found);
    return std::move(*found);
  }
  bool journal_mentions(std::string_view text) {
    for (auto table : {store::Table::journal_log, store::Table::journal_more})
      for (auto cursor = store().scan(journal::shard_of(0), table); cursor->valid(); cursor->next())
        if (cursor->value().find(text) != std::string_view::npos) return true;
    return false;
  }
};

Letter for_alice() {
  return Letter("for alice").to("alice+secret@example.org").file("alice@example.org");
}
Letter for_both() {
  return Letter("for both")
      .to("alice+secret@example.org")
      .file("alice@example.org")
      .to("bob+secret@example.org")
      .file("bob@example.org");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sealed_parts)

BOOST_AUTO_TEST_CASE(no_word_of_an_entry_with_parties_lies_in_the_journal_and_all_of_it_is_read_again) {
  Encrypted w;
  const auto position = w.take(for_both());
  BOOST_TEST(!w.journal_mentions("secret"));
  BOOST_TEST(!w.journal_mentions("sender"));
  const auto entry = journal::read(w.store(), position);
  BOOST_REQUIRE(entry);
  BOOST_TEST(entry->envelope.recipients[1].forward_path.text() == "bob+secret@example.org");
  BOOST_TEST(entry->plan.recipients[0].files[0].account == "alice@example.org");
  BOOST_TEST((*journal::read_leaf(w.store(), position) == w.sealed(position).leaf()));
  BOOST_TEST(w.verdict().faults.empty());
  BOOST_TEST(w.verdict().bodies == 1u);
  w.close();
  BOOST_REQUIRE(w.open());
  BOOST_TEST(journal::read(w.store(), position).has_value());
}

BOOST_AUTO_TEST_CASE(the_same_message_gives_the_same_leaf_whether_parts_are_encrypted_or_not) {
  ArchiveWorld clear;
  BOOST_REQUIRE(clear.open());
  const auto position = clear.accept(for_both())->position;
  Encrypted w;
  w.take(for_both());
  const auto one = *journal::read_sealed(clear.store(), position), other = w.sealed(position);
  BOOST_TEST((journal::open(one)->plan.recipients == journal::open(other)->plan.recipients));
  BOOST_TEST(one.common.octets.size() == other.common.octets.size());
  BOOST_TEST(clear.store().get(journal::shard_of(0), store::Table::journal_log, journal::index_key(0))->value()[0] == '\1');
}

BOOST_AUTO_TEST_CASE(a_destroyed_key_ends_what_it_alone_opened_and_nothing_of_others) {
  Encrypted w;
  const auto hers = w.take(for_alice()), shared = w.take(for_both());
  const auto leaves = std::pair(w.sealed(hers).leaf(), w.sealed(shared).leaf());
  w.destroy("alice@example.org");

  BOOST_TEST((w.sealed(hers).common.state == State::key_destroyed));
  BOOST_TEST((w.sealed(hers).parts[0].state == State::key_destroyed));
  BOOST_TEST(!journal::is_ended(w.sealed(hers).common));
  const auto lost = journal::read(w.store(), hers);
  BOOST_REQUIRE(!lost);
  BOOST_TEST((lost.error().code == base::errc::no_key));
  BOOST_TEST(lost.error().text().find("its key was destroyed") != std::string::npos);

  const auto left = journal::read(w.store(), shared);
  BOOST_REQUIRE(left);
  BOOST_TEST(left->envelope.recipients[0].forward_path.local == "");
  BOOST_TEST(left->envelope.recipients[1].forward_path.text() == "bob+secret@example.org");
  BOOST_TEST((leaves == std::pair(w.sealed(hers).leaf(), w.sealed(shared).leaf())));
  BOOST_TEST(w.verdict().faults.empty());
  BOOST_TEST(w.verdict().unreadable == 3u);

  w.destroy("bob@example.org");
  BOOST_TEST((journal::read(w.store(), shared).error().code == base::errc::no_key));
  BOOST_TEST(w.verdict().faults.empty());
  BOOST_TEST(w.verdict().unreadable == 5u);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_not_there_and_was_not_destroyed_is_a_fault) {
  Encrypted w;
  const auto hers = w.take(for_alice());
  w.ring->lose(w.shard_of("alice@example.org"));
  BOOST_TEST((journal::read(w.store(), hers).error().code == base::errc::damaged));
  const auto faults = w.verdict().faults;
  BOOST_REQUIRE(faults.size() == 2u);
  BOOST_TEST(faults[0] == "entry 0.0: its common part: its key is not in the ring");
  BOOST_TEST(w.verdict().unreadable == 0u);
}

BOOST_AUTO_TEST_CASE(octets_that_were_changed_or_moved_to_another_place_do_not_open) {
  Encrypted w;
  const auto one = w.take(for_alice()),
             two = w.take(Letter("another").to("alice+secret@example.org").file("alice@example.org"));
  auto first = w.sealed(one), second = w.sealed(two);
  for (const auto change : {0, 1, 2, 3}) {
    auto sealed = w.sealed(one);
    if (change == 0) sealed.common.locked.back() = static_cast<char>(sealed.common.locked.back() ^ 1);
    if (change == 1) sealed.common.locked = second.common.locked;
    if (change == 2) sealed.common.locked = sealed.parts[0].locked;
    if (change == 3) sealed.common.locked[0] = '\7';
    sealed.common.nonce.clear();
    auto again = *journal::from_segments(one, journal::to_segments(sealed));
    journal::unlock(again, w.ring.get());
    BOOST_TEST((again.common.state == State::damaged), change);
    BOOST_TEST(!again.consistent());
    BOOST_TEST((journal::open(again).error().code == base::errc::damaged));
  }
  for (std::size_t cut = 1; cut < first.common.locked.size(); ++cut) {
    auto sealed = first;
    sealed.common.locked.resize(cut);
    if (auto again = journal::from_segments(one, journal::to_segments(sealed))) {
      journal::unlock(*again, w.ring.get());
      BOOST_TEST((again->common.nonce.empty() && again->common.state != State::key_destroyed), cut);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_list_is_opened_by_each_of_its_members_and_a_sender_by_his_sent_folder) {
  Encrypted w;
  Letter letter("for a list");
  letter.to("list@example.org").file("alice@example.org").file("bob@example.org").to("x@world.example");
  letter.enqueue(routing::EntryKind::relay, "mx:world.example").sent("carol@example.org");
  const auto position = w.take(letter);
  for (const auto* gone : {"alice@example.org", "bob@example.org"}) {
    BOOST_TEST((w.sealed(position).parts[0].state == State::in_clear), gone);
    w.destroy(gone);
  }
  const auto left = w.sealed(position);
  BOOST_TEST((left.parts[0].state == State::key_destroyed));
  BOOST_TEST((left.common.state == State::in_clear));    // by carol
  BOOST_TEST((left.parts[1].state == State::in_clear));  // who has no account is as the common part
  w.destroy("carol@example.org");
  BOOST_TEST((w.sealed(position).parts[1].state == State::key_destroyed));
  BOOST_TEST(w.verdict().faults.empty());
}

BOOST_AUTO_TEST_CASE(a_resend_that_fills_nothing_for_her_is_still_sealed_for_her) {
  Encrypted w;
  w.take(for_alice().window(std::chrono::days(14)));
  Letter again("for alice");
  again.to("alice+secret@example.org").file("alice@example.org").to("bob+secret@example.org").file("bob@example.org");
  const auto position = w.take(again);
  BOOST_REQUIRE(journal::read(w.store(), position)->plan.recipients[0].files.empty());
  w.destroy("alice@example.org");
  BOOST_TEST((w.sealed(position).parts[0].state == State::key_destroyed));
  BOOST_TEST((w.sealed(position).parts[1].state == State::in_clear));
}

BOOST_AUTO_TEST_CASE(what_is_nobodys_here_is_as_it_was) {
  Encrypted w;
  const auto position = w.take(Letter("relayed").to("x@world.example").enqueue(routing::EntryKind::relay, "mx:world.example"));
  BOOST_TEST(w.sealed(position).common.locked.empty());
  BOOST_TEST(journal::read(w.store(), position).has_value());
  BOOST_TEST(w.verdict().faults.empty());
}

BOOST_AUTO_TEST_CASE(more_parties_than_the_journal_wraps_for_leave_the_common_part_to_the_journals_key) {
  Encrypted w;
  Letter letter("for all");
  for (std::size_t i = 0; i <= journal::Parties::most; ++i)
    letter.to("u" + std::to_string(i) + "@example.org").file("u" + std::to_string(i) + "@example.org");
  const auto position = w.take(letter);
  const auto sealed = w.sealed(position);
  BOOST_TEST(sealed.common.locked.empty());
  BOOST_TEST(!sealed.parts[17].locked.empty());
  w.destroy("u17@example.org");
  BOOST_TEST((w.sealed(position).parts[17].state == State::key_destroyed));
  BOOST_TEST((w.sealed(position).parts[18].state == State::in_clear));
  BOOST_TEST(w.verdict().faults.empty());
}

BOOST_AUTO_TEST_CASE(a_part_ends_as_another_does_whether_it_can_be_read_or_not) {
  Encrypted w;
  const auto hers = w.take(for_alice()), shared = w.take(for_both());
  const auto body = journal::read(w.store(), hers)->body;
  w.destroy("alice@example.org");
  const auto end = [&](Position position, std::optional<std::uint32_t> recipient) {
    return w.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto ended = owners.journal.end(stage, {"90 days", {{position, recipient}}}, w.clock.now());
      if (!ended) return std::unexpected(ended.error());
      return {};
    });
  };
  BOOST_REQUIRE(end(shared, 0u));
  BOOST_TEST(journal::is_ended(w.sealed(shared).parts[0]));
  BOOST_TEST((w.sealed(shared).parts[1].state == State::in_clear));
  BOOST_REQUIRE(end(shared, std::nullopt));  // what was under the same key as the common part still opens
  BOOST_TEST((w.sealed(shared).parts[1].state == State::in_clear));
  BOOST_REQUIRE(end(hers, std::nullopt));
  BOOST_TEST(journal::is_ended(w.sealed(hers).common));
  BOOST_TEST(w.verdict().faults.empty());
  // The journal let go of her body, though nothing of the entry said any more which it was.
  const auto account = w.shard_of("alice@example.org");
  BOOST_REQUIRE(w.change([&](commit::Stage& stage, commit::Owners&) -> base::Result<> {
    stage.release(account, body);
    return {};
  }));
  BOOST_TEST(w.octets_of(body) == "(gone)");
}

BOOST_AUTO_TEST_CASE(an_account_whose_key_cannot_be_made_gets_no_mail_and_others_do) {
  Encrypted w;
  w.take(for_alice());
  w.ring->fail_to_make(true);
  BOOST_TEST(!w.accept(Letter("new").to("new@example.org").file("new@example.org")).has_value());
  BOOST_TEST(w.number_of("new@example.org") == 0u);
  BOOST_TEST(w.accept(Letter("again").to("alice@example.org").file("alice@example.org")).has_value());
  w.ring->fail_to_make(false);
  BOOST_TEST(w.accept(Letter("new").to("new@example.org").file("new@example.org")).has_value());
  BOOST_TEST(w.verdict().faults.empty());
}

BOOST_AUTO_TEST_CASE(a_start_passes_over_what_it_would_apply_again_and_cannot_read) {
  Encrypted w;
  w.take(for_both());
  w.take(for_alice());  // of the last group: the next start applies it again
  w.destroy("alice@example.org");
  w.close();
  BOOST_REQUIRE(w.open());
  BOOST_TEST(w.messages("bob@example.org").size() == 1u);
  BOOST_TEST(w.accept(Letter("next").to("bob@example.org").file("bob@example.org")).has_value());
}

BOOST_AUTO_TEST_CASE(a_power_cut_anywhere_leaves_entries_that_open) {
  for (std::size_t point = 0; point < 60; ++point) {
    Encrypted w;
    w.faults().crash_at(w.faults().points() + 1 + point, ArchiveWorld::Kept::some, point);
    static_cast<void>(w.accept(for_both()));
    static_cast<void>(w.accept(Letter("made").to("new@example.org").file("new@example.org")));
    w.cut(ArchiveWorld::Kept::some, point);
    BOOST_REQUIRE_MESSAGE(w.open(), point);
    BOOST_TEST(w.verdict().faults.empty(), point);
    BOOST_TEST(w.accept(Letter("after").to("new@example.org").file("new@example.org")).has_value(), point);
  }
}

BOOST_AUTO_TEST_SUITE_END()
