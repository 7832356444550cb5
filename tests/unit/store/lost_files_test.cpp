/// Files of a data directory that are lost or damaged together: no start builds on what is left as if it were all.
#include <algorithm>

#include "tests/support/store_bodies_model.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using test::RocksHarness;
using test::RocksSetup;

namespace {

constexpr Shard journal{ShardKind::journal, 0};
using Files = std::map<std::string, std::string>;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void put(Store& store, const std::string& key) {
  Batch batch(journal);
  batch.put(Table::places, key, test::noise(3000, key.size()));
  BOOST_REQUIRE(store.commit({&batch, 1}, Sync::now).has_value());
}

RocksSetup small_segments() {
  auto setup = RocksSetup::told();
  setup.engine.segment_octets = 32 * 1024;
  return setup;
}

/// A store with a body and records in several segments, that was closed or killed.
struct Left {
  enum class How : std::uint8_t { closed, killed };
  explicit Left(How how) : harness(small_segments()) {
    const SealedBody sealed = test::write_body(harness.store(), octets);
    Batch batch(journal);
    batch.hold(sealed);
    BOOST_REQUIRE(harness.store().commit({&batch, 1}, Sync::now).has_value());
    body = sealed.ref();
    for (int i = 0; i < 60; ++i) put(harness.store(), std::to_string(i));
    if (how == How::killed) harness.files().die();
    harness.close();
    if (how == How::killed) harness.files().come_back();
    files = harness.files().save();
  }
  /// What is there without the files whose paths have one of these in them.
  void lose(const std::vector<std::string>& parts) {
    Files left = files;
    std::erase_if(left, [&](const auto& file) {
      return std::ranges::any_of(parts, [&](const auto& part) { return contains(file.first, part); });
    });
    harness.files().load(left);
  }
  std::vector<std::string> logs() const {
    std::vector<std::string> out;
    for (const auto& [path, content] : files)
      if (path.ends_with(".log") && contains(path, "/segments/")) out.push_back(path);
    return out;
  }
  /// The error, where it is refused again and again and the segments stay as they are.
  std::string refused() {
    const std::uint64_t before = harness.segment_octets();
    std::string told;
    for (int attempt = 0; attempt < 3; ++attempt) {
      auto opened = harness.open();
      if (opened) return "(opened)";
      if (opened.error().code != base::errc::damaged) return "another error: " + opened.error().text();
      told = opened.error().text();
    }
    return harness.segment_octets() == before ? told : "segments were changed";
  }

  RocksHarness harness;
  std::string octets = test::message_with(1, 14'000, {});
  BodyRef body;
  Files files;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(lost_files)

BOOST_AUTO_TEST_CASE(segments_without_their_database_are_refused_whatever_else_is_lost) {
  for (const auto how : {Left::How::closed, Left::How::killed}) {
    Left left(how);
    for (const std::string mark : {"/high-water", "nothing else"}) {
      left.lose({"/rocksdb/", mark});
      const std::string told = left.refused();
      BOOST_TEST((contains(told, "the database is missing") && contains(told, "'segments'")), told);
    }
    left.lose({});
    BOOST_REQUIRE(left.harness.open().has_value());
    BOOST_TEST((test::read_body(left.harness.store(), left.body) == left.octets));
    left.harness.close();
    left.lose({"/rocksdb/", "/high-water", "/segments/"});  // as the error says
    BOOST_REQUIRE(left.harness.open().has_value());
    put(left.harness.store(), "anew");
  }
}

BOOST_AUTO_TEST_CASE(segments_alone_are_refused_since_nobody_knows_whose_they_are) {
  Left left(Left::How::closed);
  left.lose({"/rocksdb/", "/high-water", "/format"});
  const std::string told = left.refused();
  BOOST_TEST(contains(told, "'format' is missing"), told);
  BOOST_TEST(!left.harness.files().FileExists(left.harness.directory() + "/format", {}, nullptr).ok());
}

BOOST_AUTO_TEST_CASE(a_damaged_head_of_any_segment_of_the_log_is_refused_also_where_the_high_water_mark_is_lost) {
  Left left(Left::How::killed);
  const auto logs = left.logs();
  BOOST_REQUIRE(logs.size() > 3u);
  for (const auto& log : logs) {
    for (const std::size_t octet : {0, 4, 9, 30, 50}) {
      left.lose({"/high-water"});
      left.harness.files().change(log, [&](std::string& file) { file[octet] ^= 0x10; });
      const std::string told = left.refused();
      BOOST_TEST(contains(told, "segment "), log << ", octet " << octet << ": " << told);
    }
  }
  left.lose({"/high-water"});
  BOOST_REQUIRE(left.harness.open().has_value());
  left.harness.close();
}

BOOST_AUTO_TEST_CASE(a_segment_of_the_log_that_is_gone_is_refused_also_where_the_high_water_mark_is_lost) {
  Left left(Left::How::killed);
  const auto logs = left.logs();
  for (std::size_t i = 0; i + 1 < logs.size(); ++i) {  // of the last nobody knows any more that it was there
    left.lose({"/high-water", logs[i]});
    const std::string told = left.refused();
    BOOST_TEST(contains(told, "segment "), logs[i] << ": " << told);
  }
}

BOOST_AUTO_TEST_SUITE_END()
