/// Signed tree heads: how they are written, who signs them, and that `verify` holds the journal to what was signed.
#include "archive/head_signer.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/prove.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Table;
using test::ArchiveWorld;
using test::Letter;

namespace {

using Outcome = base::Result<journal::SignedHead>;

struct Signing {
  ArchiveWorld world;
  base::SigningKey key = base::SigningKey::make(world.random);
  std::unique_ptr<HeadSigner> signer;

  explicit Signing(std::size_t letters) {
    open();
    for (std::size_t i = 0; i < letters; ++i) accept(i);
  }
  void open() {
    BOOST_REQUIRE(world.open());
    auto made = HeadSigner::make(world.archive(), world.clock, key);
    BOOST_REQUIRE(made.has_value());
    signer = std::move(*made);
  }
  void close() {
    signer.reset();
    world.close();
  }
  void accept(std::size_t number) {
    Letter letter("Message-ID: <" + std::to_string(number) + "@world.example>\r\n\r\nx\r\n");
    letter.to("a@example.org").file("a@example.org").to("b@example.org").file("b@example.org");
    BOOST_REQUIRE(world.accept(letter));
  }
  Outcome sign() {
    std::optional<Outcome> got;
    signer->sign([&](Outcome signed_head) { got = std::move(signed_head); });
    world.pump();
    BOOST_REQUIRE(got.has_value());
    return *got;
  }
  void replace_key(const base::SigningKey& next) {
    std::optional<base::Result<>> got;
    signer->replace_key(next, [&](base::Result<> done) { got = std::move(done); });
    world.pump();
    BOOST_REQUIRE((got && *got));
    key = next;
  }
  void write(const std::function<void(store::Batch&)>& change) {
    store::Batch batch(journal::shard_of(0));
    change(batch);
    BOOST_REQUIRE(world.store().commit(std::span(&batch, 1), store::Sync::now));
  }
  std::string faults(journal::Extent extent = {}) {
    const auto verdict = journal::verify(world.store(), world.store().bodies(), extent, {});
    BOOST_REQUIRE(verdict.has_value());
    std::string all;
    for (const auto& fault : verdict->faults) all += fault + "\n";
    return all;
  }
  std::uint64_t size() { return journal::read_numbers(world.store(), 0)->frontier.size(); }
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

journal::TreeHead some_head() {
  journal::TreeHead head;
  head.log = *journal::LogName::make(std::string(32, 'a'), std::string(32, 'b'), 7);
  head.head = {1000, base::sha256("root")};
  head.time = base::WallTime(std::chrono::milliseconds(1'700'000'000'000));
  return head;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_heads)

BOOST_AUTO_TEST_CASE(a_signed_head_comes_back_from_its_octets_and_no_bit_of_it_may_change) {
  sim::SimRandom random(7);
  const auto key = base::SigningKey::make(random);
  const auto made = journal::SignedHead::sign(some_head(), key);
  BOOST_TEST(made.holds());
  BOOST_TEST(made.head.encode().size() == journal::TreeHead::octets);
  const std::string value = made.encode();
  auto again = journal::SignedHead::decode(value);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST((*again == made));
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string bad = value;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    const auto read = journal::SignedHead::decode(bad);
    const bool harmless = read && read->holds() && *read == made;  // a version of the record alone
    BOOST_TEST((!read || !read->holds() || harmless), "bit " << bit);
    BOOST_TEST((!harmless || bit < 8), "bit " << bit);
  }
  for (std::size_t cut = 0; cut < value.size(); ++cut) {
    const std::string shorter = value.substr(0, cut);
    BOOST_TEST(!journal::SignedHead::decode(shorter).has_value(), "cut to " << cut);
  }
}

BOOST_AUTO_TEST_CASE(a_log_is_named_by_two_ids_of_32_digits) {
  const std::string good(32, '0');
  BOOST_TEST(journal::LogName::make(good, good, 0).has_value());
  for (const auto& bad : {std::string(), std::string(31, '0'), std::string(34, '0'), std::string(32, 'g')}) {
    BOOST_TEST(!journal::LogName::make(bad, good, 0).has_value());
    BOOST_TEST(!journal::LogName::make(good, bad, 0).has_value());
  }
}

BOOST_AUTO_TEST_CASE(an_empty_journal_has_no_head_to_sign) {
  Signing s(0);
  BOOST_TEST((s.sign().error().code == base::errc::not_found));
  BOOST_TEST(s.size() == 0u);
}

BOOST_AUTO_TEST_CASE(the_first_head_follows_an_entry_that_tells_of_its_key) {
  Signing s(3);
  const auto head = s.sign();
  BOOST_REQUIRE(head.has_value());
  BOOST_TEST(head->holds());
  BOOST_TEST((head->key == s.key.public_key()));
  BOOST_TEST(head->head.head.size == 4u);
  const auto entry = journal::read(s.world.store(), {0, 3});
  BOOST_REQUIRE((entry && entry->key_change));
  BOOST_TEST((entry->key_change->key == s.key.public_key()));
  BOOST_TEST(!entry->key_change->consent.has_value());
  const auto keys = journal::told_keys(s.world.store(), 0);
  BOOST_REQUIRE(keys.has_value());
  BOOST_TEST((keys->size() == 1u && keys->front().index == 3u));
  BOOST_TEST(s.faults() == "");
}

BOOST_AUTO_TEST_CASE(nothing_is_signed_twice_where_nothing_was_added) {
  Signing s(3);
  const auto first = s.sign();
  s.world.clock.advance(std::chrono::hours(1));
  BOOST_TEST((*s.sign() == *first));
  s.accept(9);
  const auto second = s.sign();
  BOOST_TEST(second->head.head.size == 5u);
  BOOST_TEST((**journal::last_head(s.world.store(), 0) == *second));
  std::vector<std::uint64_t> sizes;
  BOOST_REQUIRE(journal::each_head(s.world.store(), 0, 0, 100, [&](std::uint64_t size, const Outcome& head) {
    BOOST_TEST(head.has_value());
    sizes.push_back(size);
    return true;
  }));
  BOOST_TEST(sizes == (std::vector<std::uint64_t>{4, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(requests_of_one_group_tell_of_the_key_once_and_sign_what_was_durable_before) {
  Signing s(1);
  std::vector<Outcome> got;
  for (int i = 0; i < 3; ++i) s.signer->sign([&](Outcome head) { got.push_back(std::move(head)); });
  s.world.pump();
  BOOST_REQUIRE(got.size() == 3u);
  // The first one comes last, since it waits for the entry of the key; the others sign what was there before that.
  const std::uint64_t sizes[] = {1, 1, 2};
  for (std::size_t i = 0; i < got.size(); ++i) BOOST_TEST((got[i] && got[i]->head.head.size == sizes[i]), i);
  BOOST_TEST(s.size() == 2u);
  BOOST_TEST(s.faults() == "");
}

BOOST_AUTO_TEST_CASE(heads_and_keys_survive_a_power_cut_and_are_signed_on) {
  Signing s(2);
  const auto first = s.sign();
  s.signer.reset();
  s.world.cut(ArchiveWorld::Kept::none);
  s.open();
  BOOST_TEST((*s.sign() == *first));
  BOOST_TEST(s.size() == 3u);
  BOOST_TEST(s.faults() == "");
}

BOOST_AUTO_TEST_CASE(a_new_key_is_told_with_the_consent_of_the_one_before) {
  Signing s(2);
  const auto first = s.sign();
  const auto former = s.key.public_key();
  s.replace_key(base::SigningKey::make(s.world.random));
  const auto entry = journal::read(s.world.store(), {0, 3});
  BOOST_REQUIRE((entry && entry->key_change && entry->key_change->consent));
  BOOST_TEST((entry->key_change->consent->by == former));
  BOOST_TEST(entry->key_change->holds());
  const auto second = s.sign();
  BOOST_TEST((second->key == s.key.public_key()));
  BOOST_TEST((first->key == former));
  BOOST_TEST(s.faults() == "");
}

BOOST_AUTO_TEST_CASE(a_head_that_is_asked_for_while_the_key_is_replaced_tells_of_no_key) {
  Signing s(2);
  s.sign();
  const auto next = base::SigningKey::make(s.world.random);
  std::vector<Outcome> got;
  s.signer->replace_key(next, [](base::Result<>) {});
  s.signer->sign([&](Outcome head) { got.push_back(std::move(head)); });  // in one group
  s.world.pump();
  BOOST_REQUIRE((got.size() == 1u && got[0]));
  BOOST_TEST((got[0]->key == next.public_key()));
  BOOST_TEST(journal::told_keys(s.world.store(), 0)->size() == 2u);
  BOOST_TEST(s.faults() == "");
}

BOOST_AUTO_TEST_CASE(a_key_that_was_lost_is_followed_by_one_without_consent) {
  Signing s(2);
  s.sign();
  s.close();
  s.key = base::SigningKey::make(s.world.random);
  s.open();
  BOOST_TEST((s.sign()->key == s.key.public_key()));
  const auto entry = journal::read(s.world.store(), {0, 3});
  BOOST_REQUIRE((entry && entry->key_change));
  BOOST_TEST(!entry->key_change->consent.has_value());
}

BOOST_AUTO_TEST_CASE(a_consent_that_somebody_else_gave_is_a_fault) {
  Signing s(2);
  s.sign();
  const auto stranger = base::SigningKey::make(s.world.random);
  const auto next = base::SigningKey::make(s.world.random);
  BOOST_REQUIRE(s.world.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    return owners.journal.tell_key(stage, journal::KeyChange::agreed(next.public_key(), stranger), s.world.clock.now());
  }));
  BOOST_TEST(contains(s.faults(), "not that of the key before"));
}

BOOST_AUTO_TEST_CASE(a_head_by_a_key_that_was_replaced_is_good_for_what_came_before_and_no_further) {
  Signing s(2);
  const auto former = s.key;
  auto head = s.sign()->head;
  s.replace_key(base::SigningKey::make(s.world.random));
  s.accept(9);
  const auto newest = s.sign();
  head.head = newest->head.head;
  const auto forged = journal::SignedHead::sign(head, former);
  s.write([&](store::Batch& batch) { batch.put(Table::heads, journal::head_key(forged.head), forged.encode()); });
  BOOST_TEST(contains(s.faults(), "the key that signed it was not in force any more"));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_kept_for_an_entry_which_is_not_there_signs_nothing) {
  Signing s(2);
  auto head = s.sign()->head;
  const auto stranger = base::SigningKey::make(s.world.random);
  const auto forged = journal::SignedHead::sign(head, stranger);
  s.write([&](store::Batch& batch) {
    batch.put(Table::journal_state, journal::key_record_key(1000), std::string(stranger.public_key().view()));
    batch.put(Table::heads, journal::head_key(forged.head), forged.encode());
  });
  const auto faults = s.faults();
  BOOST_TEST(contains(faults, "a key is kept for entry 0.1000, which is not there"));
  BOOST_TEST(contains(faults, "no entry tells of the key that signed it"));
}

BOOST_AUTO_TEST_CASE(a_head_of_another_installation_or_another_book_is_found) {
  Signing s(2);
  const auto first = s.sign()->head;
  s.accept(8);
  const auto good = *s.sign();
  auto other = good.head;
  other.log.instance[0] ^= 1;
  auto book = good.head;
  book.log.book = journal::Book::audit;
  for (const auto& [head, what] : {std::pair(other, "of another installation"), std::pair(book, "of another journal")}) {
    const auto forged = journal::SignedHead::sign(head, s.key);
    s.write([&](store::Batch& batch) { batch.put(Table::heads, journal::head_key(good.head), forged.encode()); });
    BOOST_TEST(contains(s.faults(), what));
  }
  BOOST_TEST((first.log == good.head.log));
}

BOOST_AUTO_TEST_CASE(of_some_entries_too_the_one_that_tells_of_a_key_must_lead_to_the_head) {
  Signing s(5);
  s.sign();
  for (std::size_t i = 10; i < 300; ++i) s.accept(i);
  s.sign();
  journal::Extent last;
  last.from = 290;
  BOOST_TEST(s.faults(last) == "");
  auto forged = *journal::read(s.world.store(), {0, 5});
  BOOST_REQUIRE(forged.key_change.has_value());
  const auto sealed = journal::seal(forged, s.world.random);  // the same key, told anew with other nonces
  s.write([&](store::Batch& batch) {
    batch.put(Table::journal_log, base::Writer().u64(5).take(), journal::to_segments(sealed).front());
    batch.put(Table::leaves, base::Writer().u64(5).take(), std::string(base::view(sealed.leaf())));
  });
  BOOST_TEST(contains(s.faults(last), "entry 0.5: tells of a key, and"));
}

BOOST_AUTO_TEST_CASE(of_more_faults_than_a_verdict_names_the_number_is_told) {
  Signing s(20);
  s.sign();
  const auto more = journal::Verdict::max_faults + 30;
  s.write([&](store::Batch& batch) {
    for (std::uint64_t i = 0; i < more; ++i)
      batch.put(Table::journal_state, journal::key_record_key(1000 + i), std::string(s.key.public_key().view()));
  });
  BOOST_TEST(contains(s.faults(), "and 30 faults more"));
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_in_a_head_is_found) {
  Signing s(2);
  const auto key = journal::head_key(s.sign()->head);
  const auto good = **s.world.store().get(journal::shard_of(0), Table::heads, key);
  for (std::size_t bit = 8; bit < good.size() * 8; bit += 7) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    s.write([&](store::Batch& batch) { batch.put(Table::heads, key, bad); });
    BOOST_TEST(contains(s.faults(), "signed head over 3 entries"), "bit " << bit);
    journal::Extent last;
    last.from = 2;
    BOOST_TEST(contains(s.faults(last), "signed head over 3 entries"), "bit " << bit);
  }
}

BOOST_AUTO_TEST_CASE(a_tail_that_was_cut_off_is_missed_by_the_head_that_was_signed_over_it) {
  Signing s(300);
  s.sign();
  const auto size = s.size();
  journal::Frontier shorter;
  for (std::uint64_t i = 0; i + 1 < size; ++i) shorter.append(*journal::read_leaf(s.world.store(), {0, i}));
  const auto last = base::Writer().u64(size - 1).take();
  s.write([&](store::Batch& batch) {  // as somebody does it who knows the tables
    batch.erase(Table::journal_log, last);
    batch.erase(Table::leaves, last);
    batch.put(Table::journal_state, "t", shorter.encode());
    batch.put(Table::journal_state, "p", base::Writer(1).u64(size - 1).take());
  });
  BOOST_TEST(contains(s.faults(), "its end was cut"));
}

BOOST_AUTO_TEST_CASE(an_entry_that_was_made_anew_with_all_its_hashes_is_missed_by_every_head_over_it) {
  Signing s(5);
  s.sign();
  auto forged = *journal::read(s.world.store(), {0, 1});
  forged.facts.subject = "another one";
  const auto sealed = journal::seal(forged, s.world.random);
  journal::Frontier rewritten;
  for (std::uint64_t i = 0; i < s.size(); ++i)
    rewritten.append(i == 1 ? sealed.leaf() : *journal::read_leaf(s.world.store(), {0, i}));
  s.write([&](store::Batch& batch) {
    batch.put(Table::journal_log, base::Writer().u64(1).take(), journal::to_segments(sealed).front());
    batch.put(Table::leaves, base::Writer().u64(1).take(), std::string(base::view(sealed.leaf())));
    batch.put(Table::journal_state, "t", rewritten.encode());
  });
  const auto faults = s.faults();
  BOOST_TEST(contains(faults, "the journal does not give this head any more"));
  BOOST_TEST(!contains(faults, "entry 0.1"));  // by itself it is sound: nothing but the signature tells
}

BOOST_AUTO_TEST_CASE(a_proof_shows_the_parts_that_are_asked_for_and_hides_the_others) {
  Signing s(5);
  const auto head = s.sign();
  const auto only_b = [](std::uint32_t, const mail::smtp::Recipient& recipient) {
    return recipient.forward_path.text() == "b@example.org";
  };
  auto proof = journal::prove(s.world.store(), {0, 2}, *head, only_b);
  BOOST_REQUIRE(proof.has_value());
  BOOST_TEST(!proof->entry.common.nonce.empty());
  BOOST_TEST((proof->entry.parts[0].nonce.empty() && proof->entry.parts[0].octets.empty()));
  BOOST_TEST((!proof->entry.parts[1].nonce.empty() && !proof->entry.parts[1].octets.empty()));
  BOOST_TEST((proof->entry.leaf() == *journal::read_leaf(s.world.store(), {0, 2})));
  BOOST_TEST((journal::prove(s.world.store(), {0, 99}, *head, only_b).error().code == base::errc::not_found));
}

BOOST_AUTO_TEST_CASE(no_proof_is_given_that_does_not_close) {
  Signing s(300);
  const auto head = s.sign();
  const auto all = [](std::uint32_t, const mail::smtp::Recipient&) { return true; };
  const auto flip = [&](Table table, const std::string& key) {
    const auto good = **s.world.store().get(journal::shard_of(0), table, key);
    std::string bad = good;
    bad.back() = static_cast<char>(bad.back() ^ 1);
    s.write([&](store::Batch& batch) { batch.put(table, key, bad); });
    BOOST_TEST((journal::prove(s.world.store(), {0, 260}, *head, all).error().code == base::errc::damaged));
    s.write([&](store::Batch& batch) { batch.put(table, key, good); });
    BOOST_TEST(journal::prove(s.world.store(), {0, 260}, *head, all).has_value());
  };
  flip(Table::journal_log, base::Writer().u64(260).take());
  flip(Table::leaves, base::Writer().u64(270).take());
  flip(Table::nodes, base::Writer().u8(8).u64(0).take());
  auto forged = *head;
  forged.signature[0] ^= 1;
  BOOST_TEST((journal::prove(s.world.store(), {0, 260}, forged, all).error().code == base::errc::damaged));
}

BOOST_AUTO_TEST_SUITE_END()
