/// Somebody who can write records anew, checks and all, changes one of them: a bit in the value, a bit in the key, or it is
/// gone, or two have changed places. The verification names it, and no message is ever read that is another one.
#include <fstream>
#include <random>
#include <set>

#include "archive/check/tables.hpp"
#include "archive/check/whole.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "archive/reading.hpp"
#include "archive/witness/verify.hpp"
#include "base/codec.hpp"
#include "tests/support/full_pair.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Table;
using test::EndingSide;
using test::FullPair;

namespace {

enum class How : std::uint8_t { bit_in_value, bit_in_version, bit_in_key, gone, swapped };
constexpr How all_ways[] = {How::bit_in_value, How::bit_in_version, How::bit_in_key, How::gone, How::swapped};
constexpr int tries = 3;  // of each way, in each table of each machine

std::ostream& operator<<(std::ostream& out, How how) {
  static constexpr const char* names[] = {"bit in the value", "bit in the version", "bit in the key", "gone", "swapped"};
  return out << names[static_cast<int>(how)];
}

struct Record {
  Table table;
  store::Shard shard;
  std::string key, value;
};

/// Another low mark, below which no number is open either: it says less than it might, or as much.
bool is_low_mark_alone(const Record& record, std::string_view now) {
  constexpr std::size_t low_mark = 1 + 8;
  return record.key.size() == 16 && now.substr(0, low_mark) == std::string_view(record.value).substr(0, low_mark);
}

/// What nothing else in the store tells of: docs/proofs.md, *What verify compares*, has the same. `now`: the value that was put
/// in the place of the record's own.
bool may_go_unnoticed(How how, const Record& record, std::string_view now) {
  const char letter = record.key.empty() ? '\0' : record.key.front();
  const bool gone = how == How::gone;
  const bool value = how == How::bit_in_value || how == How::bit_in_version || how == How::swapped;
  switch (record.table) {
    case Table::instance_state:  // the role, keys of Message-IDs
      return value || gone;
    case Table::witnessed:  // that a head was countersigned once, a dispute was not settled, an authority has stamped a head
    case Table::cosigned:
    case Table::disputes:
    case Table::heads:
    case Table::orders:
    case Table::places:
      return gone;
    case Table::timestamps:  // the authority's signature, which people check by its certificate
      return gone || value;
    case Table::directory_log:  // what an account was before its record was changed
    case Table::outbox_log:     // which entry it was that changed
    case Table::account_log:    // flags that a message had before
      return value;
    case Table::summaries:  // what lists show of a message: a cache, made again where it is missing; no octet comes from it
    case Table::headings:   // the same for what searches of headers find
    case Table::heading_packs:
      return true;
    case Table::custody_state:  // how far was looked, and for what
      return (record.key.size() != 16 && letter != 'o') || (value && is_low_mark_alone(record, now));
    case Table::received:  // under which number came what has ended
      return record.value.size() == 12 && (gone || how == How::bit_in_key);
    case Table::journal_state:  // how much is surely applied everywhere, that all names of places are keyed, what waits for a
                                // second person
      return (letter == 'p' && value) || ((letter == 'h' || letter == 'A') && gone);
    case Table::outbox:  // what came of attempts, and that it was sent
      return gone || value;
    case Table::orders_taken:  // why a person has declined, when
    case Table::owed:          // in which way it ceased to be owed, other than by a receipt
      return value;
    default:
      return false;
  }
}

/// What a fault must have in it.
std::string name_in(const Record& record) {
  if (record.table == Table::journal_log || record.table == Table::journal_more || record.table == Table::leaves)
    return "entry 0." + std::to_string(base::Reader(record.key).u64());
  if (record.shard.kind == store::ShardKind::account) return "account ";
  if (record.table == Table::accounts) return "account " + record.key;
  return {};
}

void put(store::Store& store, const Record& record) {
  store::Batch batch(record.shard);
  batch.put(record.table, record.key, record.value);
  BOOST_REQUIRE(store.commit({&batch, 1}, store::Sync::now));
}

void erase(store::Store& store, const Record& record) {
  store::Batch batch(record.shard);
  batch.erase(record.table, record.key);
  BOOST_REQUIRE(store.commit({&batch, 1}, store::Sync::now));
}

/// One bit of the first `octets_of` octets is the other one.
std::string turned(std::string octets, std::mt19937_64& draw, std::size_t octets_of = std::string::npos) {
  const auto at = draw() % std::min(octets_of, octets.size());
  octets[at] = static_cast<char>(octets[at] ^ (1 << draw() % 8));
  return octets;
}

/// As `journal verify --bodies` of the whole store.
std::vector<std::string> faults_of(EndingSide& side) {
  std::vector<std::string> all;
  const auto& reader = side.store();
  const auto take = [&](const auto& faults) { all.insert(all.end(), faults.begin(), faults.end()); };
  const auto journal = journal::verify(reader, side.store().bodies(), {0, journal::Depth::bodies}, {});
  BOOST_REQUIRE(journal);
  take(journal->faults);
  take(*witness::verify(reader));
  take(*journal::timestamp::verify(reader, 0));
  const auto rest = check::whole(reader, side.store().bodies(), {check::MailboxCheck::Octets::read}, side.clock.now(), {});
  BOOST_REQUIRE(rest);
  take(rest->faults);
  return all;
}

/// Octets of what can be read: by the position of its entry, or by account, folder and UID.
using Read = std::map<std::string, std::string>;

base::Result<std::string> read_out(std::unique_ptr<store::BodyReader> body) {
  std::string octets;
  while (octets.size() < body->ref().size) {
    auto piece = body->read(octets.size(), store::Bodies::max_chunk);
    if (!piece) return piece;
    octets += *piece;
  }
  return octets;
}

void read_entries(EndingSide& side, std::uint64_t end, Read& all) {
  for (std::uint64_t index = 0; index < end; ++index) {
    const auto entry = read_entry(side.store(), {0, index});
    if (!entry || !entry->brings_message()) continue;
    if (auto octets = read_out(checked(side.store().bodies().open(entry->body), entry->facts.handed)))
      all[entry->position.text()] = std::move(*octets);
  }
}

void read_mailboxes(EndingSide& side, Read& all) {
  const auto shards = side.store().shards(Table::folders);
  for (const auto& shard : *shards) {
    const auto folders = mailbox::folders(side.store(), shard.id);
    if (!folders) continue;
    for (const auto& [number, folder] : *folders) {
      const auto messages = mailbox::messages(side.store(), shard.id, number, 1, 1000);
      if (!messages) continue;
      for (const auto& [uid, message] : *messages) {
        const auto digest = digest_of(side.store(), {shard.id, number, uid}, message);
        if (!digest) continue;
        const std::string name = std::to_string(shard.id) + "/" + std::to_string(number) + "/" + std::to_string(uid);
        if (auto octets = read_out(checked(side.store().bodies().open(message.body), *digest))) all[name] = std::move(*octets);
      }
    }
  }
}

class Tampering {
 public:
  Tampering(EndingSide& side, std::uint64_t seed) : side_(side), draw_(seed) {
    const auto faults = faults_of(side);
    BOOST_REQUIRE_MESSAGE(faults.empty(), side.name.front() << ": " << (faults.empty() ? "" : faults.front()));
    end_ = journal::read_numbers(side.store(), 0)->frontier.size();
    good_ = read_all();
    BOOST_REQUIRE(good_.size() > 2);
    for (const auto& [where, records] : test::dump(side.store()))
      for (const auto& [key, value] : records) records_[where.first].push_back({where.first, where.second, key, value});
  }
  std::size_t named() const { return named_; }
  std::size_t records_in(Table table) const { return records_.contains(table) ? records_.at(table).size() : 0; }

  void table(Table table) {
    if (!records_.contains(table)) return;
    for (const auto how : all_ways)
      for (int i = 0; i < tries; ++i) one(how, records_.at(table));
  }

 private:
  Read read_all() {
    Read all;
    read_entries(side_, end_, all);
    read_mailboxes(side_, all);
    return all;
  }

  void one(How how, const std::vector<Record>& records) {
    const auto& record = records[draw_() % records.size()];
    std::vector<Record> restore{record};
    std::optional<Record> added;
    std::string now;
    if (how == How::bit_in_value || how == How::bit_in_version) {
      if (record.value.empty()) return;
      now = how == How::bit_in_value ? turned(record.value, draw_) : turned(record.value, draw_, 1);
      put(side_.store(), {record.table, record.shard, record.key, now});
    } else if (how == How::gone) {
      erase(side_.store(), record);
    } else if (how == How::bit_in_key) {
      added = Record{record.table, record.shard, turned(record.key, draw_), record.value};
      erase(side_.store(), record);
      if (side_.store().get(added->shard, added->table, added->key)->has_value()) return put(side_.store(), record);
      put(side_.store(), *added);
    } else {
      const auto& other = records[draw_() % records.size()];
      if (other.value == record.value) return;
      restore.push_back(other);
      now = other.value;
      put(side_.store(), {record.table, record.shard, record.key, other.value});
      put(side_.store(), {other.table, other.shard, other.key, record.value});
    }
    judge(how, record, now);
    if (added) erase(side_.store(), *added);
    for (const auto& each : restore) put(side_.store(), each);
  }

  void judge(How how, const Record& record, std::string_view now) {
    const auto faults = faults_of(side_);
    const std::string where = std::string(1, side_.name.front()) + ", " + std::string(check::name_of(record.table)) + " " +
                              base::to_hex(record.key) + ", shard " + std::to_string(record.shard.id);
    const auto name = name_in(record);
    const bool named = std::ranges::any_of(faults, [&](const auto& fault) { return fault.find(name) != std::string::npos; });
    BOOST_TEST((named || may_go_unnoticed(how, record, now)), where << ", " << how << ": is not named; the first of "
                                                                    << faults.size()
                                                                    << " faults: " << (faults.empty() ? "" : faults.front()));
    named_ += named ? 1 : 0;
    BOOST_TEST_MESSAGE(where << ", " << how << ": " << (faults.empty() ? "silent" : faults.front()));
    const auto read = read_all();
    for (const auto& [message, octets] : read)
      BOOST_TEST((good_.contains(message) && good_.at(message) == octets),
                 where << ", " << how << ": " << message << " reads otherwise");
    if (read.size() < good_.size()) BOOST_TEST(!faults.empty(), where << ", " << how << ": something cannot be read");
  }

  EndingSide& side_;
  std::mt19937_64 draw_;
  std::uint64_t end_ = 0;
  std::size_t named_ = 0;
  Read good_;
  std::map<Table, std::vector<Record>> records_;
};

/// Every table, as its enumerators stand in the code.
std::set<Table> tables_of_the_code() {
  std::ifstream in(std::string(UNDERSTUDY_SOURCE_DIR) + "/archive/store/shard.hpp");
  std::set<Table> tables;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("enum class Table")) inside = true;
    if (line.starts_with("};")) inside = false;
    const auto at = line.find(" = 0x");
    if (inside && at != std::string::npos) tables.insert(static_cast<Table>(std::stoi(line.substr(at + 5, 2), nullptr, 16)));
  }
  return tables;
}

void tamper(FullPair::Store kind) {
  const std::uint64_t seed = std::random_device{}();
  BOOST_TEST_CONTEXT("seed " << seed) {
    FullPair pair(kind);
    Tampering primary(pair.primary, seed), keeper(pair.keeper, seed + 1);
    for (const auto table : tables_of_the_code()) {
      if (table == Table::messages) continue;  // this version writes none
      BOOST_TEST(primary.records_in(table) + keeper.records_in(table) > 0u, check::name_of(table) << " is not looked at");
      primary.table(table);
      keeper.table(table);
    }
    BOOST_TEST(primary.named() + keeper.named() > 300u);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tampering)

BOOST_AUTO_TEST_CASE(every_table_of_the_code_is_known_to_the_tests_and_to_the_verification) {
  const auto tables = tables_of_the_code();
  BOOST_TEST(tables.size() > 30u);
  BOOST_TEST((tables == std::set<Table>(test::all_tables().begin(), test::all_tables().end())));
  for (const auto table : tables) BOOST_TEST(!check::name_of(table).empty(), static_cast<int>(table));
}

BOOST_AUTO_TEST_CASE(a_change_of_any_record_is_named_and_no_message_reads_as_another_one) {
  tamper(FullPair::Store::in_clear);
}

BOOST_AUTO_TEST_CASE(a_change_by_who_has_all_keys_too_is_named_and_no_message_reads_as_another_one) {
  tamper(FullPair::Store::sealed);
}

BOOST_AUTO_TEST_SUITE_END()
