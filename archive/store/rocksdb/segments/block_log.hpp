/// The block segment that is being written: blocks of larger bodies as they come, from any thread, and what the collector
/// moves. Never syncs by itself. Only the RocksDB engine includes it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

#include "archive/store/rocksdb/segments/segment_writer.hpp"

namespace understudy::archive::store::segments {

/// Any thread.
class BlockLog {
 public:
  /// While somebody has one of a segment, blocks in it may still be named for the first time.
  struct Lease {};
  using Leases = std::map<std::uint64_t, std::shared_ptr<const Lease>>;

  /// `segment_octets`: a segment that is longer is followed by a new one.
  BlockLog(std::shared_ptr<SegmentSet> set, Head head, std::uint64_t segment_octets)
      : set_(std::move(set)), head_(head), segment_octets_(segment_octets) {}

  /// Not durable yet. Adds the segment's lease to those of the caller. errc::busy: the medium is full; the next may go better.
  /// errc::io: the store is to be stopped.
  base::Result<Location> add(const Owner& owner, std::string_view coded, Leases& leases);
  bool is_leased(std::uint64_t segment) const;
  /// Everything up to and with this block is durable when it returns.
  base::Result<> sync_through(const Location& block);
  /// The segment that is being written, 0: none. What is older is closed and durable.
  std::uint64_t current() const;

 private:
  base::Result<> make_room();  ///< under the lock
  Place synced() const;
  void lease(std::uint64_t segment, Leases& leases);

  std::shared_ptr<SegmentSet> set_;
  Head head_;
  std::uint64_t segment_octets_;
  mutable std::mutex mutex_;
  std::shared_ptr<SegmentWriter> writer_;  // nullptr: nothing was written since the start
  bool torn_ = false;                      // the writer's last append failed: nothing goes behind it
  Place synced_;                           // everything before it is durable
  std::map<std::uint64_t, std::weak_ptr<const Lease>> leased_;
  std::mutex syncing_;  // one sync at a time: who waits is mostly served by the one before
};

}  // namespace understudy::archive::store::segments
