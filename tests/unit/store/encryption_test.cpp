/// Encryption at rest, as it lies on the medium: nothing of what was stored is to be found there, nothing that was changed or
/// moved is taken for something else, and no nonce is ever used twice.
#include <algorithm>
#include <set>

#include <boost/test/data/test_case.hpp>

#include "archive/store/content/sealed_block.hpp"
#include "archive/store/rocksdb/format_file.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "base/bytes.hpp"
#include "tests/unit/store/encrypted_store.hpp"
#include "tests/unit/store/raw_database.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::alice;
using test::bob;
using test::EncryptedStore;
using test::journal;
using test::keep;
using test::put;
using test::RawDatabase;
using test::RocksHarness;
using test::RocksSetup;
namespace data = boost::unit_test::data;

namespace {

/// Files of the directory that have any 16 octets of `what` in a row, of those that begin at each 16th.
std::vector<std::string> files_with(RocksHarness& harness, const std::string& what) {
  std::vector<std::string> found;
  for (const auto& path : harness.files().files()) {
    const std::string content = harness.files().content(path);
    for (std::size_t at = 0; at + 16 <= what.size(); at += 16)
      if (content.find(what.substr(at, 16)) != std::string::npos) {
        found.push_back(path);
        break;
      }
  }
  return found;
}

/// Nothing is compressed by us, and noise by nobody: what is in clear is to be found.
RocksSetup searchable() {
  RocksSetup setup = RocksSetup::told();
  setup.options.compression_level = 0;
  return setup;
}

struct Secrets {
  std::string small = test::noise(2000, 1), large = test::noise(40'000, 2), value = test::noise(1000, 3);
};

/// The octets of all of them in the log, in the files of the database and in block segments.
void fill(RocksHarness& harness, const Secrets& secrets) {
  keep(harness.store(), secrets.small, {journal, alice});
  keep(harness.store(), secrets.large, {journal, bob});
  BOOST_REQUIRE(put(harness.store(), alice, Table::messages, "key", secrets.value).has_value());
  BOOST_REQUIRE(put(harness.store(), journal, Table::leaves, "key", secrets.value).has_value());
  harness.maintain(20);
  harness.reopen();
}

struct Sealed {
  std::uint64_t start = 0, count = 0;
  auto operator<=>(const Sealed&) const = default;
};

Sealed head_of(std::string_view octets) {
  base::Reader in(octets);
  Sealed head;
  head.start = in.varint();
  head.count = in.varint();
  BOOST_REQUIRE(in.ok());
  return head;
}

/// All that is sealed under the keys of shards: records, and the keys of bodies.
std::vector<Sealed> sealed_in(const RawDatabase& database) {
  std::vector<Sealed> heads;
  const std::string marker = values::fixed_from(database.own("e").at("e")).value_or("?");
  for (const auto& [key, value] : database.records()) {
    BOOST_REQUIRE(value.starts_with(marker + '\x01'));
    heads.push_back(head_of(std::string_view(value).substr(marker.size() + 1)));
  }
  for (const auto& [key, value] : database.own("h")) {
    const auto wraps = values::wraps_from(value);
    BOOST_REQUIRE(wraps.has_value());
    for (const auto& wrap : *wraps) heads.push_back(head_of(wrap.sealed));
  }
  return heads;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(encryption)

BOOST_AUTO_TEST_CASE(what_was_stored_is_found_on_the_medium_without_keys_and_not_with_them) {
  const Secrets secrets;
  RocksHarness clear(searchable());
  fill(clear, secrets);
  BOOST_TEST(!files_with(clear, secrets.small).empty());
  BOOST_TEST(!files_with(clear, secrets.large).empty());
  BOOST_TEST(files_with(clear, secrets.value).size() >= 2);  // in the log and in a table
  EncryptedStore encrypted(searchable());
  fill(encrypted.harness, secrets);
  for (const auto& secret : {secrets.small, secrets.large, secrets.value})
    BOOST_TEST(files_with(encrypted.harness, secret).empty());
  for (const Shard shard : {journal, alice, bob, test::instance})
    BOOST_TEST(files_with(encrypted.harness, std::string(encrypted.ring->find(shard)->view())).empty());
}

/// A part that two messages have is stored twice, and no dictionary is made of words that a key is to end.
BOOST_AUTO_TEST_CASE(an_encrypted_body_shares_nothing_with_another) {
  EncryptedStore it;
  const std::string one = test::message_with(1, 500, {3}), two = test::message_with(2, 500, {3});
  const BodyRef first = keep(it.store(), one, {alice}), second = keep(it.store(), two, {bob});
  BOOST_TEST(it.store().figures().parts_new == 0u);
  BOOST_TEST(it.store().figures().parts_found == 0u);
  BOOST_TEST(it.store().figures().octets_encrypted == one.size() + two.size());
  BOOST_TEST((test::read_body(it.store(), first) == one));
  BOOST_TEST((test::read_body(it.store(), second) == two));
}

BOOST_AUTO_TEST_CASE(no_nonce_is_used_twice_over_openings_and_in_copies_of_the_directory) {
  EncryptedStore it;
  const auto live = [&](std::uint64_t seed) {
    for (std::uint64_t i = 0; i < 10; ++i) {
      keep(it.store(), test::noise(100, seed + i), {journal, alice});
      BOOST_REQUIRE(put(it.store(), alice, Table::messages, std::to_string(seed + i), "value").has_value());
    }
  };
  live(100);
  it.harness.reopen();
  live(200);
  it.harness.cut_power(3);
  live(300);
  it.harness.close();
  const auto copied = it.harness.files().save();
  std::set<std::string> salts, values;
  std::size_t all = 0;
  for (std::uint64_t copy = 1; copy <= 3; ++copy) {  // three machines go on from the same octets, and write the same
    it.harness.files().load(copied);
    BOOST_REQUIRE(it.harness.open().has_value());
    live(400);
    it.harness.close();
    const RawDatabase database(it.harness);
    const auto heads = sealed_in(database);
    BOOST_TEST(std::set<Sealed>(heads.begin(), heads.end()).size() == heads.size());
    for (const auto& [key, salt] : database.own("k")) all += salts.insert(salt).second;
    for (const auto& [key, value] : database.records(keys::record(alice, Table::messages, "40"))) values.insert(value);
  }
  BOOST_TEST(salts.size() == 6u);  // of three openings before, and one of each copy
  BOOST_TEST(values.size() == 30u);
}

BOOST_AUTO_TEST_CASE(a_record_in_the_place_of_another_is_damaged_and_named) {
  EncryptedStore it;
  for (const Shard shard : {alice, bob})
    for (const char* key : {"1", "2"})
      for (const Table table : {Table::messages, Table::folders})
        BOOST_REQUIRE(put(it.store(), shard, table, key, "of " + std::to_string(shard.id) + key).has_value());
  it.harness.close();
  const std::string goal = keys::record(alice, Table::messages, "1");
  const std::vector<std::string> others{keys::record(alice, Table::messages, "2"), keys::record(bob, Table::messages, "1"),
                                        keys::record(alice, Table::folders, "1")};
  for (const auto& other : others) {
    {
      RawDatabase database(it.harness);
      database.put_record(goal, database.records(other).at(other));
    }
    BOOST_REQUIRE(it.harness.open().has_value());
    const auto got = it.store().get(alice, Table::messages, "1");
    BOOST_REQUIRE(!got);
    BOOST_TEST((got.error().code == base::errc::damaged));
    BOOST_TEST(got.error().context.find("record of account 1, table 0x43, key 31") != std::string::npos, got.error().context);
    const auto cursor = it.store().scan(alice, Table::messages);
    BOOST_TEST(!cursor->valid());
    BOOST_TEST((!cursor->status() && cursor->status().error().code == base::errc::damaged));
    BOOST_TEST(it.store().get(alice, Table::messages, "2")->value_or("") == "of 12");
    it.harness.close();
  }
}

BOOST_AUTO_TEST_CASE(a_block_opens_with_its_key_in_its_place_and_nowhere_else) {
  base::SystemRandom random;
  const auto key = base::SecretKey::make(random), other = base::SecretKey::make(random);
  const content::BlockName name{{3, 4}, 5, 6};
  const std::string sealed = content::seal_block(key, name, "coded octets");
  BOOST_TEST(content::is_sealed(sealed));
  const auto opened = content::open_block(key, name, sealed);
  BOOST_REQUIRE(opened.has_value());
  BOOST_TEST(*opened == "coded octets");
  BOOST_TEST(!content::open_block(other, name, sealed).has_value());
  for (const content::BlockName& wrong : {content::BlockName{{4, 4}, 5, 6}, {{3, 5}, 5, 6}, {{3, 4}, 6, 6}, {{3, 4}, 5, 7}})
    BOOST_TEST(!content::open_block(key, wrong, sealed).has_value());
  for (std::size_t cut = 0; cut < sealed.size(); ++cut)
    BOOST_TEST(!content::open_block(key, name, sealed.substr(0, cut)).has_value());
}

BOOST_AUTO_TEST_CASE(bodies_in_clear_stay_so_records_do_not_and_encryption_is_not_switched_off_again) {
  auto ring = std::make_shared<test::MemoryKeyRing>();
  RocksHarness harness(RocksSetup::told());
  const auto reopen = [&](std::shared_ptr<KeyRing> keys, Encryption encryption) {
    harness.close();
    harness.options().keys = std::move(keys);
    harness.options().encryption = encryption;
    return harness.open();
  };
  const std::string one = test::message_with(1, 700, {3}), two = test::message_with(2, 700, {3});
  const BodyRef before = keep(harness.store(), one, {journal, alice});
  BOOST_REQUIRE(put(harness.store(), alice, Table::messages, "a", "before").has_value());
  BOOST_REQUIRE(put(harness.store(), journal, Table::leaves, "a", "of the journal").has_value());
  BOOST_REQUIRE(reopen(ring, Encryption::off).has_value());
  BOOST_TEST(harness.store().identity().format == plain_format);  // nothing was encrypted: an older program may have it
  BOOST_REQUIRE(reopen(ring, Encryption::on).has_value());
  BOOST_TEST(harness.store().identity().format == encrypted_format);
  const BodyRef during = keep(harness.store(), two, {alice});
  BOOST_REQUIRE(put(harness.store(), alice, Table::messages, "b", "during").has_value());
  BOOST_TEST((test::read_body(harness.store(), before) == one));
  BOOST_TEST(harness.store().get(alice, Table::messages, "a")->value_or("") == "before");
  BOOST_TEST((reopen(ring, Encryption::off).error().code == base::errc::refused));
  sealed_in(RawDatabase(harness));  // none is in clear
  BOOST_REQUIRE(reopen(ring, Encryption::on).has_value());
  BOOST_REQUIRE(test::change(harness.store(), bob, [&](Batch& batch) {
                  batch.hold(during);  // it keeps its key with the new holder
                  batch.hold(before);
                }).has_value());
  BOOST_REQUIRE(ring->destroy(alice).has_value());
  BOOST_TEST((test::read_body(harness.store(), before) == one));
  BOOST_TEST((test::read_body(harness.store(), during) == two));
  for (const std::string key : {"a", "b"})
    BOOST_TEST((harness.store().get(alice, Table::messages, key).error().code == base::errc::no_key));
  BOOST_TEST(harness.store().get(journal, Table::leaves, "a")->value_or("") == "of the journal");
}

BOOST_AUTO_TEST_CASE(a_record_in_clear_where_all_are_encrypted_is_damaged_and_named) {
  EncryptedStore it;
  BOOST_REQUIRE(put(it.store(), alice, Table::messages, "key", "said").has_value());
  BOOST_REQUIRE(put(it.store(), alice, Table::messages, "next", "too").has_value());
  it.harness.close();
  const std::string key = keys::record(alice, Table::messages, "key");
  const std::string marker = values::fixed_from(RawDatabase(it.harness).own("e").at("e")).value_or("?");
  for (const std::string& forged : {std::string("forged"), marker + '\0' + "forged", std::string(), marker}) {
    RawDatabase(it.harness).put_record(key, forged);
    BOOST_REQUIRE(it.harness.open().has_value());
    const auto got = it.store().get(alice, Table::messages, "key");
    BOOST_REQUIRE(!got.has_value());
    BOOST_TEST((got.error().code == base::errc::damaged));
    BOOST_TEST(got.error().text().find("record of account 1, table 0x43") != std::string::npos, got.error().text());
    const auto cursor = it.store().scan(alice, Table::messages);
    BOOST_TEST(!cursor->valid());
    BOOST_TEST((cursor->status().error().code == base::errc::damaged));
    it.harness.close();
  }
}

BOOST_AUTO_TEST_CASE(a_body_in_clear_in_place_of_an_encrypted_one_is_damaged) {
  for (const std::string& octets : {test::noise(3000, 1), test::message_with(2, 700, {3})}) {  // a block of its own; parts
    RocksHarness harness(RocksSetup::told());
    const BodyRef clear = keep(harness.store(), octets, {alice});
    harness.options().keys = std::make_shared<test::MemoryKeyRing>();
    harness.reopen();
    const BodyRef sealed = keep(harness.store(), std::string(octets.size(), 'x'), {alice});
    harness.close();
    {
      RawDatabase raw(harness);
      raw.put_own(keys::body(sealed.id), raw.own(keys::body(clear.id)).begin()->second);
    }
    BOOST_REQUIRE(harness.open().has_value());
    BOOST_TEST((test::reads(harness.store().bodies(), sealed) == base::errc::damaged));
    BOOST_TEST((test::read_body(harness.store(), clear) == octets));
  }
}

BOOST_AUTO_TEST_CASE(a_store_in_clear_is_not_taken_for_the_one_that_the_ring_says_is_encrypted) {
  EncryptedStore it;
  BOOST_REQUIRE(put(it.store(), alice, Table::messages, "key", "said").has_value());
  it.harness.close();
  RocksHarness forged(RocksSetup::told());
  BOOST_REQUIRE(put(forged.store(), alice, Table::messages, "key", "forged").has_value());
  forged.close();
  forged.options().keys = it.ring;
  const auto opened = forged.open();
  BOOST_REQUIRE(!opened.has_value());
  BOOST_TEST((opened.error().code == base::errc::damaged));
  BOOST_TEST(opened.error().text().find("nothing in the store is encrypted") != std::string::npos);
  BOOST_TEST(it.harness.open().has_value());
}

BOOST_AUTO_TEST_CASE(a_cut_while_encryption_is_switched_on_leaves_a_store_that_opens_and_has_all_of_it) {
  RocksHarness harness(RocksSetup::told());
  const std::string octets = test::noise(20'000, 1);
  const BodyRef before = keep(harness.store(), octets, {journal, alice});
  BOOST_REQUIRE(put(harness.store(), alice, Table::messages, "a", "before").has_value());
  harness.close();
  const auto clear = harness.files().save();
  std::uint64_t cuts = 0;
  for (bool dead = true; dead; ++cuts) {
    harness.close();
    harness.files().load(clear);
    auto ring = std::make_shared<test::MemoryKeyRing>();
    ring->promise_when([&harness] { return !harness.files().dead(); });
    harness.options().keys = ring;
    harness.files().die_at(cuts + 1);
    BOOST_REQUIRE(harness.open().has_value());  // a program that does not know yet that it is dead
    static_cast<void>(put(harness.store(), alice, Table::messages, "b", "lost or not").has_value());
    dead = harness.files().dead();
    harness.cut_power(cuts);
    BOOST_TEST((test::read_body(harness.store(), before) == octets));
    BOOST_TEST(harness.store().get(alice, Table::messages, "a")->value_or("") == "before");
    const auto got = harness.store().get(alice, Table::messages, "b");
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST((!*got || **got == "lost or not"));
    const BodyRef after = keep(harness.store(), octets, {bob});
    harness.cut_power(0);
    BOOST_TEST((test::read_body(harness.store(), after) == octets));
  }
  BOOST_TEST(cuts > 5u);
}

BOOST_AUTO_TEST_CASE(a_value_in_clear_that_looks_like_an_encrypted_one_is_given_back_as_it_is) {
  auto ring = std::make_shared<test::MemoryKeyRing>();
  ring->promise_when([] { return false; });
  EncryptedStore it(RocksSetup::told(), ring);
  it.harness.close();
  const std::string marker = values::fixed_from(RawDatabase(it.harness).own("e").at("e")).value_or("?");
  it.harness.options().encryption = Encryption::off;
  BOOST_REQUIRE(it.harness.open().has_value());
  for (const std::string& value : {marker, marker + '\0', marker + '\x01' + "x", marker + marker, std::string()}) {
    BOOST_REQUIRE(put(it.store(), alice, Table::messages, "key", value).has_value());
    BOOST_TEST((it.store().get(alice, Table::messages, "key")->value_or("?") == value));
    BOOST_TEST((it.store().scan(alice, Table::messages)->value() == value));
  }
}

BOOST_AUTO_TEST_CASE(encrypted_blocks_are_moved_by_the_collector_and_read_as_before) {
  EncryptedStore it;
  std::vector<std::pair<BodyRef, std::string>> kept;
  std::vector<BodyRef> gone;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const std::string octets = test::noise(14'000, i);
    const BodyRef ref = keep(it.store(), octets, {alice});
    if (i % 4 == 0)
      kept.emplace_back(ref, octets);
    else
      gone.push_back(ref);
  }
  BOOST_REQUIRE(test::change(it.store(), alice, [&](Batch& batch) {
                  for (const BodyRef& ref : gone) batch.release(ref);
                }).has_value());
  it.harness.maintain(60);
  BOOST_TEST(it.store().figures().segments_collected > 3u);
  for (const auto& [ref, octets] : kept) BOOST_TEST((test::read_body(it.store(), ref) == octets));
}

BOOST_AUTO_TEST_CASE(what_is_compared_before_it_is_answered_is_compared_as_it_is_encrypted) {
  RocksSetup checking = RocksSetup::told();
  checking.options.check_writes = CheckWrites::on;
  EncryptedStore it(checking);
  for (const std::size_t size : {100, 5000, 60'000}) {
    const std::string octets = test::noise(size, size);
    BOOST_TEST((test::read_body(it.store(), keep(it.store(), octets, {alice})) == octets));
  }
  auto writer = it.store().bodies().create();
  BOOST_REQUIRE(writer->append(test::noise(60'000, 9)).has_value());
  for (const auto& path : it.harness.files().files())
    if (path.ends_with(".blk")) it.harness.files().change(path, [](std::string& octets) { octets[octets.size() - 300] ^= 4; });
  const auto sealed = writer->seal();
  BOOST_TEST((!sealed && sealed.error().code == base::errc::damaged));
}

BOOST_AUTO_TEST_SUITE_END()
