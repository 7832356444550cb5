#include "archive/store/rocksdb/segments/log_walk.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace understudy::archive::store::segments {
namespace {

constexpr std::size_t read_at_a_time = 1 << 20;
constexpr std::uint64_t most_ahead = 1ull << 40;     // commits: more than there will be
constexpr std::uint64_t most_hashed = 256ull << 20;  // of what only looks like commits: a second

}  // namespace

base::Result<LogWalk> LogWalk::begin(std::shared_ptr<SegmentSet> set, const base::Digest& incarnation, Place from,
                                     std::uint64_t last) {
  LogWalk walk(std::move(set), from, last);
  if (from.segment != 0) {
    if (!walk.set_->find(from.segment))
      return base::fail("segment " + std::to_string(from.segment) + " of the log", base::errc::not_found);
    walk.visited_.push_back(from.segment);
  }
  auto heads = walk.read_heads(incarnation);
  if (!heads) return std::unexpected(heads.error());
  return walk;
}

/// A segment whose head did not reach the disk, or only in part, has nothing that was acknowledged. Of two that follow the same
/// commit the later one counts: when it was begun, the other had nothing of worth.
base::Result<> LogWalk::read_heads(const base::Digest& incarnation) {
  const std::size_t octets = frame_head_octets + Head{}.encode().size();
  for (const Segment& segment : set_->list()) {
    if (segment.kind != SegmentKind::log || segment.number <= at_.segment) continue;
    auto read = set_->read({segment.number, 0}, octets);
    if (!read) return std::unexpected(read.error());
    const auto frame = parse_frame(*read, {segment.number, 0});
    if (!frame || frame->kind != FrameKind::head) {
      headless_.push_back(segment.number);
      continue;
    }
    auto head = Head::decode(frame->payload);
    if (!head) return std::unexpected(head.error());
    if (head->incarnation == incarnation) followers_[head->last_commit] = {segment.number, octets};
  }
  return {};
}

bool LogWalk::enter_next() {
  const auto found = followers_.find(last_);
  if (found == followers_.end() || found->second.segment <= at_.segment) return false;
  at_ = found->second;
  visited_.push_back(at_.segment);
  return true;
}

base::Result<std::string_view> LogWalk::octets_here(std::size_t octets) {
  const bool same = buffered_.segment == at_.segment && buffered_.offset <= at_.offset;
  std::size_t skip = same ? at_.offset - buffered_.offset : 0;
  if (!same || skip + octets > buffer_.size()) {
    auto read = set_->read(at_, std::max(octets, read_at_a_time));
    if (!read) return std::unexpected(read.error());
    buffer_ = std::move(*read);
    buffered_ = at_;
    skip = 0;
  }
  return std::string_view(buffer_).substr(skip, octets);
}

base::Result<std::optional<LoadedFrame>> LogWalk::frame() {
  const auto segment = set_->find(at_.segment);
  if (!segment) return std::nullopt;
  auto head = octets_here(frame_head_octets);
  if (!head) return std::unexpected(head.error());
  if (head->size() < frame_head_octets) return std::nullopt;
  const std::uint64_t whole = frame_head_octets + std::uint64_t{payload_octets(*head)};
  if (at_.offset + whole > segment->octets) return std::nullopt;  // a length that is none takes no memory
  auto octets = octets_here(whole);
  if (!octets) return std::unexpected(octets.error());
  auto parsed = parse_frame(*octets, at_);
  if (!parsed) return std::nullopt;
  return LoadedFrame{std::string(*octets), parsed->kind};
}

base::Result<std::optional<LoggedCommit>> LogWalk::next() {
  for (;;) {
    while (enter_next()) {
    }
    auto loaded = frame();
    if (!loaded) return std::unexpected(loaded.error());
    if (!*loaded) return std::nullopt;
    const Place place = at_;
    octets_ += (*loaded)->octets.size();
    if ((*loaded)->kind == FrameKind::commit) {
      auto commit = parse_commit((*loaded)->payload());
      if (!commit) return base::fail("segment " + std::to_string(at_.segment), commit.error());
      if (commit->number > last_ + 1) return std::nullopt;
      at_.offset += (*loaded)->octets.size();
      if (commit->number <= last_) continue;
      last_ = commit->number;
      return LoggedCommit{std::move(*commit), place};
    }
    at_.offset += (*loaded)->octets.size();
  }
}

/// What a hash would mostly be wasted on: in octets by chance, one in many millions passes.
bool LogWalk::may_be_later_commit(std::string_view frame) const {
  if (kind_of(frame) != FrameKind::commit) return false;
  base::Reader payload(frame.substr(frame_head_octets, payload_octets(frame)));
  const std::uint64_t number = payload.u64();
  return payload.ok() && number > last_ && number - last_ <= most_ahead;
}

base::Result<bool> LogWalk::has_commits_from(Place from, std::uint64_t& hashed) const {
  const auto segment = set_->find(from.segment);
  if (!segment || segment->octets <= from.offset) return false;
  auto rest = set_->read(from, segment->octets - from.offset);
  if (!rest) return std::unexpected(rest.error());
  for (std::string_view octets = *rest; octets.size() >= frame_head_octets; octets.remove_prefix(1), ++from.offset) {
    const std::uint64_t whole = frame_head_octets + std::uint64_t{payload_octets(octets)};
    if (whole > octets.size() || !may_be_later_commit(octets)) continue;
    if (parse_frame(octets.substr(0, whole), from)) return true;
    hashed += whole;
    if (hashed > most_hashed) return true;
  }
  return false;
}

/// Segments before the place do not count: whoever began the one that was read last had seen them.
base::Result<bool> LogWalk::has_commits_behind() const {
  for (auto after = followers_.upper_bound(last_); after != followers_.end(); ++after)
    if (after->second.segment > at_.segment) return true;
  std::uint64_t hashed = 0;
  auto found = has_commits_from(at_, hashed);
  for (const std::uint64_t segment : headless_) {
    if (!found || *found) return found;
    if (segment > at_.segment) found = has_commits_from({segment, 0}, hashed);
  }
  return found;
}

bool LogWalk::has_rest() const {
  const auto segment = set_->find(at_.segment);
  return segment && segment->octets > at_.offset;
}

}  // namespace understudy::archive::store::segments
