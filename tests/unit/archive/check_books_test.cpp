/// What a whole verification says of books that contradict the journal: by name, one row for each kind of lie.
#include <algorithm>

#include "archive/check/whole.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/tree.hpp"
#include "archive/reading.hpp"
#include "tests/support/full_pair.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Table;
using test::ArchiveWorld;
using test::EndingSide;
using test::FullPair;
using test::Letter;

namespace {

constexpr store::Shard mail_journal{store::ShardKind::journal, 0};
constexpr store::Shard audit_journal = journal::shard_of(journal::audit_log);

std::vector<std::string> faults_of(ArchiveWorld& world) {
  const auto found = check::whole(world.store(), world.store().bodies(), {}, world.clock.now(), {});
  BOOST_REQUIRE(found);
  return found->faults;
}

bool names(const std::vector<std::string>& faults, const std::string& what) {
  return std::ranges::any_of(faults, [&](const auto& fault) { return fault.find(what) != std::string::npos; });
}

std::string all_of(const std::vector<std::string>& faults) {
  std::string all;
  for (const auto& fault : faults) all += fault + "\n";
  return all;
}

void write(ArchiveWorld& world, const store::Batch& batch) {
  BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
}

void put(ArchiveWorld& world, store::Shard shard, Table table, const std::string& key, const std::string& value) {
  store::Batch batch(shard);
  batch.put(table, key, value);
  write(world, batch);
}

void erase(ArchiveWorld& world, store::Shard shard, Table table, const std::string& key) {
  store::Batch batch(shard);
  batch.erase(table, key);
  write(world, batch);
}

/// The records of one table, as they are.
test::Records records_of(ArchiveWorld& world, store::Shard shard, Table table) {
  return test::dump(world.store())[{table, shard}];
}

std::string with_number(std::string key, std::uint64_t number) {
  const auto octets = base::Writer().u64(number).take();
  return key.replace(key.size() - octets.size(), octets.size(), octets);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check_of_books)

BOOST_AUTO_TEST_CASE(each_lie_in_a_book_of_custody_has_a_name) {
  FullPair pair(FullPair::Store::in_clear);
  auto& side = pair.primary;
  BOOST_TEST(faults_of(side).empty(), all_of(faults_of(side)));
  const auto tell = [&](Table table, const std::string& key, const std::string& value, const std::string& wanted) {
    const auto before = side.store().get(mail_journal, table, key);
    value.empty() ? erase(side, mail_journal, table, key) : put(side, mail_journal, table, key, value);
    BOOST_TEST(names(faults_of(side), wanted), wanted << ": " << all_of(faults_of(side)));
    *before ? put(side, mail_journal, table, key, **before) : erase(side, mail_journal, table, key);
  };
  const auto owed = records_of(side, mail_journal, Table::owed);
  const auto third = std::next(owed.begin(), 3)->first;
  tell(Table::owed, third, {}, "custody numbers 4 to 4 are missing");
  tell(Table::owed, owed.rbegin()->first, {}, "6 were given, and the last one is 5");
  tell(Table::owed, with_number(third, 9), owed.at(third), "custody numbers 7 to 8 are missing");
  tell(Table::owed, third, owed.rbegin()->second, "custody number 4 (entry ");
  auto open = *custody::Owed::decode(owed.at(third));
  open.open = open.recipients;
  open.settled = 0;
  tell(Table::owed, third, open.encode(), "is owed, and not among the numbers that are open");

  const auto receipts = records_of(side, mail_journal, Table::receipts);
  auto batch = *custody::KeptBatch::decode(receipts.begin()->second);
  tell(Table::receipts, receipts.begin()->first, {}, "are missing");
  batch.signature[3] ^= 1;
  tell(Table::receipts, receipts.begin()->first, batch.encode(), "is not signed by any key");
  // Who has a key of his own signs another receipt, and puts it in the place of the one that came.
  custody::ReceiptBatch forged{batch.number, batch.by, {}};
  for (const auto& kept : batch.receipts)
    if (kept.receipt) forged.receipts.push_back(*kept.receipt);
  sim::SimRandom random{9};
  const auto by_another = custody::SignedBatch::sign(forged, base::SigningKey::make(random));
  tell(Table::receipts, receipts.begin()->first, custody::KeptBatch::of(by_another).encode(), "is not signed by any key");

  const auto orders = records_of(side, mail_journal, Table::orders);
  tell(Table::orders, with_number(orders.begin()->first, 0), orders.begin()->second, "that entry tells of no ending");
  const auto places = records_of(side, mail_journal, Table::places);
  tell(Table::places, places.begin()->first, places.rbegin()->second, "is no place that entry");
  tell(Table::places, std::string(32, 'x'), places.begin()->second, "is no place that entry");
  BOOST_TEST(faults_of(side).empty());
}

BOOST_AUTO_TEST_CASE(a_number_that_came_and_was_forgotten_is_named_by_its_entry) {
  FullPair pair(FullPair::Store::in_clear);
  const auto received = records_of(pair.keeper, mail_journal, Table::received);
  const auto last = *received.rbegin();
  erase(pair.keeper, mail_journal, Table::received, last.first);
  const auto position = custody::Received::decode(last.second)->position;
  BOOST_TEST(names(faults_of(pair.keeper), "entry " + position.text() + ": came under custody number "));
}

BOOST_AUTO_TEST_CASE(a_copy_of_a_message_that_is_not_there_is_named) {
  FullPair pair(FullPair::Store::in_clear);
  const auto shard = mailbox::shard_of(pair.keeper.number_of("alice@example.org"));
  put(pair.keeper, shard, Table::copies, std::string(24, '\1'), "\1");
  BOOST_TEST(names(faults_of(pair.keeper), "account alice@example.org, table copies: record "));
}

BOOST_AUTO_TEST_CASE(a_key_that_was_destroyed_without_a_word_is_named_and_one_that_was_told_is_not) {
  FullPair pair(FullPair::Store::sealed);
  auto& side = pair.keeper;
  const auto bob = side.number_of("bob@example.org");
  BOOST_REQUIRE(side.keys->destroy(mailbox::shard_of(bob)));
  const std::string wanted = "the key of account " + std::to_string(bob) + " was destroyed, and no entry";
  BOOST_TEST(names(faults_of(side), wanted), all_of(faults_of(side)));
  BOOST_REQUIRE(side.change([&](auto& stage, auto& owners) -> base::Result<> {
    owners.journal.tell_destruction(stage, {bob, "bob@example.org", "he asked for it"}, side.clock.now());
    return {};
  }));
  BOOST_TEST(!names(faults_of(side), "was destroyed"), all_of(faults_of(side)));
}

BOOST_AUTO_TEST_CASE(an_audit_journal_whose_end_was_cut_with_its_tree_is_named_by_the_head_over_it) {
  FullPair pair(FullPair::Store::in_clear);
  auto& store = pair.keeper.store();
  const auto size = journal::read_numbers(store, journal::audit_log)->frontier.size();
  constexpr std::uint64_t cut = 3;
  journal::Frontier frontier;
  for (std::uint64_t index = 0; index + cut < size; ++index)
    frontier.append(*journal::read_leaf(store, journal::audit_log, index));
  store::Batch batch(audit_journal);
  batch.put(Table::journal_state, "t", frontier.encode());
  batch.put(Table::journal_state, "p", base::Writer(1).u64(size - cut).take());
  for (const auto table : {Table::journal_log, Table::leaves}) batch.erase_range(table, journal::index_key(size - cut), {});
  write(pair.keeper, batch);
  BOOST_TEST(names(faults_of(pair.keeper), "audit journal: a head was signed over " + std::to_string(size)));
  BOOST_TEST(names(faults_of(pair.keeper), "its end was cut"));
}

BOOST_AUTO_TEST_CASE(two_messages_whose_bodies_changed_places_are_errors_to_who_reads_them) {
  FullPair pair(FullPair::Store::in_clear);
  auto& side = pair.keeper;
  const auto account = side.number_of("alice@example.org");
  const auto folder = mailbox::find_folder(side.store(), account, "INBOX")->number;
  const auto first = *mailbox::message(side.store(), account, folder, 1),
             last = *mailbox::message(side.store(), account, folder, 6);
  BOOST_REQUIRE(first.body != last.body);
  BOOST_TEST(digest_of(side.store(), {account, folder, 1}, first).has_value());
  BOOST_TEST((digest_of(side.store(), {account, folder, 1}, last).error().code == base::errc::damaged));
  auto body = checked(side.store().bodies().open(last.body), first.name);
  BOOST_TEST((body->read(0, 1'000'000).error().code == base::errc::damaged));
  body = checked(side.store().bodies().open(first.body), base::sha256(side.octets_of(first.body)));
  BOOST_TEST((body->read(5, 10).error().code == base::errc::malformed));
  for (std::uint64_t at = 0; at < first.body.size;) {
    const auto piece = body->read(at, 7);
    BOOST_REQUIRE(piece);
    at += piece->size();
  }
}

BOOST_AUTO_TEST_SUITE_END()
