/// Changes below the store: records of its database written anew with every check of the database's right, octets of its files
/// turned around. What a message is made of is named with each message that it is in, or nobody ever reads it.
#include <algorithm>
#include <random>
#include <set>

#include "archive/archive.hpp"
#include "archive/check/tables.hpp"
#include "archive/check/whole.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "archive/reading.hpp"
#include "archive/store/content/recipe.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "archive/witness/verify.hpp"
#include "base/codec.hpp"
#include "tests/support/full_pair.hpp"
#include "tests/support/store_bodies_model.hpp"
#include "tests/unit/store/raw_database.hpp"

using namespace understudy;
using namespace understudy::archive;
using store::Table;
using test::FullPair;
using test::Letter;
using test::RawDatabase;
using test::RocksHarness;
using test::RocksSetup;

namespace {

std::string turned(std::string octets, std::mt19937_64& draw, std::size_t from = 0) {
  const auto at = from + draw() % (octets.size() - from);
  octets[at] = static_cast<char>(octets[at] ^ (1 << draw() % 8));
  return octets;
}

std::vector<std::string> faults_of(store::Store& store, journal::Depth depth) {
  std::vector<std::string> all;
  const auto take = [&](const auto& faults) { all.insert(all.end(), faults.begin(), faults.end()); };
  const auto verdict = journal::verify(store, store.bodies(), {0, depth}, {});
  if (!verdict) return {verdict.error().text()};
  take(verdict->faults);
  take(*witness::verify(store));
  take(*journal::timestamp::verify(store, 0));
  check::MailboxCheck options;
  if (depth == journal::Depth::bodies) options.octets = check::MailboxCheck::Octets::read;
  const auto rest = check::whole(store, store.bodies(), options, {}, {});
  if (!rest) return {rest.error().text()};
  take(rest->faults);
  return all;
}

bool names(const std::vector<std::string>& faults, const std::string& what) {
  return std::ranges::any_of(faults, [&](const auto& fault) { return fault.find(what) != std::string::npos; });
}

/// All records of a machine in a store on RocksDB; where it has keys, under these.
void copy(test::EndingSide& from, RocksHarness& to) {
  for (const auto& [where, records] : test::dump(from.store())) {
    store::Batch batch(where.second);
    for (const auto& [key, value] : records) batch.put(where.first, key, value);
    BOOST_REQUIRE(to.store().commit({&batch, 1}, store::Sync::now));
  }
}

RocksSetup setup_with(const std::shared_ptr<store::KeyRing>& keys) {
  auto setup = RocksSetup::told();
  setup.options.keys = keys;
  return setup;
}

/// Mail for several accounts with one attachment, in a store whose files can be changed.
class Machine {
 public:
  explicit Machine(RocksSetup setup) : harness(std::move(setup)) {
    base::log::set_silent();
    options_.domains = {{"example.org", "example.org"}};
    options_.templates["default"] = directory::Template{};
    BOOST_REQUIRE(open());
  }
  /// As a server does: what it says no to is told.
  base::Result<> open() {
    auto opened = Archive::open(harness.store(), options_, clock, random_, Threading::inline_);
    if (opened) archive = std::move(*opened);
    return opened ? base::Result<>() : std::unexpected(opened.error());
  }
  void close() {
    archive.reset();
    harness.close();
  }
  /// Whose position it gives.
  Position accept(const std::string& octets, const std::vector<std::string>& accounts) {
    Letter letter(octets);
    for (const auto& account : accounts) letter.to(account).file(account);
    std::optional<base::Result<Accepted>> answer;
    archive->accept(letter.arrive(harness.store()), [&](base::Result<Accepted> accepted) { answer = std::move(accepted); });
    while (archive->pump()) {
    }
    BOOST_REQUIRE((answer && *answer));
    good[(*answer)->position.text()] = letter.handed();
    return (*answer)->position;
  }
  base::Result<std::string> read(Position position) {
    const auto entry = read_entry(harness.store(), position);
    if (!entry) return std::unexpected(entry.error());
    const auto body = checked(harness.store().bodies().open(entry->body), entry->facts.handed);
    std::string octets;
    while (octets.size() < entry->body.size) {
      auto piece = body->read(octets.size(), store::Bodies::max_chunk);
      if (!piece) return piece;
      octets += *piece;
    }
    return octets;
  }
  /// Each message reads as it came, or is named. How many do not read.
  std::size_t judge(const std::string& what) {
    const auto faults = faults_of(harness.store(), journal::Depth::bodies);
    std::size_t lost = 0;
    for (const auto& [position, octets] : good) {
      const auto got = read(*Position::parse(position));
      lost += got ? 0 : 1;
      if (got) BOOST_TEST((*got == octets), what << ": " << position << " reads otherwise");
      if (!got)
        BOOST_TEST(names(faults, "entry " + position + ": "),
                   what << ": " << position << " is not named: " << got.error().text());
    }
    return lost;
  }

  sim::SimClock clock;
  RocksHarness harness;
  std::unique_ptr<Archive> archive;
  std::map<std::string, std::string> good;  ///< by position

 private:
  directory::Options options_;
  sim::SimRandom random_{1};
};

constexpr std::uint64_t attachment = 7;

std::string account(int number) {
  return "account" + std::to_string(number) + "@example.org";
}

void fill(Machine& machine) {
  for (int i = 0; i < 6; ++i)
    machine.accept(test::message_with(static_cast<std::uint64_t>(i), 400, {attachment}), {account(i)});
  for (int i = 0; i < 6; ++i)
    machine.accept("Message-ID: <" + std::to_string(i) + "@w.example>\r\n\r\nsmall\r\n", {account(i)});
}

std::string segment_path(RocksHarness& harness, std::uint64_t segment) {
  const std::string number = std::to_string(segment);
  for (const auto& path : harness.files().files())
    if (path.find("/segments/") != std::string::npos &&
        path.find("/" + std::string(10 - number.size(), '0') + number + ".") != std::string::npos)
      return path;
  throw std::runtime_error("no segment " + number);
}

void flip(RocksHarness& harness, const store::content::Location& at, std::mt19937_64& draw) {
  harness.files().change(segment_path(harness, at.segment), [&](std::string& file) {
    const auto octet = at.offset + draw() % at.length;
    file.at(octet) = static_cast<char>(file.at(octet) ^ (1 << draw() % 8));
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(raw_tampering)

BOOST_AUTO_TEST_CASE(an_encrypted_record_that_is_changed_moved_or_exchanged_is_named_in_every_table) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 draw(seed);
  FullPair pair(FullPair::Store::sealed);
  for (auto* side : {&pair.primary, &pair.keeper}) {
    RocksHarness harness(setup_with(side->keys));
    copy(*side, harness);
    const auto none = faults_of(harness.store(), journal::Depth::records);
    for (const auto& fault : none) BOOST_ERROR(fault);
    BOOST_REQUIRE(none.empty());
    harness.close();
    const auto whole = harness.files().save();
    std::set<Table> seen;
    for (const auto table : test::all_tables()) {
      for (int way = 0; way < 3; ++way) {
        harness.files().load(whole);
        {
          RawDatabase raw(harness);
          const auto records = raw.records(std::string(1, static_cast<char>(table)));
          if (records.empty()) break;
          seen.insert(table);
          const auto one = std::next(records.begin(), static_cast<std::ptrdiff_t>(draw() % records.size()));
          const auto other = std::next(records.begin(), static_cast<std::ptrdiff_t>(draw() % records.size()));
          if (way == 0) raw.put_record(one->first, turned(one->second, draw));
          if (way == 1) {
            raw.erase_record(one->first);
            raw.put_record(turned(one->first, draw, store::keys::prefix_octets), one->second);
          }
          if (way == 2) {
            if (one == other) continue;
            raw.put_record(one->first, other->second);
            raw.put_record(other->first, one->second);
          }
        }
        const auto opened = harness.open();
        const bool told = !opened || !faults_of(harness.store(), journal::Depth::records).empty();
        BOOST_TEST(told, check::name_of(table) << ", way " << way << ", seed " << seed);
        harness.close();
      }
    }
    BOOST_TEST(seen.size() > 20u);
  }
}

BOOST_AUTO_TEST_CASE(what_the_engine_keeps_of_bodies_is_named_with_its_messages_when_it_is_changed) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 draw(seed);
  for (const auto& setup : {RocksSetup::told(), RocksSetup::told().encrypted()}) {
    Machine machine(setup);
    fill(machine);
    machine.close();
    const auto whole = machine.harness.files().save();
    RawDatabase::Values values;
    {
      RawDatabase raw(machine.harness);
      values = raw.own();
    }
    std::set<char> prefixes;
    std::size_t lost = 0;
    for (const auto& [key, value] : values) prefixes.insert(key.front());
    BOOST_TEST(prefixes.contains('b'));
    for (const char prefix : prefixes) {
      std::vector<std::pair<std::string, std::string>> records;
      for (const auto& [key, value] : values)
        if (key.front() == prefix) records.emplace_back(key, value);
      for (int way = 0; way < 8; ++way) {
        machine.harness.files().load(whole);
        {
          RawDatabase raw(machine.harness);
          const auto& [key, record] = records[draw() % records.size()];
          const auto& [other_key, other] = records[draw() % records.size()];
          if (way % 4 == 1) raw.erase_own(key);
          if (way % 4 == 0) raw.put_own(key, turned(record, draw));
          if (way % 4 == 2 && key.size() > 1) {
            raw.erase_own(key);
            raw.put_own(turned(key, draw, 1), record);
          }
          if (way % 4 == 3) {
            raw.put_own(key, other);
            raw.put_own(other_key, record);
          }
        }
        if (!machine.harness.open() || !machine.open()) {  // refused, and the context says why: tests of the store
          machine.close();
          continue;
        }
        lost += machine.judge(std::string(1, prefix) + ", way " + std::to_string(way) + ", seed " + std::to_string(seed));
        machine.close();
      }
    }
    BOOST_TEST(lost > 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_attachment_names_every_message_that_it_is_in_and_no_other) {
  std::mt19937_64 draw(1);
  Machine machine(RocksSetup::told());
  fill(machine);
  machine.close();
  std::vector<store::content::Location> parts;
  {
    RawDatabase raw(machine.harness);
    for (const auto& [key, value] : raw.own("d")) parts.push_back(store::values::part_from(value)->at);
  }
  BOOST_REQUIRE(!parts.empty());
  const auto whole = machine.harness.files().save();
  for (const auto& part : parts) {
    machine.harness.files().load(whole);
    flip(machine.harness, part, draw);
    BOOST_REQUIRE(machine.harness.open());
    const auto faults = faults_of(machine.harness.store(), journal::Depth::bodies);
    for (const auto& [position, octets] : machine.good) {
      const bool has_it = octets.size() > 4000;
      BOOST_TEST(names(faults, "entry " + position + ": ") == has_it, position);
      BOOST_TEST(machine.read(*Position::parse(position)).has_value() != has_it, position);
    }
    BOOST_TEST(faults.size() == 6u);
    machine.close();
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_block_of_an_encrypted_message_of_five_accounts_names_it_and_no_other) {
  std::mt19937_64 draw(2);
  Machine machine(RocksSetup::told().encrypted());
  const auto shared =
      machine.accept(test::message_with(1, 400, {attachment}), {account(0), account(1), account(2), account(3), account(4)});
  const auto body = machine.archive->journal_entry(shared)->body;
  fill(machine);
  machine.close();
  std::vector<store::content::OwnBlock> blocks;
  {
    RawDatabase raw(machine.harness);
    blocks = store::content::Recipe::decode(raw.own(store::keys::body(body.id)).begin()->second, body.size)->own;
  }
  flip(machine.harness, blocks[draw() % blocks.size()].at, draw);
  BOOST_REQUIRE(machine.harness.open());
  const auto faults = faults_of(machine.harness.store(), journal::Depth::bodies);
  BOOST_TEST(faults.size() == 1u);
  BOOST_TEST(names(faults, "entry " + shared.text() + ": "));
  BOOST_TEST(machine.judge("a block") == 1u);
}

BOOST_AUTO_TEST_CASE(a_bit_in_octets_that_nobody_needs_any_more_changes_no_answer) {
  std::mt19937_64 draw(3);
  for (const auto& setup : {RocksSetup::told(), RocksSetup::told().encrypted()}) {
    Machine machine(setup);
    std::vector<store::content::Location> dead;
    store::BodyRef gone;
    {  // what a session wrote that was cut, or a message that was let go of
      const auto body = test::write_body(machine.harness.store(), test::message_with(99, 90'000, {}));
      store::Batch hold(journal::shard_of(0));
      hold.hold(body);
      BOOST_REQUIRE(machine.harness.store().commit({&hold, 1}, store::Sync::now));
      gone = body.ref();
    }
    fill(machine);
    machine.close();
    {
      RawDatabase raw(machine.harness);
      const auto values = raw.own(store::keys::body(gone.id));
      BOOST_REQUIRE(values.size() == 1u);
      const auto recipe = store::content::Recipe::decode(values.begin()->second, gone.size);
      for (const auto& block : recipe->own) dead.push_back(block.at);
    }
    BOOST_REQUIRE(!dead.empty());
    BOOST_REQUIRE(machine.harness.open());
    store::Batch release(journal::shard_of(0));
    release.release(gone);
    BOOST_REQUIRE(machine.harness.store().commit({&release, 1}, store::Sync::now));
    const auto all = test::dump(machine.harness.store());
    machine.close();
    for (const auto& block : dead) flip(machine.harness, block, draw);
    BOOST_REQUIRE(machine.harness.open());
    const auto faults = faults_of(machine.harness.store(), journal::Depth::bodies);
    BOOST_TEST(faults.empty(), (faults.empty() ? "" : faults.front()));
    BOOST_TEST((test::dump(machine.harness.store()) == all));
    BOOST_TEST(machine.judge("dead octets") == 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
