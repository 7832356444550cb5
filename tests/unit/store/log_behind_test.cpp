/// What stands behind the end of the log: a later commit is found wherever it is, and nothing that mail may hold keeps a start
/// for long.
#include "archive/store/rocksdb/segments/log_walk.hpp"
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

struct Disk {
  Disk() {
    base::log::set_silent();
    files.CreateDir(directory, {}, nullptr);
  }
  std::string path(std::uint64_t segment) { return directory + "/000000000" + std::to_string(segment) + ".log"; }
  ForgetfulFileSystem files;
};

struct Written {
  std::uint64_t number;
  std::size_t octets;
};

/// A segment of commits, then of other octets.
void write_segment(Disk& disk, std::uint64_t segment, std::uint64_t last, const std::vector<Written>& commits,
                   std::string_view then = {}) {
  std::string octets;
  append_frame(octets, {segment, 0}, FrameKind::head, {Head{incarnation, last}.encode()});
  for (const auto& commit : commits)
    append_frame(octets, {segment, octets.size()}, FrameKind::commit,
                 {encode_commit(commit.number, test::noise(commit.octets, commit.number))});
  octets += then;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  BOOST_REQUIRE(disk.files.NewWritableFile(disk.path(segment), {}, &file, nullptr).ok());
  BOOST_REQUIRE(file->Append(octets, {}, nullptr).ok());
}

struct Walked {
  std::uint64_t last = 0;
  bool commits_behind = false;
};

Walked walk(Disk& disk) {
  auto set = SegmentSet::open(disk.files, directory, 4);
  BOOST_REQUIRE(set.has_value());
  auto walk = LogWalk::begin(*set, incarnation, {}, 0);
  BOOST_REQUIRE(walk.has_value());
  for (;;) {
    auto next = walk->next();
    BOOST_REQUIRE(next.has_value());
    if (!*next) break;
  }
  auto behind = walk->has_commits_behind();
  BOOST_REQUIRE(behind.has_value());
  return {walk->last(), *behind};
}

/// Heads of frames, each as long as all that comes behind it.
std::string false_heads(std::size_t octets, std::uint64_t number) {
  std::string out;
  constexpr std::size_t each = frame_head_octets + 8;
  while (out.size() + each <= octets) {
    base::put_be(out, static_cast<std::uint32_t>(octets - out.size() - frame_head_octets));
    base::put_be(out, static_cast<std::uint8_t>(FrameKind::commit));
    base::put_be(out, std::uint64_t{0});  // the check
    base::put_be(out, number);
  }
  out.resize(octets);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_behind)

BOOST_AUTO_TEST_CASE(octets_by_chance_behind_the_end_are_no_commits_and_take_no_time, *boost::unit_test::timeout(20)) {
  Disk disk;
  write_segment(disk, 1, 0, {{1, 100}, {2, 100}}, test::noise(48u << 20, 1));
  const Walked walked = walk(disk);
  BOOST_TEST(walked.last == 2u);
  BOOST_TEST(!walked.commits_behind);
}

BOOST_AUTO_TEST_CASE(what_looks_like_commits_of_any_other_number_is_told_from_them_at_once, *boost::unit_test::timeout(20)) {
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{2}, ~std::uint64_t{0}}) {
    Disk disk;
    write_segment(disk, 1, 0, {{1, 100}, {2, 100}}, false_heads(8u << 20, number));
    BOOST_TEST(!walk(disk).commits_behind, number);
  }
}

BOOST_AUTO_TEST_CASE(what_looks_like_later_commits_all_over_is_taken_for_them_before_it_takes_long,
                     *boost::unit_test::timeout(20)) {
  Disk disk;
  write_segment(disk, 1, 0, {{1, 100}, {2, 100}}, false_heads(8u << 20, 3));
  const Walked walked = walk(disk);
  BOOST_TEST(walked.last == 2u);
  BOOST_TEST(walked.commits_behind);
}

BOOST_AUTO_TEST_CASE(a_later_commit_of_any_size_is_found_behind_a_hole_of_any_octets) {
  for (const std::size_t size : {0, 1, 100, 5000, 3'000'000}) {
    for (const char filling : {'\0', '\xFF', '\x02'}) {
      Disk disk;
      write_segment(disk, 1, 0, {{1, 100}, {2, 4000}, {3, size}});
      const std::size_t begin = frame_head_octets + Head{}.encode().size();
      disk.files.change(disk.path(1), [&](std::string& file) {
        std::fill(file.begin() + static_cast<std::ptrdiff_t>(begin) + 200,
                  file.begin() + static_cast<std::ptrdiff_t>(begin) + 4000, filling);
      });
      const Walked walked = walk(disk);
      BOOST_TEST(walked.last == 1u);
      BOOST_TEST(walked.commits_behind, size << " octets");
      disk.files.change(disk.path(1), [&](std::string& file) { file.back() ^= 1; });
      BOOST_TEST(!walk(disk).commits_behind, size << " octets, damaged");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_later_commit_is_found_in_a_segment_whose_head_is_damaged_and_not_in_one_that_was_begun_before) {
  Disk disk;
  write_segment(disk, 1, 0, {{1, 100}, {2, 100}});
  write_segment(disk, 2, 2, {{3, 100}, {4, 100}});
  disk.files.change(disk.path(2), [](std::string& file) { file[20] ^= 1; });
  BOOST_TEST(walk(disk).last == 2u);
  BOOST_TEST(walk(disk).commits_behind);
  write_segment(disk, 3, 2, {{3, 200}});  // who began it had the choice
  BOOST_TEST(walk(disk).last == 3u);
  BOOST_TEST(!walk(disk).commits_behind);
}

BOOST_AUTO_TEST_CASE(a_segment_that_follows_a_commit_which_is_gone_tells_of_it_where_it_was_begun_last) {
  Disk disk;
  write_segment(disk, 1, 0, {{1, 100}, {2, 100}});
  write_segment(disk, 2, 9, {});
  BOOST_TEST(walk(disk).commits_behind);
  write_segment(disk, 3, 2, {{3, 100}});
  BOOST_TEST(walk(disk).last == 3u);
  BOOST_TEST(!walk(disk).commits_behind);
}

BOOST_AUTO_TEST_SUITE_END()
