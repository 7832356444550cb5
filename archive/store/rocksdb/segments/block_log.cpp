#include "archive/store/rocksdb/segments/block_log.hpp"

#include <algorithm>
#include <string>

namespace understudy::archive::store::segments {

base::Result<> BlockLog::make_room() {
  if (writer_ && !torn_ && writer_->end() < segment_octets_) return {};
  if (writer_) {
    auto synced = writer_->sync();  // whoever asks for one of its blocks need not know that it was closed
    if (!synced) return synced;
  }
  auto made = SegmentWriter::make(set_, SegmentKind::blocks, head_);
  if (!made) return std::unexpected(made.error());
  writer_ = std::move(*made);
  torn_ = false;
  std::erase_if(leased_, [](const auto& each) { return each.second.expired(); });
  synced_ = std::max(synced_, Place{writer_->number(), 0});
  return {};
}

void BlockLog::lease(std::uint64_t segment, Leases& leases) {
  auto& mine = leases[segment];
  if (mine) return;
  auto& given = leased_[segment];
  mine = given.lock();
  if (mine) return;
  mine = std::make_shared<const Lease>();
  given = mine;
}

bool BlockLog::is_leased(std::uint64_t segment) const {
  const std::lock_guard lock(mutex_);
  const auto found = leased_.find(segment);
  return found != leased_.end() && !found->second.expired();
}

base::Result<Location> BlockLog::add(const Owner& owner, std::string_view coded, Leases& leases) {
  const std::lock_guard lock(mutex_);
  auto room = make_room();
  if (!room) return std::unexpected(room.error());
  const Place place{writer_->number(), writer_->end()};
  lease(place.segment, leases);
  std::string frame;
  append_frame(frame, place, FrameKind::block, {owner.encode(), coded});
  torn_ = true;  // also where it throws
  auto written = writer_->append(frame);
  torn_ = !written;
  if (!written) return std::unexpected(written.error());
  return Location{place.segment, place.offset, static_cast<std::uint32_t>(frame.size())};
}

Place BlockLog::synced() const {
  const std::lock_guard lock(mutex_);
  return synced_;
}

base::Result<> BlockLog::sync_through(const Location& block) {
  const Place wanted{block.segment, block.offset + block.length};
  const std::lock_guard turn(syncing_);
  if (synced() >= wanted) return {};
  std::shared_ptr<SegmentWriter> writer;
  Place reached;
  {
    const std::lock_guard lock(mutex_);
    writer = writer_;
    reached = {writer->number(), writer->end()};
  }
  auto done = writer->sync();
  if (!done) return done;
  const std::lock_guard lock(mutex_);
  synced_ = std::max(synced_, reached);
  return {};
}

std::uint64_t BlockLog::current() const {
  const std::lock_guard lock(mutex_);
  return writer_ ? writer_->number() : 0;
}

}  // namespace understudy::archive::store::segments
