/// The log, read again: every commit that was written whole and in its turn, in order, over the ends of segments; and nothing
/// behind the first that is not.
#include "archive/store/rocksdb/segments/log_walk.hpp"

#include "archive/store/rocksdb/segments/commit_log.hpp"
#include "base/bytes.hpp"
#include "base/log.hpp"
#include "tests/support/store_harness.hpp"

using namespace understudy;
using namespace understudy::archive::store;
using namespace understudy::archive::store::segments;
using test::ForgetfulFileSystem;

namespace {

const std::string directory = "/segments";
const base::Digest incarnation = base::sha256("this incarnation");
const base::Digest another = base::sha256("another incarnation");
constexpr std::uint64_t all_in_one = 1 << 20;

struct Disk {
  Disk() {
    base::log::set_silent();
    files.CreateDir(directory, {}, nullptr);
  }
  std::shared_ptr<SegmentSet> open() {
    auto set = SegmentSet::open(files, directory, 4);
    BOOST_REQUIRE(set.has_value());
    return *set;
  }
  std::string path(std::uint64_t segment) { return directory + "/000000000" + std::to_string(segment) + ".log"; }
  ForgetfulFileSystem files;
};

/// What the commit of this number says; `life` tells two of the same number apart.
std::string batch_of(std::uint64_t number, const std::string& life = "") {
  return "batch " + std::to_string(number) + life + test::prose(number * 37 % 400, number);
}

/// Commits `last` + 1 to `to`, each with a block in front, in new segments.
std::vector<Place> write_log(Disk& disk, std::uint64_t last, std::uint64_t to, std::uint64_t segment_octets = all_in_one,
                             const std::string& life = "", const base::Digest& whose = incarnation) {
  CommitLog log(disk.open(), whose, last, segment_octets);
  std::vector<Place> places;
  BOOST_REQUIRE(log.begin().has_value());
  for (std::uint64_t number = last + 1; number <= to; ++number) {
    BOOST_REQUIRE(log.begin().has_value());
    log.add({}, "a block");
    places.push_back(log.place());
    BOOST_REQUIRE(log.write(number, batch_of(number, life)).has_value());
  }
  BOOST_REQUIRE(log.sync().has_value());
  return places;
}

struct Read {
  std::vector<std::string> batches;
  std::vector<Place> places;
  std::uint64_t last = 0;
  Place end;
  bool rest = false, commits_behind = false;
  std::vector<std::uint64_t> visited;
};

Read walk(Disk& disk, Place from = {}, std::uint64_t last = 0) {
  auto walk = LogWalk::begin(disk.open(), incarnation, from, last);
  BOOST_REQUIRE(walk.has_value());
  Read read;
  for (;;) {
    auto next = walk->next();
    BOOST_REQUIRE(next.has_value());
    if (!*next) break;
    BOOST_TEST((*next)->commit.number == last + 1 + read.batches.size());
    read.batches.push_back((*next)->commit.batch);
    read.places.push_back((*next)->place);
  }
  read.last = walk->last();
  read.end = walk->place();
  read.rest = walk->has_rest();
  auto behind = walk->has_commits_behind();
  BOOST_REQUIRE(behind.has_value());
  read.commits_behind = *behind;
  read.visited = walk->visited();
  return read;
}

/// Nothing is left out and nothing is from elsewhere.
void require_first(const Read& read, std::uint64_t count, std::string_view when, std::uint64_t after = 0) {
  BOOST_REQUIRE_MESSAGE(read.batches.size() == count, when << ": " << read.batches.size() << " commits, not " << count);
  for (std::uint64_t i = 0; i < count; ++i) BOOST_REQUIRE_MESSAGE(read.batches[i] == batch_of(after + i + 1), when);
}

/// A segment written by hand.
void write_segment(Disk& disk, std::uint64_t segment, std::uint64_t last,
                   const std::vector<std::pair<std::uint64_t, std::string>>& commits) {
  std::string octets;
  append_frame(octets, {segment, 0}, FrameKind::head, {Head{incarnation, last}.encode()});
  for (const auto& [number, batch] : commits)
    append_frame(octets, {segment, octets.size()}, FrameKind::commit, {encode_commit(number, batch)});
  std::unique_ptr<rocksdb::FSWritableFile> file;
  BOOST_REQUIRE(disk.files.NewWritableFile(disk.path(segment), {}, &file, nullptr).ok());
  BOOST_REQUIRE(file->Append(octets, {}, nullptr).ok());
}

std::vector<std::pair<std::uint64_t, std::string>> commits(std::uint64_t from, std::uint64_t to, const std::string& life = "") {
  std::vector<std::pair<std::uint64_t, std::string>> out;
  for (std::uint64_t number = from; number <= to; ++number) out.emplace_back(number, batch_of(number, life));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_walk)

BOOST_AUTO_TEST_CASE(a_log_that_is_not_there_has_no_commits) {
  Disk disk;
  const Read read = walk(disk);
  BOOST_TEST((read.batches.empty() && read.visited.empty() && !read.rest && !read.commits_behind));
  auto gone = LogWalk::begin(disk.open(), incarnation, {3, 100}, 7);
  BOOST_TEST((!gone && gone.error().code == base::errc::not_found));
}

BOOST_AUTO_TEST_CASE(every_commit_is_read_in_order_over_the_ends_of_segments_from_any_of_them_on) {
  Disk disk;
  const auto places = write_log(disk, 0, 60, 2000);
  const Read all = walk(disk);
  require_first(all, 60, "from the beginning");
  BOOST_TEST((all.places == places));
  BOOST_TEST(all.visited.size() > 5u);
  BOOST_TEST((!all.rest && !all.commits_behind));
  for (std::uint64_t from = 1; from <= 60; ++from) {
    const Read read = walk(disk, places[from - 1], from);
    require_first(read, 60 - from, "from " + std::to_string(from), from);
    BOOST_TEST(read.visited.front() == places[from - 1].segment);
  }
}

BOOST_AUTO_TEST_CASE(a_group_that_was_begun_anew_leaves_nothing_in_the_log) {
  Disk disk;
  CommitLog log(disk.open(), incarnation, 0, all_in_one);
  BOOST_REQUIRE(log.begin().has_value());
  log.add({}, "a block that is dropped");
  BOOST_REQUIRE(log.begin().has_value());
  const Location at = log.add({}, "a block");
  BOOST_REQUIRE(log.write(1, batch_of(1)).has_value());
  require_first(walk(disk), 1, "after a group that was dropped");
  auto block = disk.open()->load(at);
  BOOST_REQUIRE(block.has_value());
  BOOST_TEST(parse_block(block->payload())->coded == "a block");
}

BOOST_AUTO_TEST_CASE(every_opening_begins_a_segment_and_the_log_goes_on_in_it) {
  Disk disk;
  for (std::uint64_t opening = 0; opening < 5; ++opening) write_log(disk, opening * 3, opening * 3 + 3);
  write_log(disk, 15, 15);  // opened, and nothing was written
  write_log(disk, 15, 16);
  require_first(walk(disk), 16, "over openings");
}

BOOST_AUTO_TEST_CASE(of_two_segments_that_follow_the_same_commit_the_later_one_counts) {
  Disk disk;
  write_log(disk, 0, 5);
  write_log(disk, 5, 7, all_in_one, " of a life that was lost");
  write_log(disk, 5, 9);
  require_first(walk(disk), 9, "two followers");
}

BOOST_AUTO_TEST_CASE(a_log_cut_anywhere_has_the_commits_that_are_whole) {
  Disk disk;
  const auto places = write_log(disk, 0, 6);
  const auto whole = disk.files.save();
  const std::string octets = whole.at(disk.path(1));
  for (std::size_t cut = 0; cut < octets.size(); ++cut) {
    disk.files.load(whole);
    disk.files.change(disk.path(1), [&](std::string& file) { file.resize(cut); });
    std::uint64_t count = 0;
    while (count < 6 &&
           places[count].offset + frame_head_octets + payload_octets(std::string_view(octets).substr(places[count].offset)) <=
               cut)
      ++count;
    const Read read = walk(disk);
    require_first(read, count, "cut to " + std::to_string(cut));
    BOOST_TEST(!read.commits_behind);
    write_log(disk, count, count + 2);  // and the next opening goes on from there
    require_first(walk(disk), count + 2, "gone on after a cut to " + std::to_string(cut));
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_octet_anywhere_ends_the_log_at_its_commit_and_what_is_behind_is_told) {
  Disk disk;
  const auto places = write_log(disk, 0, 4);
  const auto whole = disk.files.save();
  const std::size_t head = frame_head_octets + Head{}.encode().size();
  for (std::size_t at = 0; at < whole.at(disk.path(1)).size(); ++at) {
    disk.files.load(whole);
    disk.files.change(disk.path(1), [&](std::string& file) { file[at] ^= 0x20; });
    const Read read = walk(disk);
    const auto hit = static_cast<std::uint64_t>(std::ranges::upper_bound(places, at, {}, &Place::offset) - places.begin());
    if (at < head) {
      require_first(read, 0, "in the head");
      continue;
    }
    BOOST_TEST(read.batches.size() <= hit, at);  // a block in front may end it one sooner
    BOOST_TEST(read.batches.size() + 1 >= hit, at);
    require_first(read, read.batches.size(), "octet " + std::to_string(at));
    BOOST_TEST(read.rest, at);
    if (hit < 4) BOOST_TEST(read.commits_behind, at);
  }
}

BOOST_AUTO_TEST_CASE(a_hole_ends_the_log_and_no_commit_behind_it_is_read) {
  Disk disk;
  const auto places = write_log(disk, 0, 40, 4000);
  disk.files.change(disk.path(2), [](std::string& file) { std::fill(file.begin() + 1000, file.begin() + 2000, '\0'); });
  const Read read = walk(disk);
  BOOST_TEST(read.end.segment == 2u);
  BOOST_TEST(read.end.offset <= 1000u);
  require_first(read, read.batches.size(), "before a hole");
  BOOST_TEST((read.rest && read.commits_behind));
  write_log(disk, read.last, 50, 4000);  // what is behind is never read again, whatever its numbers are
  require_first(walk(disk), 50, "gone on after a hole");
}

BOOST_AUTO_TEST_CASE(a_segment_whose_head_is_gone_is_no_part_of_the_log) {
  Disk disk;
  write_log(disk, 0, 3);
  write_log(disk, 3, 6, all_in_one, " of a life that was lost");
  disk.files.change(disk.path(2), [](std::string& file) { file.resize(20); });
  require_first(walk(disk), 3, "without the second");
  write_log(disk, 3, 6);
  require_first(walk(disk), 6, "with a third");
}

BOOST_AUTO_TEST_CASE(segments_of_another_incarnation_do_not_count) {
  Disk disk;
  write_log(disk, 0, 3);
  write_log(disk, 3, 9, all_in_one, " of another", another);
  require_first(walk(disk), 3, "beside another incarnation");
  write_log(disk, 3, 5);
  require_first(walk(disk), 5, "behind another incarnation");
}

BOOST_AUTO_TEST_CASE(a_head_from_before_a_cut_does_not_take_the_log_back) {
  Disk disk;
  write_segment(disk, 1, 0, commits(1, 5));
  write_segment(disk, 2, 5, commits(6, 9, " that was lost"));
  disk.files.change(disk.path(1), [](std::string& file) { file.resize(file.size() - 1); });  // and with it commit 5
  write_segment(disk, 3, 4, commits(5, 8));
  require_first(walk(disk), 8, "past the head of a segment before");
}

BOOST_AUTO_TEST_CASE(a_number_that_jumps_ends_the_log_and_one_that_was_read_is_passed_over) {
  Disk disk;
  auto jumping = commits(1, 3);
  jumping.emplace_back(5, batch_of(5));
  write_segment(disk, 1, 0, jumping);
  Read read = walk(disk);
  require_first(read, 3, "before a jump");
  BOOST_TEST((read.rest && read.commits_behind));

  Disk twice;
  auto repeated = commits(1, 3);
  repeated.emplace_back(2, "another second one");
  repeated.emplace_back(4, batch_of(4));
  write_segment(twice, 1, 0, repeated);
  require_first(walk(twice), 4, "past one that was read");
}

BOOST_AUTO_TEST_CASE(a_length_that_lies_ends_the_log) {
  for (const std::uint32_t length : {0xFFFFFFFFu, 0x80000000u, 0u, 1u, 100'000u}) {
    Disk disk;
    const auto places = write_log(disk, 0, 3);
    std::string field;
    base::put_be(field, length);
    disk.files.change(disk.path(1), [&](std::string& file) { file.replace(places[1].offset, 4, field); });
    const Read read = walk(disk);
    require_first(read, 1, "length " + std::to_string(length));
    BOOST_TEST(read.rest);
  }
}

BOOST_AUTO_TEST_CASE(a_place_beyond_the_end_of_its_segment_goes_on_with_what_follows_its_commit) {
  Disk disk;
  const auto places = write_log(disk, 0, 5);
  disk.files.change(disk.path(1), [&](std::string& file) { file.resize(places[3].offset); });
  require_first(walk(disk, places[4], 5), 0, "nothing there");  // the database knew more than the log that was cut
  write_log(disk, 5, 7);
  require_first(walk(disk, places[4], 5), 2, "the segment after", 5);
}

BOOST_AUTO_TEST_CASE(on_a_full_medium_a_commit_is_refused_and_the_log_goes_on_without_it) {
  for (std::uint64_t room = 0; room < 1200; ++room) {
    Disk disk;
    CommitLog log(disk.open(), incarnation, 0, all_in_one);
    const auto write = [&](std::uint64_t number, const std::string& life = "") {
      auto begun = log.begin();
      if (!begun) return begun;
      log.add({}, "a block");
      return log.write(number, batch_of(number, life));
    };
    BOOST_REQUIRE(write(1).has_value());
    disk.files.set_room(room);
    std::uint64_t written = 1;
    base::Result<> last;
    while (last = write(written + 1), last) ++written;
    BOOST_TEST((last.error().code == base::errc::busy));
    for (int again = 0; again < 3; ++again) {
      auto refused = write(written + 1, std::string(2000, 'x') + " that was refused");
      BOOST_TEST((!refused && refused.error().code == base::errc::busy));
    }
    require_first(walk(disk), written, "full after " + std::to_string(room));
    disk.files.heal();
    BOOST_REQUIRE(write(written + 1).has_value());
    BOOST_REQUIRE(write(written + 2).has_value());
    BOOST_REQUIRE(log.sync().has_value());
    disk.files.die();
    disk.files.come_back_after_power_cut(0);
    require_first(walk(disk), written + 2, "with room again after " + std::to_string(room));
  }
}

BOOST_AUTO_TEST_SUITE_END()
