/// Dictionaries on the medium: what was coded with one comes back as long as one of its two places is whole, whatever happened
/// meanwhile, and no number is given twice.

#include <optional>

#include <rocksdb/db.h>

#include "archive/store/rocksdb/keys.hpp"
#include "letters.hpp"
#include "letters_store.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::Letters;
using test::RocksHarness;
using test::RocksSetup;

namespace {

void require_ok(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

/// Changes the records of a store that is closed, as a bug or a hand would. nullopt: the record goes.
void set_record(RocksHarness& harness, const std::string& key, const std::optional<std::string>& value) {
  const std::shared_ptr<rocksdb::FileSystem> files(&harness.files(), [](auto*) {});
  const auto env = rocksdb::NewCompositeEnv(files);
  rocksdb::Options options;
  options.env = env.get();
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* opened = nullptr;
  require_ok(rocksdb::DB::Open(options, harness.directory() + "/rocksdb", {{"default", options}, {"records", options}},
                               &families, &opened));
  const std::unique_ptr<rocksdb::DB> db(opened);
  require_ok(value ? db->Put({}, families[0], key, *value) : db->Delete({}, families[0], key));
  require_ok(db->Flush({}, families));
  for (auto* family : families) require_ok(db->DestroyColumnFamilyHandle(family));
  require_ok(db->Close());
}

/// Flips an octet of the table that holds this value: its block fails its check from now on.
void damage_block_of(RocksHarness& harness, const std::string& value) {
  const std::string check = value.substr(value.find(base::view(base::sha256(values::dictionary_from(value)->octets))), 24);
  int damaged = 0;
  for (const auto& path : harness.files().files()) {
    const std::size_t at = path.ends_with(".sst") ? harness.files().content(path).find(check) : std::string::npos;
    if (at == std::string::npos) continue;
    harness.files().change(path, [at](std::string& octets) { octets[at + 3] ^= 1; });
    ++damaged;
  }
  BOOST_REQUIRE(damaged == 1);
}

void flip(std::string& octets) {
  octets[octets.size() / 2] ^= 1;
}

/// Whether a start has a dictionary without this file, that is, in its record.
bool is_recorded(Letters& letters) {
  letters.harness.close();
  const auto all = letters.harness.files().save();
  letters.harness.files().remove(letters.path(1));
  BOOST_REQUIRE(letters.harness.open().has_value());
  const bool recorded = letters.dictionary() == 1;
  letters.harness.close();
  letters.harness.files().load(all);
  BOOST_REQUIRE(letters.harness.open().has_value());
  return recorded;
}

enum class Record { whole, other_value, damaged_block, gone };
enum class File { whole, damaged, gone };

void spoil(Letters& letters, const std::string& value, Record record, File file) {
  std::string other = value;
  flip(other);
  RocksHarness& harness = letters.harness;
  if (record == Record::other_value) set_record(harness, keys::dictionary(1), other);
  if (record == Record::damaged_block) damage_block_of(harness, value);
  if (record == Record::gone) set_record(harness, keys::dictionary(1), std::nullopt);
  if (file == File::damaged) harness.files().change(letters.path(1), flip);
  if (file == File::gone) harness.files().remove(letters.path(1));
}

/// Nothing tells any more that there was one: what needs it says so, all else is read, and the number is not given again.
void require_missed(Letters& letters, const std::string& when) {
  BOOST_TEST(letters.dictionary() == 0u, when);
  std::size_t missed = 0;
  for (std::size_t i = 0; i < letters.kept.size(); ++i) {
    const auto& [ref, octets] = letters.kept[i];
    const auto got = letters.harness.store().bodies().open(ref)->read(0, octets.size());
    if (i < letters.before_dictionary) BOOST_TEST((got && *got == octets), when << ", letter " << i);
    if (i < letters.before_dictionary) continue;
    BOOST_REQUIRE_MESSAGE(!got, when << ", letter " << i);
    missed += got.error().code == base::errc::damaged && got.error().context.find("dictionary 1") != std::string::npos;
  }
  BOOST_TEST(missed == letters.kept.size() - letters.before_dictionary, when);
  letters.take(300);
  BOOST_REQUIRE(letters.harness.maintain().has_value());
  BOOST_TEST(letters.dictionary() == 2u, when);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dictionary_keeper)

BOOST_AUTO_TEST_CASE(letters_coded_with_a_dictionary_come_back_after_closes_kills_and_power_cuts) {
  Letters letters(Letters::setup(300));
  letters.begin();
  for (std::uint64_t round = 0; round < 6; ++round) {
    if (round % 3 == 0) letters.harness.reopen();
    if (round % 3 == 1) letters.harness.kill();
    if (round % 3 == 2) letters.harness.cut_power(round - 2);
    BOOST_TEST(letters.dictionary() == 1u);
    letters.require_whole("round " + std::to_string(round));
    letters.take(20);
  }
}

BOOST_AUTO_TEST_CASE(letters_coded_with_a_dictionary_come_back_after_a_collection_has_moved_them) {
  RocksSetup with = Letters::setup(300);
  with.engine.replay_octets = 8 * 1024;
  Letters letters(with);
  letters.begin();
  letters.take(500);
  letters.release_every_other();
  letters.harness.maintain(60);
  BOOST_TEST(letters.harness.store().figures().segments_collected > 0u);
  letters.require_whole("collected");
  letters.harness.cut_power(0);
  letters.require_whole("collected, after a power cut");
}

BOOST_AUTO_TEST_CASE(a_cut_at_any_write_while_a_dictionary_is_kept_loses_nothing_and_the_dictionary_stays_or_comes_again) {
  Letters letters(Letters::setup(300));
  letters.take(300);
  letters.harness.close();
  const auto before = letters.harness.files().save();
  const auto kept = letters.kept;
  int in_file_only = 0;
  std::uint64_t cuts = 0;
  for (bool dead = true; dead; ++cuts) {
    letters.harness.close();
    letters.harness.files().load(before);
    letters.kept = kept;
    BOOST_REQUIRE(letters.harness.open().has_value());
    letters.take(300);
    const std::uint64_t write = cuts / 3 + 1;
    letters.harness.files().die_at(write);
    BOOST_REQUIRE(letters.harness.maintain().has_value());
    BOOST_TEST(letters.dictionary() == 1u);
    dead = letters.harness.files().dead();
    const std::string when = "cut at write " + std::to_string(write) + " of way " + std::to_string(cuts % 3);
    if (cuts % 3 == 0)
      letters.harness.kill();
    else
      letters.harness.cut_power(cuts % 3 == 1 ? 0 : cuts);
    letters.require_whole(when);
    const std::string file = letters.harness.files().content(letters.path(1));
    BOOST_TEST(letters.dictionary() == (file.empty() ? 0u : 1u), when);
    in_file_only += !file.empty() && !is_recorded(letters);
    letters.take(300);
    BOOST_REQUIRE(letters.harness.maintain().has_value());
    BOOST_TEST(letters.dictionary() == 1u, when);
    BOOST_TEST((file.empty() || letters.harness.files().content(letters.path(1)) == file), when);
    BOOST_TEST(is_recorded(letters), when);
    letters.take(20);
    letters.harness.reopen();
    letters.require_whole(when + ", opened again");
  }
  BOOST_TEST(cuts > 7 * 3u);
  BOOST_TEST(in_file_only > 0);
}

BOOST_AUTO_TEST_CASE(a_dictionary_is_there_while_one_of_its_places_is_whole_and_the_other_is_made_again) {
  Letters letters(Letters::setup(300));
  letters.begin();
  letters.harness.reopen();  // what every start writes lies in another table then
  letters.harness.close();
  const auto all = letters.harness.files().save();
  const std::string value = letters.harness.files().content(letters.path(1));
  const auto kept = letters.kept;
  for (const auto record : {Record::whole, Record::other_value, Record::damaged_block, Record::gone}) {
    for (const auto file : {File::whole, File::damaged, File::gone}) {
      const std::string when =
          "record " + std::to_string(static_cast<int>(record)) + ", file " + std::to_string(static_cast<int>(file));
      letters.harness.close();
      letters.harness.files().load(all);
      letters.kept = kept;
      spoil(letters, value, record, file);
      auto opened = letters.harness.open();
      if (record != Record::whole && file != File::whole && (record != Record::gone || file != File::gone)) {
        BOOST_REQUIRE_MESSAGE(!opened, when);
        BOOST_TEST((opened.error().code == base::errc::damaged), when);
        BOOST_TEST(opened.error().context.find("dictionary 1") != std::string::npos, when << ": " << opened.error().text());
        continue;
      }
      BOOST_REQUIRE_MESSAGE(opened, when << ": " << test::why(opened));
      if (record != Record::whole && file != File::whole) {
        require_missed(letters, when);
        continue;
      }
      BOOST_TEST(letters.dictionary() == 1u, when);
      letters.require_whole(when);
      BOOST_REQUIRE(letters.harness.maintain().has_value());
      BOOST_TEST(letters.harness.files().content(letters.path(1)) == value, when);
      BOOST_TEST(is_recorded(letters), when);
      letters.require_whole(when + ", opened again");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cut_while_a_start_writes_a_copy_again_leaves_the_other) {
  Letters letters(Letters::setup(300));
  letters.begin();
  letters.harness.reopen();
  letters.harness.close();
  const auto whole = letters.harness.files().save();
  const std::string value = letters.harness.files().content(letters.path(1));
  for (const auto& [record, file] :
       {std::pair{Record::whole, File::gone}, {Record::whole, File::damaged}, {Record::gone, File::whole}}) {
    letters.harness.close();
    letters.harness.files().load(whole);
    spoil(letters, value, record, file);
    const auto spoilt = letters.harness.files().save();
    for (std::uint64_t cut = 1; cut <= 12; ++cut) {
      letters.harness.close();
      letters.harness.files().load(spoilt);
      letters.harness.files().die_at(cut);
      BOOST_REQUIRE(letters.harness.open().has_value());
      BOOST_REQUIRE(letters.harness.maintain().has_value());
      letters.harness.cut_power(cut % 3 == 0 ? 0 : cut);
      BOOST_REQUIRE(letters.harness.maintain().has_value());
      letters.require_whole("cut at write " + std::to_string(cut));
      BOOST_TEST((letters.harness.files().content(letters.path(1)) == value), "cut at write " << cut);
      BOOST_TEST(is_recorded(letters), "cut at write " << cut);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_full_medium_puts_a_dictionary_off_and_stops_nothing) {
  Letters letters(Letters::setup(300));
  letters.take(300);
  letters.harness.close();
  const auto before = letters.harness.files().save();
  const auto kept = letters.kept;
  int before_file = 0, before_record = 0;
  for (std::uint64_t room = 0;; room += 700) {
    letters.harness.close();
    letters.harness.files().load(before);
    letters.kept = kept;
    BOOST_REQUIRE(letters.harness.open().has_value());
    letters.take(300);
    letters.harness.files().set_room(room);
    const auto full = letters.harness.maintain();
    if (full) break;
    ++(letters.harness.files().content(letters.path(1)).empty() ? before_file : before_record);
    BOOST_TEST((full.error().code == base::errc::busy), "room " << room);
    BOOST_TEST(!letters.harness.store().stopped());
    letters.harness.files().heal();
    letters.take(300);
    BOOST_REQUIRE(letters.harness.maintain().has_value());
    BOOST_TEST(letters.dictionary() > 0u, "room " << room);
    letters.take(20);
    letters.harness.cut_power(0);
    BOOST_TEST(letters.dictionary() > 0u, "room " << room);
    letters.require_whole("room " + std::to_string(room));
  }
  BOOST_TEST(before_file > 0);
  BOOST_TEST(before_record > 0);
}

BOOST_AUTO_TEST_CASE(a_number_that_a_file_has_is_not_given_again) {
  for (const std::uint32_t taken : {1u, 7u}) {
    Letters letters(Letters::setup(300));
    letters.take(300);
    letters.harness.close();
    const std::string value = values::dictionary({100, test::dictionary_of_letters("example.net")});
    letters.harness.files().load([&] {
      auto all = letters.harness.files().save();
      all[letters.path(taken)] = value;
      for (const std::string name : {"/07.zdict", "/0.zdict", "/x.zdict", "/9.zdict.new", "/-1.zdict", "/99999999999.zdict"})
        all[letters.harness.directory() + "/dictionaries" + name] = "no dictionary";
      return all;
    }());
    BOOST_REQUIRE(letters.harness.open().has_value());
    BOOST_TEST(letters.dictionary() == taken);
    letters.take(300);
    BOOST_REQUIRE(letters.harness.maintain().has_value());
    BOOST_TEST(letters.dictionary() == taken + 1);  // that one was of 100 texts, and these are 600
    letters.require_whole("with the one found");
    BOOST_TEST((letters.harness.files().content(letters.path(taken)) == value));
  }
}

BOOST_AUTO_TEST_SUITE_END()
