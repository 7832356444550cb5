/// The check of the whole store names what was changed, taken away or lost in mailboxes, and what cannot be read in any table.
#include <random>

#include "archive/check/arrivals.hpp"
#include "archive/check/log_replay.hpp"
#include "archive/check/mailboxes.hpp"
#include "archive/check/tables.hpp"
#include "base/codec.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using check::Findings;
using store::Table;
using test::ArchiveWorld;
using test::Letter;
using test::TestMailbox;

namespace {

const std::string alice = "alice@example.org";

/// A mailbox with some life: messages that came, that were appended, copied, moved, flagged and expunged; folders too.
void fill(ArchiveWorld& world) {
  TestMailbox box(world, alice);
  for (int i = 0; i < 12; ++i) {
    BOOST_REQUIRE(world.accept(Letter("Subject: arrival " + std::to_string(i) + "\r\n\r\nx\r\n").to(alice).file(alice)));
    const auto uid = box.append("INBOX", "Subject: appended " + std::to_string(i) + "\r\n\r\n");
    BOOST_REQUIRE(uid);
    BOOST_REQUIRE(box.flags("INBOX", *uid, {mailbox::Flags::seen, {"$label"}}));
    if (i % 2) BOOST_REQUIRE(box.copy("INBOX", *uid, "Archive"));
    if (i % 3 == 0) BOOST_REQUIRE(box.move("INBOX", *uid, "Trash"));
    if (i % 6 == 0) BOOST_REQUIRE(box.expunge("Trash", 1 + static_cast<mailbox::Uid>(i / 6)));
  }
  BOOST_REQUIRE(box.make("Box"));
  BOOST_REQUIRE(box.copy("INBOX", 1, "Box"));
  BOOST_REQUIRE(box.rename("Box", "Renamed"));
  BOOST_REQUIRE(box.make("Gone"));
  BOOST_REQUIRE(box.copy("INBOX", 1, "Gone"));
  BOOST_REQUIRE(box.remove("Gone"));
}

Findings look(ArchiveWorld& world, const store::Reader& reader, std::size_t at_once = 50'000) {
  Findings findings;
  const auto names = check::account_names(reader);
  check::MailboxCheck options;
  options.octets = check::MailboxCheck::Octets::read;
  options.at_once = at_once;
  BOOST_REQUIRE(check::tables(reader, names, findings, {}));
  const auto mailboxes = [&](const check::FiledAs& filed_as) {
    Findings found;
    BOOST_REQUIRE(check::mailboxes(reader, world.store().bodies(), names, filed_as, options, found, {}));
    return found;
  };
  Findings of_journal;
  check::ToldOfAccounts told;
  check::FiledAs filed_as;
  BOOST_REQUIRE(check::arrivals(reader, 0, {}, of_journal, told, filed_as, {}));
  auto found = mailboxes(filed_as);
  BOOST_TEST(found.faults == mailboxes({}).faults, boost::test_tools::per_element());  // as by the entries themselves
  findings.add(std::move(found));
  return findings;
}

struct Record {
  Table table;
  store::Shard shard;
  std::string key, value;
};

std::vector<Record> records_of(const store::Reader& reader, std::initializer_list<Table> tables) {
  std::vector<Record> records;
  for (const auto& [where, all] : test::dump(reader))
    if (std::ranges::find(tables, where.first) != tables.end())
      for (const auto& [key, value] : all) records.push_back({where.first, where.second, key, value});
  return records;
}

mailbox::MessageChunk chunk_of(const Record& record) {
  base::Reader key(record.key);
  key.u32();
  auto chunk = mailbox::MessageChunk::decode(key.u32(), record.value);
  BOOST_REQUIRE(chunk);
  return *chunk;
}

void put(ArchiveWorld& world, const Record& record, const std::string& value) {
  store::Batch batch(record.shard);
  batch.put(record.table, record.key, value);
  BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
}

void erase(ArchiveWorld& world, const Record& record) {
  store::Batch batch(record.shard);
  batch.erase(record.table, record.key);
  BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
}

/// A medium that gives nothing between two keys of a table: whoever comes to them is told so.
class Scratched final : public store::Reader {
 public:
  Scratched(const store::Reader& whole, Table table, std::string from, std::string to)
      : whole_(whole), table_(table), from_(std::move(from)), to_(std::move(to)) {}

  bool hit(Table table, std::string_view key) const { return table == table_ && key >= from_ && key <= to_; }

  base::Result<std::optional<std::string>> get(store::Shard shard, Table table, std::string_view key) const override {
    if (hit(table, key)) return base::fail("scratch", base::errc::damaged);
    return whole_.get(shard, table, key);
  }
  std::unique_ptr<store::Cursor> scan(store::Shard shard, Table table, std::string_view from,
                                      std::string_view within) const override {
    return std::make_unique<At>(*this, table, whole_.scan(shard, table, from, within));
  }
  std::unique_ptr<store::Cursor> scan_last(store::Shard shard, Table table) const override {
    return std::make_unique<At>(*this, table, whole_.scan_last(shard, table));
  }
  base::Result<std::vector<store::Shard>> shards(Table table) const override { return whole_.shards(table); }

 private:
  class At final : public store::Cursor {
   public:
    At(const Scratched& medium, Table table, std::unique_ptr<store::Cursor> at)
        : medium_(medium), table_(table), at_(std::move(at)) {}
    bool scratched() const { return at_->valid() && medium_.hit(table_, at_->key()); }
    bool valid() const override { return at_->valid() && !scratched(); }
    std::string_view key() const override { return at_->key(); }
    std::string_view value() const override { return at_->value(); }
    void next() override { at_->next(); }
    void previous() override { at_->previous(); }
    base::Result<> status() const override {
      if (scratched()) return base::fail("scratch", base::errc::damaged);
      return at_->status();
    }

   private:
    const Scratched& medium_;
    Table table_;
    std::unique_ptr<store::Cursor> at_;
  };

  const store::Reader& whole_;
  Table table_;
  std::string from_, to_;
};

/// What is left of all that the change log says.
std::pair<std::map<check::InFolder, mailbox::Message>, std::map<mailbox::FolderNumber, mailbox::Folder>> replayed(
    ArchiveWorld& world) {
  check::LogReplay replay(0, 50'000);
  const auto log = mailbox::changes(world.store(), world.number_of(alice), 0, 10'000);
  if (!log) return {};
  for (const auto& [modseq, change] : *log) replay.take(modseq, change);
  return {replay.messages(), replay.folders()};
}

bool names(const Findings& findings, const std::string& what) {
  return std::ranges::any_of(findings.faults, [&](const std::string& fault) { return fault.find(what) != std::string::npos; });
}

std::string all_of(const Findings& findings) {
  std::string all;
  for (const auto& fault : findings.faults) all += fault + "\n";
  return all;
}

struct Filled {
  ArchiveWorld world;
  Filled() {
    BOOST_REQUIRE(world.open());
    fill(world);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(check_of_the_store, Filled)

BOOST_AUTO_TEST_CASE(a_whole_store_has_no_fault_however_few_messages_are_looked_at_at_a_time) {
  for (const std::size_t at_once : {1u, 5u, 50'000u}) {
    const auto findings = look(world, world.store(), at_once);
    BOOST_TEST(findings.faults.empty(), all_of(findings));
    BOOST_TEST(findings.messages == 29u);
    BOOST_TEST(findings.records > 100u);
  }
}

BOOST_AUTO_TEST_CASE(a_bit_that_is_turned_in_any_record_of_a_mailbox_is_named_with_its_account_or_spoke_of_what_is_gone) {
  std::mt19937_64 draw(20261122);
  const auto as_it_was = replayed(world);
  int named = 0;
  for (const auto& record : records_of(world.store(), {Table::account_log, Table::folders, Table::message_chunks})) {
    for (int i = 0; i < 6; ++i) {
      std::string value = record.value;
      const auto at = 1 + draw() % (value.size() - 1);  // behind the version, which says how to read the rest
      value[at] = static_cast<char>(value[at] ^ (1 << draw() % 8));
      put(world, record, value);
      const auto findings = look(world, world.store());
      const bool told = names(findings, "account " + alice);
      named += told ? 1 : 0;
      BOOST_TEST((told || (record.table == Table::account_log && replayed(world) == as_it_was)),
                 check::name_of(record.table)
                     << " " << base::to_hex(record.key) << ", octet " << at << ": " << all_of(findings));
    }
    put(world, record, record.value);
  }
  BOOST_TEST(named > 300);
  BOOST_TEST(look(world, world.store()).faults.empty());
}

BOOST_AUTO_TEST_CASE(a_record_of_a_mailbox_that_is_taken_away_is_named) {
  for (const auto& record : records_of(world.store(), {Table::account_log, Table::folders, Table::message_chunks})) {
    erase(world, record);
    const auto findings = look(world, world.store());
    BOOST_TEST(names(findings, "account " + alice), check::name_of(record.table) << " " << base::to_hex(record.key));
    put(world, record, record.value);
  }
}

BOOST_AUTO_TEST_CASE(two_messages_that_changed_places_are_both_named_by_folder_and_UID) {
  const auto records = records_of(world.store(), {Table::message_chunks});
  const auto& record = records.front();
  auto chunk = chunk_of(record);
  BOOST_REQUIRE(chunk.messages().size() > 2);
  const auto first = chunk.messages()[0], second = chunk.messages()[1];
  chunk.put(first.uid, second.message);
  chunk.put(second.uid, first.message);
  put(world, record, chunk.encode());
  const auto findings = look(world, world.store());
  for (const auto uid : {first.uid, second.uid})
    BOOST_TEST(names(findings, "UID " + std::to_string(uid) + ": is not what the change log says"), all_of(findings));
  BOOST_TEST(findings.faults.size() == 2u, all_of(findings));
}

BOOST_AUTO_TEST_CASE(a_message_that_nothing_filed_is_named) {
  const auto records = records_of(world.store(), {Table::message_chunks});
  Record strange = records.front();
  mailbox::MessageChunk chunk;
  chunk.put(4711, chunk_of(strange).messages().front().message);
  strange.key = mailbox::keys::message_chunk(base::Reader(strange.key).u32(), mailbox::MessageChunk::number_of(4711));
  put(world, strange, chunk.encode());
  BOOST_TEST(names(look(world, world.store()), "UID 4711: nothing filed it"));
  BOOST_TEST(names(look(world, world.store(), 5), "says it has"));  // of more than are looked at at a time, how many
}

BOOST_AUTO_TEST_CASE(a_record_of_messages_under_a_key_that_is_none_is_named) {
  Record strange = records_of(world.store(), {Table::message_chunks}).front();
  strange.key += '\0';
  put(world, strange, strange.value);
  BOOST_TEST(names(look(world, world.store()), "their record is not understood"));
}

BOOST_AUTO_TEST_CASE(each_message_in_a_stretch_that_cannot_be_read_is_named_and_no_other) {
  const auto records = records_of(world.store(), {Table::message_chunks});
  BOOST_REQUIRE(records.size() > 2);
  const Scratched medium(world.store(), Table::message_chunks, records[1].key, records[1].key);
  const auto findings = look(world, medium);
  const auto folders = mailbox::folders(world.store(), world.number_of(alice));
  std::size_t asked = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto folder = base::Reader(records[i].key).u32();
    const auto listed = std::ranges::find(*folders, folder, &mailbox::ListedFolder::number);
    const auto chunk = chunk_of(records[i]);
    for (const auto& each : chunk.messages()) {
      const std::string name = ", " + listed->folder.name + ", UID " + std::to_string(each.uid) + ": ";
      BOOST_TEST(names(findings, name) == (i == 1), name);
      asked += 1;
    }
  }
  BOOST_TEST(asked == 29u);
}

BOOST_AUTO_TEST_CASE(a_change_log_that_cannot_be_read_is_named_and_so_are_messages_that_cannot_then) {
  const auto log = records_of(world.store(), {Table::account_log});
  const Scratched medium(world.store(), Table::account_log, log[9].key, log[11].key);
  const auto findings = look(world, medium);
  BOOST_TEST(names(findings, "what follows change 9 cannot be read"), all_of(findings));
  BOOST_TEST(findings.faults.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stretch_of_any_table_that_cannot_be_read_is_named) {
  const auto all = test::dump(world.store());
  for (const auto& [where, records] : all) {
    using enum Table;
    if (records.empty()) continue;
    const auto table = where.first;
    if (table == journal_log || table == journal_more || table == leaves || table == nodes || table == heads) continue;
    const Scratched medium(world.store(), table, records.begin()->first, records.begin()->first);
    const auto findings = look(world, medium);
    BOOST_TEST(!findings.faults.empty(), check::name_of(table));
  }
}

BOOST_AUTO_TEST_CASE(octets_that_were_appended_and_changed_since_are_named) {
  TestMailbox box(world, alice);
  auto message =
      mailbox::message(world.store(), box.number, mailbox::find_folder(world.store(), box.number, "INBOX")->number, 1);
  BOOST_REQUIRE(message);
  message->source = mailbox::Source::append;
  message->name = base::sha256("other octets");
  BOOST_REQUIRE(box.file("Archive", *message));
  BOOST_TEST(names(look(world, world.store()), "its octets do not have the digest"));
}

BOOST_AUTO_TEST_CASE(a_check_that_is_told_to_stop_does) {
  Findings findings;
  const auto stopped = check::mailboxes(world.store(), world.store().bodies(), check::account_names(world.store()), {}, {},
                                        findings, [] { return false; });
  BOOST_REQUIRE(!stopped);
  BOOST_TEST((stopped.error().code == base::errc::shutting_down));
}

BOOST_AUTO_TEST_CASE(every_table_has_its_name) {
  for (const auto table : test::all_tables()) BOOST_TEST(!check::name_of(table).empty(), static_cast<int>(table));
}

BOOST_AUTO_TEST_SUITE_END()
