/// The data directory of the RocksDB engine: whose it is, who has it open, and whether all of it came back.
#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/store/open.hpp"
#include "archive/store/rocksdb/format_file.hpp"
#include "archive/store/rocksdb/rocks_store.hpp"
#include "base/log.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;

namespace {

constexpr Shard account{ShardKind::account, 1};

struct Place {
  Place() {
    base::log::set_silent();
    options.directory = directory.path() + "/data";
    options.memory = 32 << 20;
  }
  base::Result<std::unique_ptr<Store>> open() { return open_store(options, clock, random); }
  std::string error() {
    auto opened = open();
    return opened ? "(opened)" : opened.error().text();
  }

  test::TemporaryDirectory directory;
  Options options;
  base::SystemClock clock;
  base::SystemRandom random;
};

void put(Store& store, const std::string& key, const std::string& value) {
  Batch batch(account);
  batch.put(Table::folders, key, value);
  BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
}

bool has(const Store& store, const std::string& key) {
  return store.get(account, Table::folders, key)->has_value();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What a process of its own is told when it opens the place.
std::string error_in_another_process(Place& place) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = place.error();
    _exit(::write(ends[1], text.data(), text.size()) < 0);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  const ssize_t got = ::read(ends[0], text.data(), text.size());
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

std::string path_with(const test::ForgetfulFileSystem& files, std::string_view part) {
  std::string found;
  for (const auto& path : files.files())
    if (contains(path, part)) found = path;
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(directory)

BOOST_AUTO_TEST_CASE(a_new_directory_is_the_owners_alone_and_says_who_the_store_is) {
  Place place;
  auto store = place.open();
  BOOST_REQUIRE(store.has_value());
  struct stat is {};
  BOOST_REQUIRE(::stat(place.options.directory.c_str(), &is) == 0);
  BOOST_TEST((is.st_mode & 0777) == 0700);
  auto identity = read_identity(place.options.directory);
  BOOST_REQUIRE(identity.has_value());
  BOOST_TEST(identity->engine == "rocksdb");
  BOOST_TEST(identity->format == plain_format);
  BOOST_TEST(identity->instance.size() == 32);
  BOOST_TEST(identity->incarnation.size() == 32);
  BOOST_TEST(identity->instance == (*store)->identity().instance);
  BOOST_TEST(((*store)->free_octets() > 0));
  BOOST_TEST((read_identity(place.directory.path()).error().code == base::errc::not_found));
}

BOOST_AUTO_TEST_CASE(MB_09_a_second_process_is_told_who_has_the_store_and_the_first_is_undisturbed) {
  Place place;
  auto store = place.open();
  BOOST_REQUIRE(store.has_value());
  put(**store, "before", "1");
  const std::string told = error_in_another_process(place);
  BOOST_TEST(contains(told, "in use by process " + std::to_string(::getpid())), told);
  BOOST_TEST(contains(place.error(), "in use by process " + std::to_string(::getpid())));
  put(**store, "after", "1");
  BOOST_TEST(has(**store, "before"));
  store->reset();
  auto again = place.open();
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(has(**again, "after"));
}

BOOST_AUTO_TEST_CASE(a_lock_file_that_a_dead_process_left_locks_nobody_out) {
  Place place;
  std::filesystem::create_directory(place.options.directory);
  std::ofstream(place.options.directory + "/lock") << "999999\n";
  BOOST_TEST(place.open().has_value());
}

BOOST_AUTO_TEST_CASE(a_newer_format_and_another_engine_are_refused_by_name) {
  Place place;
  Identity identity = (*place.open())->identity();
  identity.format = 99;
  BOOST_REQUIRE(write_format(*rocksdb::FileSystem::Default(), place.options.directory, identity).has_value());
  const std::string newer = place.error();
  BOOST_TEST((contains(newer, "format 99") && contains(newer, "up to 3")), newer);
  identity.format = 1;
  identity.engine = "rados";
  BOOST_REQUIRE(write_format(*rocksdb::FileSystem::Default(), place.options.directory, identity).has_value());
  const std::string other = place.error();
  BOOST_TEST((contains(other, "'rados'") && contains(other, "'rocksdb'")), other);
}

BOOST_AUTO_TEST_CASE(a_store_without_its_format_file_is_refused_since_nobody_knows_whose_log_it_is) {
  Place place;
  put(**place.open(), "a", "1");
  const std::string format = place.options.directory + "/format";
  std::filesystem::rename(format, format + ".away");
  const std::string told = place.error();
  BOOST_TEST(contains(told, "'format' is missing"), told);
  std::filesystem::rename(format + ".away", format);
  auto store = place.open();
  BOOST_REQUIRE(store.has_value());
  BOOST_TEST(has(**store, "a"));
}

BOOST_AUTO_TEST_CASE(a_format_file_with_any_octet_changed_is_refused) {
  const Identity identity{"rocksdb", 1, std::string(32, 'a'), std::string(32, 'b'), base::WallTime{}};
  const std::string text = to_text(identity);
  BOOST_REQUIRE(identity_from(text).has_value());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] ^= 1;
    BOOST_TEST(!identity_from(changed).has_value(), "octet " << at);
    BOOST_TEST(!identity_from(text.substr(0, at)).has_value(), "cut at " << at);
  }
}

BOOST_AUTO_TEST_CASE(a_store_that_comes_back_shorter_than_what_was_acknowledged_does_not_serve) {
  test::RocksHarness harness;
  for (int i = 0; i < 20; ++i) put(harness.store(), std::to_string(i), "value");
  harness.files().die();
  harness.close();
  harness.files().come_back();
  const std::string log = path_with(harness.files(), ".log");
  const auto whole = harness.files().save();
  BOOST_REQUIRE(harness.open().has_value());
  harness.close();
  for (const std::size_t lost : {1, 7, 100, 300}) {  // octets off the end of the log, as if it had been torn
    harness.files().load(whole);
    harness.files().change(log, [&](std::string& octets) { octets.resize(octets.size() - lost); });
    for (int attempt = 0; attempt < 2; ++attempt) {
      auto opened = harness.open();
      BOOST_REQUIRE_MESSAGE(!opened.has_value(), lost << " octets lost");
      const std::string text = opened.error().text();
      BOOST_TEST(contains(text, "the store is shorter than what was acknowledged: "), text);
      BOOST_TEST(contains(text, "recover it from the peer"), text);
    }
  }
  harness.files().load(whole);
  for (const auto& path : harness.files().files())
    if (contains(path, "/rocksdb/")) harness.files().remove(path);
  BOOST_TEST(!harness.open().has_value(), "a missing database is not a first start");
}

BOOST_AUTO_TEST_CASE(a_flipped_octet_in_the_log_is_refused_wherever_it_is_and_the_file_is_named_or_the_loss_is) {
  test::RocksHarness harness;
  for (int i = 0; i < 20; ++i) put(harness.store(), std::to_string(i), "value");
  harness.files().die();
  harness.close();
  harness.files().come_back();
  const std::string log = path_with(harness.files(), ".log");
  const auto whole = harness.files().save();
  const std::size_t size = whole.at(log).size();
  for (std::size_t at = 0; at < size; at += 3) {
    harness.files().load(whole);
    harness.files().change(log, [&](std::string& octets) { octets[at] ^= 0x10; });
    auto opened = harness.open();
    BOOST_REQUIRE_MESSAGE(!opened, "octet " << at << " of " << size << " is wrong and the store opened");
    const std::string text = opened.error().text();
    BOOST_TEST((contains(text, log.substr(log.rfind('/') + 1)) || contains(text, "shorter than what was acknowledged")), text);
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_octet_in_mid_log_is_refused_also_where_the_high_water_mark_is_lost) {
  test::RocksHarness harness;
  const std::string value = test::noise(5000, 1);
  put(harness.store(), "before", "value");
  put(harness.store(), "damaged", value);
  put(harness.store(), "after", "value");
  harness.files().die();
  harness.close();
  harness.files().come_back();
  const std::string log = path_with(harness.files(), ".log");
  harness.files().remove(harness.directory() + "/high-water");
  const auto whole = harness.files().save();
  const std::size_t begin = whole.at(log).find(value);
  BOOST_REQUIRE(begin != std::string::npos);
  for (std::size_t at = begin; at < begin + value.size(); at += 101) {
    harness.files().load(whole);
    harness.files().change(log, [&](std::string& octets) { octets[at] ^= 0x10; });
    BOOST_REQUIRE_MESSAGE(!harness.open(), "octet " << at << " is wrong and the store opened");
  }
}

BOOST_AUTO_TEST_CASE(who_the_store_is_outlives_a_power_cut_right_after_it_was_made) {
  test::RocksHarness harness;
  const std::string instance = harness.store().identity().instance;
  harness.cut_power(0);
  BOOST_TEST(harness.store().identity().instance == instance);
}

BOOST_AUTO_TEST_CASE(a_torn_end_of_the_log_that_nobody_was_told_of_is_no_reason_to_refuse) {
  test::RocksHarness harness;
  put(harness.store(), "told", "value");
  const std::string log = path_with(harness.files(), ".log");
  const std::size_t told = harness.files().content(log).size();
  Batch batch(account);
  batch.put(Table::folders, "later", std::string(5000, 'x'));
  BOOST_REQUIRE(harness.store().commit({&batch, 1}, Sync::later).has_value());
  harness.files().die();
  harness.close();
  harness.files().come_back();
  const auto whole = harness.files().save();
  for (std::size_t size = told; size < whole.at(log).size(); size += 97) {
    harness.files().load(whole);
    harness.files().change(log, [&](std::string& octets) { octets.resize(size); });
    BOOST_REQUIRE(harness.open().has_value());
    BOOST_TEST(has(harness.store(), "told"));
    BOOST_TEST(!has(harness.store(), "later"));
    harness.close();
  }
}

BOOST_AUTO_TEST_CASE(a_lost_torn_or_old_high_water_mark_never_refuses_a_whole_store) {
  test::RocksHarness harness;
  const std::string mark = harness.directory() + "/high-water";
  std::vector<std::string> marks{"", harness.files().content(mark)};
  for (int i = 0; i < 5; ++i) {
    put(harness.store(), std::to_string(i), "value");
    marks.push_back(harness.files().content(mark));
    marks.push_back(marks.back().substr(0, 600));
    marks.push_back(std::string(600, '\xFF') + marks.back().substr(600));
  }
  harness.close();
  const auto whole = harness.files().save();
  for (const std::string& octets : marks) {
    harness.files().load(whole);
    harness.files().change(mark, [&](std::string& file) { file = octets; });
    BOOST_TEST(harness.open().has_value());
    BOOST_TEST(has(harness.store(), "4"));
    harness.close();
  }
  harness.files().load(whole);
  harness.files().remove(mark);
  BOOST_TEST(harness.open().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
