/// Accounts whose key is gone: their mail is refused for themselves alone, wherever the key goes, and nobody gets their number.
#include <algorithm>

#include "archive/endings/destroy.hpp"
#include "archive/endings/end.hpp"
#include "archive/endings/errc.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/sealed_parts.hpp"
#include "archive/journal/verify.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/support/memory_key_ring.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::Letter;

namespace {

struct Encrypted : ArchiveWorld {
  std::shared_ptr<test::MemoryKeyRing> ring = std::make_shared<test::MemoryKeyRing>();

  Encrypted() {
    keys = ring;
    BOOST_REQUIRE(open());
  }
  store::Shard shard_of(std::string_view account) { return mailbox::shard_of(number_of(account)); }
  void submit(const Letter& letter, std::vector<std::string>& answers) {
    archive().accept(letter.arrive(store()), [&answers](const base::Result<Accepted>& accepted) {
      answers.push_back(accepted ? accepted->position.text() : accepted.error().code.message());
    });
  }
  void reopen() {
    close();
    BOOST_REQUIRE(open());
  }
  std::size_t records(store::Shard shard, store::Table table) {
    std::size_t count = 0;
    for (auto cursor = store().scan(shard, table); cursor->valid(); cursor->next()) ++count;
    return count;
  }
  /// Those that were passed over.
  std::vector<Position> free_places_of(const std::string& account, const endings::EntriesOf& entries) {
    std::vector<Position> left;
    BOOST_REQUIRE(change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto freed = endings::free_places_of(stage, owners, entries.positions, account);
      if (!freed) return std::unexpected(freed.error());
      left = *freed;
      return {};
    }));
    return left;
  }
  /// Somebody's hand on the disk. Gives what was there.
  std::string write(store::Shard shard, store::Table table, const std::string& key, const std::string& value) {
    const auto before = *store().get(shard, table, key);
    BOOST_REQUIRE(before.has_value());
    store::Batch batch(shard);
    batch.put(table, key, value);
    BOOST_REQUIRE(store().commit(std::span(&batch, 1), store::Sync::now));
    return *before;
  }
  std::string write_entry(std::uint64_t index, const std::string& value) {
    return write({store::ShardKind::journal, 0}, store::Table::journal_log, journal::index_key(index), value);
  }
  std::string why_not(const std::string& account) {
    const auto life = *custody::Life::parse(store().identity().instance, store().identity().incarnation);
    const auto may = endings::may_destroy_key(store(), life.instance, number_of(account));
    return may ? std::string() : may.error().text();
  }
  std::size_t places() { return records({store::ShardKind::journal, 0}, store::Table::places); }
};

Letter to(const std::string& account, const std::string& octets) {
  return Letter(octets).to(account).file(account);
}

const std::string gone = base::Error{base::errc::no_key, {}}.code.message();

}  // namespace

BOOST_AUTO_TEST_SUITE(keyless)

BOOST_AUTO_TEST_CASE(a_member_whose_account_lost_its_key_fails_alone) {
  Encrypted w;
  for (const auto* account : {"alice@example.org", "bob@example.org"}) BOOST_REQUIRE(w.accept(to(account, account)));
  BOOST_REQUIRE(w.ring->destroy(w.shard_of("alice@example.org")));
  std::vector<std::string> answers;
  w.submit(to("bob@example.org", "one"), answers);
  w.submit(to("alice@example.org", "two"), answers);
  w.submit(to("bob@example.org", "three"), answers);
  w.pump();
  std::ranges::sort(answers);
  BOOST_TEST((answers == std::vector<std::string>{"0.2", "0.3", gone}));
  BOOST_TEST(w.messages("bob@example.org").size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_key_that_goes_between_staging_and_commit_fails_its_own_members_and_no_other_is_staged_often) {
  Encrypted w;
  for (const auto* account : {"alice@example.org", "bob@example.org"}) BOOST_REQUIRE(w.accept(to(account, account)));
  const auto hers = w.shard_of("alice@example.org");
  constexpr int members = 400;
  std::vector<std::string> done(members);
  int staged = 0;
  for (int i = 0; i < members; ++i) {
    const bool is_hers = i % 2 == 0;
    const auto where = is_hers ? hers : w.shard_of("bob@example.org");
    w.archive().change(
        [&, i, where](commit::Stage& stage, commit::Owners&) -> base::Result<> {
          ++staged;
          stage.put(where, store::Table::copies, "member " + std::to_string(i), "\1");
          return {};
        },
        [&done, i](const base::Result<>& result) { done[i] += result ? "done" : result.error().code.message(); });
  }
  BOOST_REQUIRE(w.ring->destroy(hers));  // none of them asked before: only the commit finds it
  w.pump();
  for (int i = 0; i < members; ++i) BOOST_TEST(done[i] == (i % 2 == 0 ? gone : "done"), i << " " << done[i]);
  BOOST_TEST(staged < 6 * members);
  BOOST_TEST(w.archive().totals().tasks >= std::uint64_t{members} / 2);
}

BOOST_AUTO_TEST_CASE(members_that_throw_do_not_make_a_group_quadratic) {
  Encrypted w;
  constexpr int members = 400;
  int staged = 0, answered = 0;
  for (int i = 0; i < members; ++i)
    w.archive().change(
        [&staged, i](commit::Stage& stage, commit::Owners&) -> base::Result<> {
          ++staged;
          if (i % 3 == 0) throw std::bad_alloc();
          stage.put({store::ShardKind::instance, 0}, store::Table::instance_state, "x" + std::to_string(i), "y");
          return {};
        },
        [&answered, i](const base::Result<>& result) { answered += bool(result) == (i % 3 != 0); });
  w.pump();
  BOOST_TEST(answered == members);
  BOOST_TEST(staged < 6 * members);
}

BOOST_AUTO_TEST_CASE(one_recipients_key_that_goes_refuses_the_transaction_for_now_and_the_directory_says_why) {
  Encrypted w;
  for (const auto* account : {"alice@example.org", "bob@example.org"}) BOOST_REQUIRE(w.accept(to(account, account)));
  const auto& directory = w.archive().directory();
  using Access = routing::Account::Access;
  BOOST_TEST((directory.account("alice@example.org")->access == Access::open));
  BOOST_REQUIRE(w.ring->destroy(w.shard_of("alice@example.org")));
  const auto both = to("alice@example.org", "both").to("bob@example.org").file("bob@example.org");
  const auto accepted = w.accept(both);
  BOOST_REQUIRE(!accepted);
  BOOST_TEST((accepted.error().code == base::errc::no_key));
  BOOST_TEST(w.messages("bob@example.org").size() == 1u);
  BOOST_TEST((directory.account("alice@example.org")->access == Access::closed_for_good));
  BOOST_TEST((directory.account("bob@example.org")->access == Access::open));
  BOOST_TEST(w.accept(to("bob@example.org", "both")).has_value());
}

BOOST_AUTO_TEST_CASE(an_old_copy_of_the_store_starts_though_its_last_entry_was_filed_for_somebody_without_a_key) {
  Encrypted w;
  auto letter = to("bob@example.org", "from alice").sent("alice@example.org");
  BOOST_REQUIRE(w.accept(to("alice@example.org", "first")));
  BOOST_REQUIRE(w.accept(letter));
  BOOST_REQUIRE(w.ring->destroy(w.shard_of("alice@example.org")));
  w.reopen();  // which applies the last entry once more
  BOOST_TEST(w.messages("bob@example.org").size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_store_starts_with_an_older_ring_though_its_last_entry_was_filed_for_somebody_made_since) {
  for (const bool alone : {true, false}) {
    Encrypted w;
    BOOST_REQUIRE(w.accept(to("bob@example.org", "first")));
    BOOST_REQUIRE(w.accept(alone ? to("alice@example.org", "last") : to("bob@example.org", "last").sent("alice@example.org")));
    w.ring->lose(w.shard_of("alice@example.org"));
    w.reopen();  // which applies the last entry once more
    BOOST_TEST(w.accept(to("bob@example.org", "next")).has_value());
    BOOST_TEST(w.messages("bob@example.org").size() == (alone ? 2u : 3u));
  }
}

BOOST_AUTO_TEST_CASE(a_number_that_the_ring_knows_is_given_to_nobody_whether_its_key_lives_or_not) {
  Encrypted w;
  BOOST_REQUIRE(w.accept(to("alice@example.org", "first")));
  const auto first = w.number_of("alice@example.org");
  // The ring is of later: four accounts were made since, and the second of them was destroyed.
  for (std::uint64_t i = 1; i <= 4; ++i) BOOST_REQUIRE(w.ring->make(mailbox::shard_of(first + i)));
  BOOST_REQUIRE(w.ring->destroy(mailbox::shard_of(first + 2)));
  BOOST_REQUIRE(w.accept(to("bob@example.org", "second")));
  BOOST_TEST(w.number_of("bob@example.org") == first + 5);
  w.reopen();
  BOOST_REQUIRE(w.accept(to("carol@example.org", "third")));
  BOOST_TEST(w.number_of("carol@example.org") == first + 6);
}

BOOST_AUTO_TEST_CASE(who_is_made_anew_from_his_entry_has_the_number_that_it_was_encrypted_for) {
  int found = 0;
  for (std::size_t point = 0; point < 40; ++point) {  // cuts that leave the journal without the directory are among them
    Encrypted w;
    BOOST_REQUIRE(w.accept(to("alice@example.org", "first")));
    w.faults().crash_at(w.faults().points() + 1 + point, ArchiveWorld::Kept::some, point);
    static_cast<void>(w.accept(to("bob@example.org", "second")));
    w.cut(ArchiveWorld::Kept::some, point);
    BOOST_REQUIRE_MESSAGE(w.open(), point);
    const auto sealed = journal::read_sealed(w.store(), Position{0, 1});
    if (!sealed) continue;
    ++found;
    BOOST_TEST(journal::holders_of(*sealed).contains(w.shard_of("bob@example.org")), point);
  }
  BOOST_TEST(found > 5);
}

BOOST_AUTO_TEST_CASE(names_of_places_cannot_be_tried_without_the_key_of_the_journal) {
  Encrypted w;
  const auto letter = to("alice@example.org", "Message-ID: <1@x>\r\n\r\nhello");
  BOOST_REQUIRE(w.accept(letter));
  const auto plain = journal::Places::plain_key(test::address("sender@world.example"), base::sha256(letter.octets()),
                                                journal::mailbox_place("alice@example.org", "INBOX"));
  const store::Shard shard{store::ShardKind::journal, 0};
  BOOST_TEST(w.places() == 1u);
  BOOST_TEST(!*w.store().get(shard, store::Table::places, base::view(plain)));
  BOOST_TEST(w.accept(letter)->resend);
  w.reopen();
  BOOST_TEST(w.accept(letter)->resend);
  w.close();
  w.ring->lose(shard);  // as who tries with keys of his own
  BOOST_REQUIRE(w.ring->make(shard));
  BOOST_REQUIRE(w.open());
  BOOST_TEST(!w.accept(letter)->resend);
}

BOOST_AUTO_TEST_CASE(places_of_before_encryption_are_renamed_and_a_resend_is_still_one) {
  ArchiveWorld w;
  BOOST_REQUIRE(w.open());
  const store::Shard shard{store::ShardKind::journal, 0};
  const auto places = [&] {
    std::size_t count = 0;
    for (auto cursor = w.store().scan(shard, store::Table::places); cursor->valid(); cursor->next()) ++count;
    return count;
  };
  std::vector<Letter> letters;
  for (int i = 0; i < 2500; ++i) letters.push_back(to("alice@example.org", "letter " + std::to_string(i)));
  for (const auto& letter : letters) BOOST_REQUIRE(w.accept(letter));
  w.close();
  w.keys = std::make_shared<test::MemoryKeyRing>();
  BOOST_REQUIRE(w.open());
  BOOST_TEST(places() == letters.size());
  for (std::size_t i = 0; i < letters.size(); i += 100) BOOST_TEST(w.accept(letters[i])->resend);
  for (auto cursor = w.store().scan(shard, store::Table::places); cursor->valid(); cursor->next())
    BOOST_REQUIRE(cursor->value().starts_with('\2'));
}

BOOST_AUTO_TEST_CASE(places_of_an_account_go_with_its_key_and_nobody_elses) {
  Encrypted w;
  const auto hers = to("alice@example.org", "hers").sent("alice@example.org");
  const auto both = to("alice@example.org", "both").to("bob@example.org").file("bob@example.org");
  const auto list = Letter("list").to("all@example.org").file("alice@example.org").file("bob@example.org");
  for (const auto& letter : {hers, both, list}) BOOST_REQUIRE(w.accept(letter));
  BOOST_TEST(w.places() == 6u);
  const auto entries = endings::entries_of(w.store(), w.number_of("alice@example.org"));
  BOOST_REQUIRE(entries);
  BOOST_TEST(entries->positions.size() == 3u);
  BOOST_TEST(w.free_places_of("alice@example.org", *entries).empty());
  BOOST_TEST(w.places() == 2u);
  BOOST_TEST(w.accept(to("bob@example.org", "both"))->resend);
}

BOOST_AUTO_TEST_CASE(what_waits_and_cannot_be_read_holds_up_a_destruction_by_its_name) {
  Encrypted w;
  const auto with_copy = [](const std::string& account, const std::string& octets) {
    return to(account, octets).enqueue(routing::EntryKind::copy, "archive:25");
  };
  for (const auto* octets : {"one", "two", "three"}) BOOST_REQUIRE(w.accept(with_copy("bob@example.org", octets)));
  BOOST_REQUIRE(w.accept(to("bob@example.org", "owed").enqueue(routing::EntryKind::copy, "archive:25").owed()));
  const auto owed = w.entries().back();
  BOOST_REQUIRE(w.settle({{owed.id, std::nullopt}}));  // delivered, and no receipt has come
  BOOST_REQUIRE(w.accept(to("alice@example.org", "hers")));
  BOOST_TEST(w.why_not("alice@example.org") == "");
  const auto one = w.write_entry(0, "damaged"), three = w.write_entry(2, "damaged"), last = w.write_entry(3, "damaged");
  const auto why = w.why_not("alice@example.org");
  BOOST_TEST(why.find("journal entry 0.0 (queued), journal entry 0.2 (queued), journal entry 0.3 (owed);") != std::string::npos,
             why);
  BOOST_TEST(w.why_not("bob@example.org").find("entry 0.1: still queued") != std::string::npos);  // what is sure is told first
  for (const auto& entry : w.entries())
    BOOST_REQUIRE(w.change([&](commit::Stage& stage, commit::Owners& owners) { return owners.outbox.end(stage, entry.id); }));
  w.write_entry(3, last);
  BOOST_TEST(w.why_not("alice@example.org") == "");  // what waits for nobody is not asked for
  w.write({store::ShardKind::journal, 0}, store::Table::owed, custody::owed_key(owed.custody->number), "damaged");
  BOOST_TEST(w.why_not("alice@example.org").find("custody number 1;") != std::string::npos, w.why_not("alice@example.org"));
}

BOOST_AUTO_TEST_CASE(places_of_what_cannot_be_read_stay_and_are_named_and_the_others_go) {
  Encrypted w;
  for (const auto* octets : {"one", "two", "three"}) BOOST_REQUIRE(w.accept(to("alice@example.org", octets)));
  const auto shard = w.shard_of("alice@example.org");
  w.write_entry(1, "damaged");
  std::string third;  // the change with which it was filed
  for (auto log = w.store().scan(shard, store::Table::account_log); log->valid(); log->next()) third = log->key();
  w.write(shard, store::Table::account_log, third, "damaged");
  const auto entries = endings::entries_of(w.store(), w.number_of("alice@example.org"));
  BOOST_REQUIRE(entries);
  BOOST_TEST(entries->unreadable == 1u);
  BOOST_TEST((entries->positions == std::vector<Position>{{0, 0}, {0, 1}}));
  BOOST_TEST((w.free_places_of("alice@example.org", *entries) == std::vector<Position>{{0, 1}}));
  BOOST_TEST(w.places() == 2u);
}

BOOST_AUTO_TEST_CASE(what_the_journal_says_was_destroyed_is_so_after_the_next_start) {
  Encrypted w;
  BOOST_REQUIRE(w.accept(to("alice@example.org", "first")));
  const auto shard = w.shard_of("alice@example.org");
  BOOST_REQUIRE(w.change(
      [&](commit::Stage& stage, commit::Owners& owners) { return owners.directory.remove(stage, "alice@example.org"); }));
  const auto older = w.ring->copy();
  BOOST_REQUIRE(w.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    owners.journal.tell_destruction(stage, {shard.id, "alice@example.org", "she left"}, w.clock.now());
    return {};
  }));
  w.reopen();  // the power went before the ring was written
  BOOST_TEST(w.ring->destroyed(shard));
  w.close();
  w.keys = older;  // and somebody brings a ring of before
  BOOST_REQUIRE(w.open());
  BOOST_TEST(older->destroyed(shard));
}

BOOST_AUTO_TEST_CASE(the_account_for_undelivered_mail_is_made_anew_at_the_start_where_its_key_was_destroyed) {
  Encrypted w;
  const std::string keeper = w.options.undelivered;
  BOOST_REQUIRE(w.accept(to(keeper, "before")));
  BOOST_REQUIRE(w.change([&](commit::Stage& stage, commit::Owners& owners) {
    auto record = *owners.directory.find(keeper);
    record.aliases = {"lost@example.org"};
    record.verifier = "{SCRAM-SHA-256}x";
    return owners.directory.change(stage, record);
  }));
  const auto before = w.number_of(keeper);
  w.reopen();
  BOOST_TEST(w.number_of(keeper) == before);
  BOOST_REQUIRE(w.ring->destroy(w.shard_of(keeper)));
  const auto kept = Letter("after").to("alice@example.org").file(keeper, "INBOX", "alice@example.org");
  BOOST_TEST(!w.accept(kept));
  w.reopen();
  const auto record = w.archive().directory().record(keeper);
  BOOST_REQUIRE(record);
  BOOST_TEST(record->number > before);
  BOOST_TEST((record->aliases == std::vector<std::string>{"lost@example.org"}));
  BOOST_TEST(record->verifier == "{SCRAM-SHA-256}x");
  BOOST_REQUIRE(w.accept(kept));
  BOOST_TEST(w.messages(keeper).size() == 1u);
  const auto renewed = w.number_of(keeper);
  w.reopen();
  BOOST_TEST(w.number_of(keeper) == renewed);
  BOOST_TEST(w.messages(keeper).size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_account_for_undelivered_mail_whose_key_is_not_at_hand_is_left_as_it_is) {
  Encrypted w;
  BOOST_REQUIRE(w.accept(to(w.options.undelivered, "before")));
  const auto before = w.number_of(w.options.undelivered);
  w.ring->lose(w.shard_of(w.options.undelivered));
  w.reopen();
  BOOST_TEST(w.number_of(w.options.undelivered) == before);
}

BOOST_AUTO_TEST_CASE(an_entry_whose_key_was_destroyed_ends_and_one_of_its_parts_does_too) {
  Encrypted w;
  BOOST_REQUIRE(w.accept(to("alice@example.org", "hers")));
  auto both = Letter("both").to("alice@example.org").file("alice@example.org").enqueue(routing::EntryKind::copy, "archive:25");
  both.to("bob@example.org").file("bob@example.org");
  BOOST_REQUIRE(w.accept(both));
  BOOST_REQUIRE(w.ring->destroy(w.shard_of("alice@example.org")));
  const auto end = [&](Position position, std::vector<std::uint32_t> recipients) {
    return w.change([&, recipients](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      endings::Ending ending{{{position, recipients}}, "90 days"};
      const auto ended = endings::stage_ending(stage, owners, ending, endings::NoHolds(), w.random, w.clock.now());
      if (!ended) return std::unexpected(ended.error());
      for (const auto& order : ended->orders)
        for (const auto& item : order.items) BOOST_TEST(!item.recipients.empty());
      return {};
    });
  };
  BOOST_TEST((end({0, 1}, {0}).error().code == endings::errc::queued));  // by a hop that only her part names
  for (const auto& entry : w.entries())
    BOOST_REQUIRE(w.change([&](commit::Stage& stage, commit::Owners& owners) { return owners.outbox.end(stage, entry.id); }));
  for (const auto position : {Position{0, 0}, Position{0, 1}}) BOOST_REQUIRE(end(position, {0}));
  BOOST_TEST(journal::is_ended(journal::read_sealed(w.store(), {0, 0})->common));
  BOOST_TEST(!journal::is_ended(journal::read_sealed(w.store(), {0, 1})->common));
  BOOST_TEST(journal::read(w.store(), {0, 1})->envelope.recipients[1].forward_path.text() == "bob@example.org");
  const auto verdict = journal::verify(w.store(), w.store().bodies(), {{}, journal::Depth::bodies}, {});
  BOOST_TEST(verdict->faults.empty());
}

BOOST_AUTO_TEST_CASE(an_order_to_end_names_those_who_came_by_the_book_and_no_empty_address) {
  Encrypted w;
  custody::Number number;
  number.number = 7;
  auto letter = to("alice@example.org", "both").to("bob@example.org").file("bob@example.org").under(number);
  BOOST_REQUIRE(w.accept(letter));
  BOOST_REQUIRE(w.ring->destroy(w.shard_of("alice@example.org")));
  std::vector<endings::Order> orders;
  const auto end = [&](std::vector<std::uint32_t> recipients) {
    BOOST_REQUIRE(w.change([&, recipients](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      endings::Ending ending{{{{0, 0}, recipients}}, "90 days"};
      auto ended = endings::stage_ending(stage, owners, ending, endings::NoHolds(), w.random, w.clock.now());
      if (!ended) return std::unexpected(ended.error());
      orders = std::move(ended->orders);
      return {};
    }));
  };
  const auto name = [&](std::string_view recipient) {
    return custody::name_of(base::sha256(letter.octets()), test::address(recipient));
  };
  end({0});
  BOOST_TEST(orders.empty());  // nobody can say any more who that was
  end({});
  BOOST_REQUIRE(orders.size() == 1u);
  BOOST_TEST((orders[0].items[0].recipients == custody::sorted({name("alice@example.org"), name("bob@example.org")})));
}

BOOST_AUTO_TEST_SUITE_END()
