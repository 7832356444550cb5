/// A store of format 1, made here as that format says, is taken over whole, wherever that is cut and however often.
#include <algorithm>

#include <rocksdb/db.h>
#include <zstd.h>

#include "archive/store/rocksdb/format_file.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "tests/support/memory_key_ring.hpp"
#include "tests/support/store_bodies_model.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::RocksHarness;
using test::RocksSetup;

namespace {

constexpr Shard journal{ShardKind::journal, 0};
constexpr Shard alice{ShardKind::account, 1};
constexpr std::uint32_t chunk = 4096;
constexpr std::uint64_t commits = 500;

RocksSetup setup() {
  RocksSetup made = RocksSetup::told();
  made.engine.take_over_octets = 20'000;  // of them some commits
  return made;
}

struct OldBody {
  BodyRef ref;
  std::string octets;
  std::vector<Shard> holders;
};

std::vector<OldBody> old_bodies() {
  const std::vector<std::string> octets{"",
                                        "x",
                                        test::noise(chunk, 1),
                                        test::prose(chunk + 1, 2),
                                        test::message_with(3, 2000, {5, 6}),
                                        test::message_with(4, 40'000, {6}),
                                        test::noise(30'000, 5),
                                        test::message_with(6, 300, {5}),
                                        "nobody holds this one"};
  std::vector<OldBody> bodies;
  for (std::uint64_t i = 0; i < octets.size(); ++i) {
    OldBody body{{{1 + i % 3, i}, octets[i].size(), chunk}, octets[i], {journal}};
    if (i % 2 == 0) body.holders.push_back(alice);
    bodies.push_back(std::move(body));
  }
  bodies.back().holders.clear();
  return bodies;
}

std::string old_key(BodyId body, std::uint32_t index) {
  return base::Writer().u64(body.start).u64(body.number).u32(index).take();
}

std::string old_chunk(const std::string& key, std::string_view octets) {
  std::string data(ZSTD_compressBound(octets.size()), '\0');
  data.resize(ZSTD_compress(data.data(), data.size(), octets.data(), octets.size(), 1));
  const bool shorter = data.size() < octets.size();
  const std::string codec(1, shorter ? '\x02' : '\x01');
  if (!shorter) data = octets;
  const auto check = base::sha256(key + codec + data);
  return codec + std::string(base::view(check).substr(0, 8)) + data;
}

void require_ok(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

/// What a program of format 1 left in this directory, killed: some of it is in RocksDB's own log only.
void make_format_1(RocksHarness& harness) {
  harness.close();
  harness.files().load({});
  base::SystemClock clock;
  base::SystemRandom random;
  Identity identity = make_identity(clock, random);
  identity.format = 1;
  const std::shared_ptr<rocksdb::FileSystem> files(&harness.files(), [](auto*) {});
  const auto env = rocksdb::NewCompositeEnv(files);
  BOOST_REQUIRE(write_format(*files, harness.directory(), identity).has_value());
  rocksdb::Options options;
  options.env = env.get();
  options.create_if_missing = options.create_missing_column_families = true;
  options.avoid_flush_during_shutdown = true;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* opened = nullptr;
  require_ok(rocksdb::DB::Open(options, harness.directory() + "/rocksdb",
                               {{"default", options}, {"records", options}, {"chunks", options}}, &families, &opened));
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const auto put = [&](std::size_t family, const std::string& key, const std::string& value) {
    require_ok(db->Put(synced, families[family], key, value));
  };
  put(0, "c", base::Writer(1).u64(commits).take());
  put(0, "s", base::Writer(1).u64(7).take());
  put(1, keys::record(journal, Table::leaves, "k"), "a record");
  for (const OldBody& body : old_bodies()) {
    for (std::uint32_t i = 0; i * chunk < body.octets.size(); ++i) {
      const std::string key = old_key(body.ref.id, i);
      put(2, key, old_chunk(key, std::string_view(body.octets).substr(i * chunk, chunk)));
    }
    for (const Shard holder : body.holders) put(0, keys::holder(body.ref.id, holder), values::mark);
    if (body.holders.empty()) put(0, "u" + base::Writer().u64(body.ref.id.start).u64(body.ref.id.number).take(), values::mark);
    if (body.ref.id.number == 4) require_ok(db->Flush({}, families));
  }
  for (auto* family : families) require_ok(db->DestroyColumnFamilyHandle(family));
  require_ok(db->Close());
}

bool has_chunks(RocksHarness& harness) {
  const std::shared_ptr<rocksdb::FileSystem> files(&harness.files(), [](auto*) {});
  const auto env = rocksdb::NewCompositeEnv(files);
  rocksdb::DBOptions options;
  options.env = env.get();
  std::vector<std::string> names;
  require_ok(rocksdb::DB::ListColumnFamilies(options, harness.directory() + "/rocksdb", &names));
  return std::ranges::find(names, "chunks") != names.end();
}

void require_taken_over(RocksHarness& harness, const std::string& when, std::uint32_t format = plain_format) {
  const Store& store = harness.store();
  BOOST_REQUIRE_MESSAGE(store.identity().format == format, when);
  BOOST_REQUIRE_MESSAGE(store.get(journal, Table::leaves, "k")->value_or("") == "a record", when);
  for (const OldBody& body : old_bodies()) {
    const std::string got = test::read_body(store, body.ref);
    const bool right = body.holders.empty() ? got.starts_with("error: ") : got == body.octets;
    BOOST_REQUIRE_MESSAGE(right, when << ", body " << body.ref.id.number << ": " << got.substr(0, 100));
  }
}

void release_all(RocksHarness& harness) {
  std::vector<Batch> batches{Batch(journal), Batch(alice)};
  for (const OldBody& body : old_bodies())
    for (Batch& batch : batches) batch.release(body.ref);
  BOOST_REQUIRE(harness.store().commit(batches, Sync::now).has_value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(migration)

BOOST_AUTO_TEST_CASE(a_store_of_format_1_is_taken_over_and_goes_on) {
  RocksHarness harness(setup());
  make_format_1(harness);
  BOOST_REQUIRE(has_chunks(harness));
  auto opened = harness.open();
  BOOST_REQUIRE_MESSAGE(opened, test::why(opened));
  require_taken_over(harness, "opened");
  BOOST_TEST(!has_chunks(harness));
  const SealedBody body = test::write_body(harness.store(), "new");
  BOOST_TEST(body.ref().id.start == 8u);  // no body gets the name of an old one
  Batch batch(alice);
  batch.hold(body);
  BOOST_REQUIRE(harness.store().commit({&batch, 1}, Sync::now).has_value());
  harness.reopen();
  harness.cut_power(0);
  harness.maintain(40);
  require_taken_over(harness, "opened again");
  BOOST_TEST(test::read_body(harness.store(), body.ref()) == "new");
  release_all(harness);
  harness.maintain(40);
  BOOST_TEST(harness.segment_octets() < 3u * 64 * 1024);  // what was taken over is counted: its room comes back
  for (const OldBody& each : old_bodies())
    if (!each.octets.empty()) BOOST_TEST(test::read_body(harness.store(), each.ref).starts_with("error: "));
}

BOOST_AUTO_TEST_CASE(what_is_taken_over_where_there_are_keys_stays_in_clear_and_can_be_held_by_others) {
  RocksHarness harness(setup());
  make_format_1(harness);
  harness.options().keys = std::make_shared<test::MemoryKeyRing>();
  BOOST_REQUIRE(harness.open().has_value());
  require_taken_over(harness, "opened", encrypted_format);
  BOOST_TEST(harness.store().figures().octets_encrypted == 0u);
  Batch batch({ShardKind::account, 2});
  for (const OldBody& body : old_bodies())
    if (!body.holders.empty()) batch.hold(body.ref);
  BOOST_REQUIRE(harness.store().commit({&batch, 1}, Sync::now).has_value());
  harness.cut_power(0);
  release_all(harness);
  require_taken_over(harness, "held by another alone", encrypted_format);
}

BOOST_AUTO_TEST_CASE(a_take_over_that_is_cut_at_any_write_goes_on_at_the_next_opening) {
  RocksHarness harness(setup());
  make_format_1(harness);
  const auto before = harness.files().save();
  std::uint64_t cuts = 0;
  for (bool dead = true; dead; ++cuts) {
    for (const std::uint64_t how : {0, 1}) {
      harness.close();
      harness.files().load(before);
      harness.files().die_at(cuts + 1);
      auto opened = harness.open();
      BOOST_REQUIRE_MESSAGE(opened, test::why(opened));
      dead = harness.files().dead();
      const std::string when =
          "cut at write " + std::to_string(cuts + 1) + (how == 0 ? ", killed" : ", power " + std::to_string(how));
      if (how == 0)
        harness.kill();
      else
        harness.cut_power(cuts % 2 == 0 ? 0 : cuts);
      require_taken_over(harness, when);
      BOOST_TEST(!has_chunks(harness), when);
      if (cuts % 8 != 0) continue;
      harness.kill();
      require_taken_over(harness, when + ", and again");
      release_all(harness);
      harness.maintain(40);
      BOOST_TEST(harness.segment_octets() < 3u * 64 * 1024, when);
    }
  }
  BOOST_TEST_MESSAGE(cuts << " cuts");
  BOOST_TEST(cuts > 40u);
}

BOOST_AUTO_TEST_CASE(a_failing_write_in_a_take_over_refuses_to_open_and_loses_nothing) {
  using Fs = test::ForgetfulFileSystem;
  RocksHarness harness(setup());
  make_format_1(harness);
  const auto before = harness.files().save();
  for (const auto fault : {Fs::Fault::no_space, Fs::Fault::io_error}) {
    for (std::uint64_t nth = 1; nth <= 60; nth += 3) {
      harness.close();
      harness.files().load(before);
      harness.files().fail_at(Fs::Call::write, nth, fault, ~0ull / 2);
      BOOST_TEST(!harness.open().has_value(), nth);
      harness.files().heal();
      auto opened = harness.open();
      BOOST_REQUIRE_MESSAGE(opened, nth << ": " << test::why(opened));
      require_taken_over(harness, "after write " + std::to_string(nth) + " failed");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_body_of_format_1_is_left_where_it_is_and_all_others_are_taken) {
  RocksHarness harness(setup());
  make_format_1(harness);
  const OldBody hurt = old_bodies()[6];
  {
    const std::shared_ptr<rocksdb::FileSystem> files(&harness.files(), [](auto*) {});
    const auto env = rocksdb::NewCompositeEnv(files);
    rocksdb::Options options;
    options.env = env.get();
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    rocksdb::DB* opened = nullptr;
    require_ok(rocksdb::DB::Open(options, harness.directory() + "/rocksdb",
                                 {{"default", options}, {"records", options}, {"chunks", options}}, &families, &opened));
    const std::unique_ptr<rocksdb::DB> db(opened);
    const std::string key = old_key(hurt.ref.id, 3);
    std::string value;
    require_ok(db->Get({}, families[2], key, &value));
    value[100] ^= 1;
    require_ok(db->Put({}, families[2], key, value));
    for (auto* family : families) require_ok(db->DestroyColumnFamilyHandle(family));
    require_ok(db->Close());
  }
  for (const char* when : {"opened", "opened again", "after a cut"}) {
    if (std::string(when) == "opened")
      BOOST_REQUIRE(harness.open().has_value());
    else if (std::string(when) == "opened again")
      harness.reopen();
    else
      harness.cut_power(0);
    BOOST_TEST(has_chunks(harness), when);
    for (const OldBody& body : old_bodies()) {
      const std::string got = test::read_body(harness.store(), body.ref);
      const bool missing = body.holders.empty() || body.ref.id == hurt.ref.id;
      BOOST_TEST((missing ? got.starts_with("error: ") : got == body.octets), when << ", body " << body.ref.id.number);
    }
    harness.maintain(3);
  }
}

BOOST_AUTO_TEST_SUITE_END()
