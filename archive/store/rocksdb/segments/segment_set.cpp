#include "archive/store/rocksdb/segments/segment_set.hpp"

#include <algorithm>
#include <cstdio>

#include "archive/store/rocksdb/status.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::archive::store::segments {
namespace {

constexpr std::string_view log_ending = ".log";
constexpr std::string_view blocks_ending = ".blk";
constexpr std::size_t number_digits = 10;

/// nullopt: a file that is none of ours.
std::optional<Segment> segment_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot < number_digits) return std::nullopt;
  const auto number = base::to_number(name.substr(0, dot));
  const auto ending = name.substr(dot);
  if (!number || *number == 0 || (ending != log_ending && ending != blocks_ending)) return std::nullopt;
  return Segment{*number, ending == log_ending ? SegmentKind::log : SegmentKind::blocks, 0};
}

}  // namespace

SegmentSet::View::~View() {
  set_->end_view(moment_);
}

base::Result<std::shared_ptr<SegmentSet>> SegmentSet::open(rocksdb::FileSystem& files, std::string directory,
                                                           std::size_t open_files) {
  std::shared_ptr<SegmentSet> set(new SegmentSet(files, std::move(directory), std::max<std::size_t>(open_files, 1)));
  std::vector<std::string> names;
  const auto listed = files.GetChildren(set->directory_, {}, &names, nullptr);
  if (listed.IsNotFound() || listed.IsPathNotFound()) return set;
  if (!listed.ok()) return fail(set->directory_, listed);
  for (const auto& name : names) {
    auto segment = segment_of(name);
    if (!segment || set->path(*segment) != set->directory_ + "/" + name) continue;
    const auto sized = files.GetFileSize(set->path(*segment), {}, &segment->octets, nullptr);
    if (!sized.ok()) return fail(set->path(*segment), sized);
    set->octets_ += segment->octets;
    set->last_ = std::max(set->last_, segment->number);
    set->segments_.emplace(segment->number, *segment);
  }
  return set;
}

std::vector<Segment> SegmentSet::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Segment> out;
  for (const auto& [number, segment] : segments_) out.push_back(segment);
  return out;
}

std::optional<Segment> SegmentSet::find(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  return find_locked(number);
}

std::optional<Segment> SegmentSet::find_locked(std::uint64_t number) const {
  if (const auto found = segments_.find(number); found != segments_.end()) return found->second;
  const auto retired = std::ranges::find(retired_, number, [](const Retired& each) { return each.segment.number; });
  if (retired == retired_.end()) return std::nullopt;
  return retired->segment;
}

std::string SegmentSet::path(const Segment& segment) const {
  std::string number = std::to_string(segment.number);
  if (number.size() < number_digits) number.insert(0, number_digits - number.size(), '0');
  return directory_ + "/" + number + std::string(segment.kind == SegmentKind::log ? log_ending : blocks_ending);
}

base::Result<SegmentSet::Reading> SegmentSet::open_reading(std::uint64_t number) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(reading_, number, &std::pair<std::uint64_t, Reading>::first);
    if (found != reading_.end()) {
      reading_.splice(reading_.begin(), reading_, found);
      return reading_.front().second;
    }
  }
  const auto segment = find(number);
  if (!segment) return base::fail("segment " + std::to_string(number), base::errc::not_found);
  rocksdb::FileOptions options;
  options.use_mmap_reads = false;
  std::unique_ptr<rocksdb::FSRandomAccessFile> opened;
  const auto status = files_.NewRandomAccessFile(path(*segment), options, &opened, nullptr);
  const bool still_there = find(number).has_value();  // it may have gone since it was found: then it is no loss
  if (!status.ok() && !still_there) return base::fail("segment " + std::to_string(number), base::errc::not_found);
  if (!status.ok()) return fail(path(*segment), status);
  Reading file = std::move(opened);
  keep_open(number, file);
  return file;
}

/// A file that has gone keeps its room while it is open: it is not among those that stay open.
void SegmentSet::keep_open(std::uint64_t number, const Reading& file) const {
  const std::lock_guard lock(mutex_);
  if (!find_locked(number)) return;
  reading_.emplace_front(number, file);
  if (reading_.size() > open_files_) reading_.pop_back();
}

base::Result<std::string> SegmentSet::read(Place from, std::size_t octets) const {
  auto file = open_reading(from.segment);
  if (!file) return std::unexpected(file.error());
  std::string out(octets, '\0');
  rocksdb::Slice got;
  const auto status = (*file)->Read(from.offset, octets, {}, &got, out.data(), nullptr);
  if (!status.ok()) return fail("segment " + std::to_string(from.segment), status);
  if (got.data() != out.data()) out.replace(0, got.size(), got.data(), got.size());
  out.resize(got.size());
  return out;
}

base::Result<LoadedFrame> SegmentSet::load(const Location& at) const {
  auto octets = read({at.segment, at.offset}, at.length);
  if (!octets) return std::unexpected(octets.error());
  auto frame = parse_frame(*octets, {at.segment, at.offset});
  if (!frame) return std::unexpected(frame.error());
  return LoadedFrame{std::move(*octets), frame->kind};
}

Segment SegmentSet::begin(SegmentKind kind) {
  const std::lock_guard lock(mutex_);
  const Segment segment{++last_, kind, 0};
  segments_.emplace(segment.number, segment);
  return segment;
}

void SegmentSet::close(std::uint64_t number, std::uint64_t octets) {
  const std::lock_guard lock(mutex_);
  if (const auto found = segments_.find(number); found != segments_.end()) found->second.octets = octets;
}

void SegmentSet::retire(std::uint64_t number) {
  std::vector<Segment> removable;
  {
    const std::lock_guard lock(mutex_);
    const auto found = segments_.find(number);
    if (found == segments_.end()) return;
    octets_ -= found->second.octets;
    retired_.push_back({found->second, ++moment_});
    segments_.erase(found);
    removable = take_removable();
  }
  remove(removable);
}

std::shared_ptr<const SegmentSet::View> SegmentSet::view() {
  const std::lock_guard lock(mutex_);
  views_.emplace(moment_, 0);
  return std::shared_ptr<const View>(new View(shared_from_this(), moment_));
}

void SegmentSet::end_view(std::uint64_t moment) {
  std::vector<Segment> removable;
  {
    const std::lock_guard lock(mutex_);
    views_.erase(views_.find(moment));
    removable = take_removable();
  }
  remove(removable);
}

std::vector<Segment> SegmentSet::take_removable() {
  std::vector<Segment> out;
  std::erase_if(retired_, [&](const Retired& each) {
    if (!views_.empty() && views_.begin()->first < each.moment) return false;
    out.push_back(each.segment);
    reading_.remove_if([&](const auto& reading) { return reading.first == each.segment.number; });
    return true;
  });
  return out;
}

/// A file that cannot be removed is dead weight and no danger: the next start finds nothing alive in it.
void SegmentSet::remove(const std::vector<Segment>& segments) {
  for (const Segment& segment : segments) {
    const auto status = files_.DeleteFile(path(segment), {}, nullptr);
    if (!status.ok() && !status.IsNotFound() && !status.IsPathNotFound())
      base::log::warn("store.segment_left_behind", {{"file", path(segment)}, {"why", status.ToString()}});
  }
}

}  // namespace understudy::archive::store::segments
