/// The files that segments are: what is written comes back from its own place only, stays while somebody may read it, and is
/// durable when that was promised.
#include <rocksdb/file_system.h>

#include "archive/store/rocksdb/segments/block_log.hpp"
#include "archive/store/rocksdb/segments/segment_set.hpp"
#include "base/log.hpp"
#include "frames.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using namespace understudy::archive::store::segments;
using test::body_owner;
using test::ForgetfulFileSystem;
using test::frame_of;
using test::head;
using test::is_damaged;
using test::part_owner;

namespace {

const std::string directory = "/segments";

bool is_missing(const auto& result) {
  return !result && result.error().code == base::errc::not_found;
}

/// Counts how often a file is opened for reading, and does what is told before.
class WatchedFiles final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "WatchedFiles"; }
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* debug) override {
    ++opened;
    if (before_open) std::exchange(before_open, {})();
    auto status = target()->NewRandomAccessFile(path, options, result, debug);
    if (after_open) std::exchange(after_open, {})();
    return status;
  }
  int opened = 0;
  std::function<void()> before_open, after_open;
};

struct Disk {
  Disk() {
    base::log::set_silent();
    forgetful->CreateDir(directory, {}, nullptr);
  }
  std::shared_ptr<SegmentSet> open(std::size_t open_files = 8) {
    auto set = SegmentSet::open(files, directory, open_files);
    BOOST_REQUIRE(set.has_value());
    return *set;
  }
  std::shared_ptr<SegmentSet> after_power_cut(std::uint64_t seed = 0) {
    forgetful->come_back_after_power_cut(seed);
    return open();
  }
  bool has(const std::string& name) { return forgetful->FileExists(directory + "/" + name, {}, nullptr).ok(); }
  void write(const std::string& name, const std::string& octets) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    BOOST_REQUIRE(forgetful->NewWritableFile(directory + "/" + name, {}, &file, nullptr).ok());
    BOOST_REQUIRE(file->Append(octets, {}, nullptr).ok());
  }

  std::shared_ptr<ForgetfulFileSystem> forgetful = std::make_shared<ForgetfulFileSystem>();
  WatchedFiles files{forgetful};
};

/// A closed segment with one block in it.
std::pair<std::uint64_t, Location> make_segment(const std::shared_ptr<SegmentSet>& set, std::string_view octets) {
  auto writer = SegmentWriter::make(set, SegmentKind::blocks, head);
  BOOST_REQUIRE(writer.has_value());
  const Place place{(*writer)->number(), (*writer)->end()};
  const std::string frame = frame_of(octets, place);
  BOOST_REQUIRE((*writer)->append(frame).has_value());
  return {place.segment, {place.segment, place.offset, static_cast<std::uint32_t>(frame.size())}};
}

std::string payload_at(const SegmentSet& set, const Location& at) {
  auto loaded = set.load(at);
  return loaded ? std::string(loaded->payload()) : "error: " + loaded.error().text();
}

Location add(BlockLog& log, const Owner& owner, std::string_view octets, BlockLog::Leases& leases) {
  auto at = log.add(owner, octets, leases);
  BOOST_REQUIRE(at.has_value());
  return *at;
}

std::string coded_at(const SegmentSet& set, const Location& at) {
  auto loaded = set.load(at);
  if (!loaded) return "error: " + loaded.error().text();
  auto block = parse_block(loaded->payload());
  return block ? std::string(block->coded) : "error: " + block.error().text();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(segment_files)

BOOST_AUTO_TEST_CASE(a_set_knows_its_files_and_no_others) {
  Disk disk;
  for (const auto* name : {"0000000002.blk", "0000000001.log", "00000000012.log", "LOCK", "1.log", "0000000000.log",
                           "0000000003.tmp", "000000000x.blk", ".log", "0000000004"})
    disk.write(name, "12345");
  const auto set = disk.open();
  std::vector<std::uint64_t> numbers;
  for (const auto& segment : set->list()) {
    numbers.push_back(segment.number);
    BOOST_TEST(segment.octets == 5u);
    BOOST_TEST((segment.kind == (segment.number == 2 ? SegmentKind::blocks : SegmentKind::log)));
  }
  BOOST_TEST(numbers == (std::vector<std::uint64_t>{1, 2}));
  BOOST_TEST(set->begin(SegmentKind::log).number == 3u);
  BOOST_TEST((*SegmentSet::open(disk.files, "/none", 8))->list().empty());
}

BOOST_AUTO_TEST_CASE(what_lies_in_a_segment_is_read_from_its_place) {
  Disk disk;
  const auto set = disk.open();
  const auto [number, at] = make_segment(set, "octets");
  BOOST_TEST(payload_at(*set, at) == "octets");
  BOOST_TEST(set->find(number)->octets == at.offset + at.length);
  BOOST_TEST(set->read({number, at.offset + at.length - 2}, 100)->size() == 2u);
  BOOST_TEST(set->read({number, at.offset + at.length + 2}, 100)->empty());
  BOOST_TEST(is_missing(set->load({number + 1, at.offset, at.length})));
  for (const Location& wrong :
       {Location{number, at.offset - 1, at.length}, Location{number, at.offset + 1, at.length},
        Location{number, at.offset, at.length - 1}, Location{number, 1 << 20, at.length}, Location{number, at.offset, 0}})
    BOOST_TEST(is_damaged(set->load(wrong)));
}

BOOST_AUTO_TEST_CASE(a_retired_segment_stays_for_views_from_before_and_no_others) {
  Disk disk;
  const auto set = disk.open();
  const auto [number, at] = make_segment(set, "octets");
  auto first = set->view();
  auto second = set->view();
  set->retire(number);
  auto later = set->view();
  BOOST_TEST(set->list().empty());
  BOOST_TEST(payload_at(*set, at) == "octets");
  first.reset();
  BOOST_TEST(disk.has("0000000001.blk"));
  BOOST_TEST(payload_at(*set, at) == "octets");
  second.reset();
  BOOST_TEST(!disk.has("0000000001.blk"));
  BOOST_TEST(is_missing(set->load(at)));
  set->retire(number);  // again, and one that never was: nothing happens
  set->retire(99);
  later.reset();
}

BOOST_AUTO_TEST_CASE(views_end_in_any_order_and_each_segment_goes_with_the_last_that_needs_it) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::mt19937_64 draw(seed);
    Disk disk;
    const auto set = disk.open(2);
    std::vector<std::pair<Location, std::uint64_t>> segments;  // with the view that was taken last before it was retired
    std::vector<std::shared_ptr<const SegmentSet::View>> views;
    for (int i = 0; i < 12; ++i) {
      if (draw() % 2 == 0) views.push_back(set->view());
      const auto [number, at] = make_segment(set, "octets");
      if (draw() % 2 == 0) views.push_back(set->view());
      set->retire(number);
      segments.emplace_back(at, views.size());
    }
    while (true) {
      for (const auto& [at, before] : segments) {
        const bool needed = std::any_of(views.begin(), views.begin() + static_cast<std::ptrdiff_t>(before),
                                        [](const auto& view) { return view != nullptr; });
        BOOST_TEST((needed ? payload_at(*set, at) == "octets" : is_missing(set->load(at))), "seed " << seed);
      }
      std::vector<std::size_t> left;
      for (std::size_t i = 0; i < views.size(); ++i)
        if (views[i]) left.push_back(i);
      if (left.empty()) break;
      views[left[draw() % left.size()]].reset();
    }
    BOOST_TEST(disk.forgetful->octets_in(directory) == 0u, "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(so_many_files_stay_open_and_the_one_used_last_is_among_them) {
  Disk disk;
  const auto set = disk.open(2);
  std::vector<Location> at;
  for (int i = 0; i < 3; ++i) at.push_back(make_segment(set, "octets").second);
  const auto opens = [&](std::size_t of) {
    const int before = disk.files.opened;
    BOOST_TEST(payload_at(*set, at[of]) == "octets");
    return disk.files.opened - before;
  };
  BOOST_TEST((opens(0) == 1 && opens(1) == 1 && opens(0) == 0 && opens(1) == 0));
  BOOST_TEST(opens(0) == 0);  // 1 is the one used longest ago
  BOOST_TEST(opens(2) == 1);
  BOOST_TEST((opens(0) == 0 && opens(2) == 0 && opens(1) == 1));
}

BOOST_AUTO_TEST_CASE(a_segment_that_goes_while_it_is_opened_is_not_found_and_not_kept_open) {
  Disk disk;
  const auto set = disk.open();
  const auto [first, at_first] = make_segment(set, "first");
  disk.files.before_open = [&, number = first] { set->retire(number); };
  BOOST_TEST(is_missing(set->load(at_first)));

  const auto [second, at_second] = make_segment(set, "second");
  disk.files.after_open = [&, number = second] { set->retire(number); };
  BOOST_TEST(payload_at(*set, at_second) == "second");
  BOOST_TEST(is_missing(set->load(at_second)));  // an open file would keep its room taken

  const auto [third, at_third] = make_segment(set, "third");
  disk.forgetful->remove(directory + "/0000000003.blk");
  auto lost = set->load(at_third);
  BOOST_TEST((!lost && lost.error().code == base::errc::io), "a file that nobody let go is a loss");
}

BOOST_AUTO_TEST_CASE(what_was_synced_is_there_after_a_power_cut) {
  Disk disk;
  Location synced, unsynced;
  {
    const auto set = disk.open();
    auto writer = *SegmentWriter::make(set, SegmentKind::log, head);
    const auto write = [&](std::string_view octets) {
      const Place place{writer->number(), writer->end()};
      const std::string frame = frame_of(octets, place);
      BOOST_REQUIRE(writer->append(frame).has_value());
      return Location{place.segment, place.offset, static_cast<std::uint32_t>(frame.size())};
    };
    synced = write("synced");
    BOOST_REQUIRE(writer->sync().has_value());
    unsynced = write("unsynced");
    BOOST_TEST(payload_at(*set, unsynced) == "unsynced");
    disk.forgetful->die();
  }
  const auto set = disk.after_power_cut();
  BOOST_TEST(payload_at(*set, synced) == "synced");
  BOOST_TEST(is_damaged(set->load(unsynced)));
  BOOST_TEST(set->begin(SegmentKind::log).number == 2u);
}

BOOST_AUTO_TEST_CASE(the_name_of_a_segment_is_durable_before_anything_is_in_it) {
  Disk disk;
  {
    const auto set = disk.open();
    auto writer = SegmentWriter::make(set, SegmentKind::log, head);
    BOOST_REQUIRE(writer.has_value());
    disk.forgetful->die();
  }
  const auto set = disk.after_power_cut();
  BOOST_REQUIRE(set->list().size() == 1u);
  BOOST_TEST(set->begin(SegmentKind::log).number == 2u);  // never one number for two files
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(block_log)

BOOST_AUTO_TEST_CASE(a_full_segment_is_followed_by_another_and_is_durable_then) {
  Disk disk;
  std::vector<Location> at;
  {
    const auto set = disk.open();
    BlockLog log(set, head, 10'000);
    BOOST_TEST(log.current() == 0u);
    BlockLog::Leases leases;
    for (std::uint32_t i = 0; i < 40; ++i) at.push_back(add(log, body_owner(i), test::noise(1000, i), leases));
    BOOST_TEST(leases.size() == 4u);
    BOOST_TEST(log.current() == at.back().segment);
    for (const auto& segment : set->list())
      BOOST_TEST((segment.octets == 0 || (segment.octets >= 10'000 && segment.octets < 12'000)), segment.octets);
    for (std::uint32_t i = 0; i < 40; ++i) BOOST_TEST((coded_at(*set, at[i]) == test::noise(1000, i)));
    disk.forgetful->die();
  }
  const auto set = disk.after_power_cut();
  for (std::uint32_t i = 0; i < 40; ++i)
    if (at[i].segment != at.back().segment) BOOST_TEST((coded_at(*set, at[i]) == test::noise(1000, i)), i);
}

BOOST_AUTO_TEST_CASE(a_block_is_durable_when_somebody_has_asked_for_it_and_nobody_syncs_twice) {
  Disk disk;
  std::vector<Location> at;
  {
    const auto set = disk.open();
    BlockLog log(set, head, 10'000);
    BlockLog::Leases leases;
    for (std::uint32_t i = 0; i < 15; ++i) at.push_back(add(log, part_owner("p"), test::noise(1000, i), leases));
    const auto syncs = [&] { return disk.forgetful->calls(ForgetfulFileSystem::Call::sync); };
    std::uint64_t before = syncs();
    BOOST_REQUIRE(log.sync_through(at[2]).has_value());  // of a segment that was closed
    BOOST_TEST(syncs() == before);
    BOOST_REQUIRE(log.sync_through(at[12]).has_value());
    BOOST_TEST(syncs() == before + 1);
    BOOST_REQUIRE(log.sync_through(at[14]).has_value());  // went with it
    BOOST_TEST(syncs() == before + 1);
    at.push_back(add(log, part_owner("p"), "not asked for", leases));
    disk.forgetful->die();
  }
  const auto set = disk.after_power_cut();
  for (std::uint32_t i = 0; i < 15; ++i) BOOST_TEST((coded_at(*set, at[i]) == test::noise(1000, i)), i);
  BOOST_TEST(is_damaged(set->load(at.back())));
}

BOOST_AUTO_TEST_CASE(a_segment_is_leased_while_somebody_has_blocks_in_it_that_no_record_names) {
  Disk disk;
  const auto set = disk.open();
  BlockLog log(set, head, 3000);
  BlockLog::Leases first, second;
  const auto one = add(log, body_owner(0), test::noise(2000, 1), first);
  const auto two = add(log, body_owner(0), test::noise(2000, 2), second);
  const auto three = add(log, body_owner(1), test::noise(2000, 3), second);
  BOOST_TEST((one.segment == two.segment && three.segment == two.segment + 1));
  first.clear();
  BOOST_TEST(log.is_leased(one.segment));
  second.erase(two.segment);
  BOOST_TEST(!log.is_leased(one.segment));
  BOOST_TEST(log.is_leased(three.segment));
  second.clear();
  BOOST_TEST(!log.is_leased(three.segment));
  BOOST_TEST(!log.is_leased(99));
}

BOOST_AUTO_TEST_CASE(on_a_full_medium_a_block_is_refused_and_what_was_written_stays) {
  for (std::uint64_t room = 0; room < 3300; room += 10) {
    Disk disk;
    const auto set = disk.open();
    BlockLog log(set, head, 10'000);
    BlockLog::Leases leases;
    std::vector<Location> at{add(log, body_owner(0), test::noise(1000, 0), leases)};
    disk.forgetful->set_room(room);
    base::Result<Location> added = at[0];
    for (std::uint32_t i = 1; added && i <= 20; ++i) {
      added = log.add(body_owner(i), test::noise(1000, i), leases);
      if (added) at.push_back(*added);
    }
    BOOST_REQUIRE(!added);
    BOOST_TEST((added.error().code == base::errc::busy));
    auto again = log.add(body_owner(0), test::noise(3000, 0), leases);
    BOOST_TEST((!again && again.error().code == base::errc::busy));
    disk.forgetful->heal();
    BOOST_REQUIRE(log.sync_through(at.back()).has_value());
    at.push_back(add(log, body_owner(0), test::noise(1000, at.size()), leases));
    BOOST_TEST(at.back().segment != at.front().segment);
    BOOST_REQUIRE(log.sync_through(at.back()).has_value());
    disk.forgetful->die();
    const auto after = disk.after_power_cut();
    for (std::uint32_t i = 0; i < at.size(); ++i)
      BOOST_TEST((coded_at(*after, at[i]) == test::noise(1000, i)), room << " " << i);
    BOOST_TEST(set->list().size() == after->list().size());  // what could not be begun left no name
  }
}

BOOST_AUTO_TEST_SUITE_END()
