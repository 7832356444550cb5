#include "archive/store/rocksdb/segments/commit_log.hpp"

namespace understudy::archive::store::segments {
namespace {

constexpr std::size_t kept_room = 4u << 20;  // a group's memory above it is given back

}  // namespace

base::Result<> CommitLog::begin() {
  group_.clear();
  if (group_.capacity() > kept_room) group_.shrink_to_fit();
  if (writer_ && !torn_ && end_.offset < segment_octets_) return {};
  if (writer_) {
    auto synced = writer_->sync();  // a commit that was not waited for must not be lost behind one that was
    if (!synced) return synced;
  }
  auto made = SegmentWriter::make(set_, SegmentKind::log, Head{incarnation_, last_});
  if (!made) return std::unexpected(made.error());
  writer_ = std::move(*made);
  torn_ = false;
  end_ = {writer_->number(), writer_->end()};
  return {};
}

Location CommitLog::add(const Owner& owner, std::string_view coded) {
  const Place at = place();
  append_frame(group_, at, FrameKind::block, {owner.encode(), coded});
  return {at.segment, at.offset, static_cast<std::uint32_t>(place().offset - at.offset)};
}

base::Result<> CommitLog::write(std::uint64_t number, std::string_view batch) {
  const std::size_t blocks = group_.size();
  append_frame(group_, place(), FrameKind::commit, {encode_commit(number, batch)});
  auto written = writer_->append(group_);
  torn_ = !written;
  if (!written) return written;
  commit_octets_ += group_.size() - blocks;
  block_octets_ += blocks;
  end_.offset += group_.size();
  last_ = number;
  group_.clear();
  return {};
}

}  // namespace understudy::archive::store::segments
