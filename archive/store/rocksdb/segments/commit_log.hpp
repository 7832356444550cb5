/// The log segment that is being written: one append for a group of commits, with the blocks of its small bodies in front.
/// Only the RocksDB engine includes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "archive/store/rocksdb/segments/segment_writer.hpp"

namespace understudy::archive::store::segments {

/// One thread at a time. A group is begun, given blocks, and written or begun anew.
class CommitLog {
 public:
  /// `incarnation` as in Head; `last`: the log's last commit. A new segment is begun in any case.
  CommitLog(std::shared_ptr<SegmentSet> set, base::Digest incarnation, std::uint64_t last, std::uint64_t segment_octets)
      : set_(std::move(set)), incarnation_(incarnation), last_(last), segment_octets_(segment_octets) {}

  /// Drops what was not written, and sees to a segment with room. errc::busy: the medium is full; the next may go better.
  /// errc::io: the store is to be stopped.
  base::Result<> begin();
  /// Where the block will be once the group is written.
  Location add(const Owner& owner, std::string_view coded);
  /// Where the group's commit will begin: all blocks have been added.
  Place place() const { return {end_.segment, end_.offset + group_.size()}; }
  /// Blocks and commit go to the file. errc::busy: the medium is full. What reached it is behind the end of the log: the
  /// segment that is begun next follows the commit before. errc::io: the store is to be stopped.
  base::Result<> write(std::uint64_t number, std::string_view batch);
  base::Result<> sync() { return writer_->sync(); }
  std::uint64_t current() const { return end_.segment; }
  /// Of commits written since the start. Any thread.
  std::uint64_t commit_octets() const { return commit_octets_; }
  /// Of the blocks that were written with them. Any thread.
  std::uint64_t block_octets() const { return block_octets_; }

 private:
  std::shared_ptr<SegmentSet> set_;
  base::Digest incarnation_;
  Place end_;
  std::uint64_t last_;
  std::uint64_t segment_octets_;
  std::shared_ptr<SegmentWriter> writer_;
  bool torn_ = false;  // the writer's last append failed: nothing goes behind it
  std::string group_;
  std::atomic<std::uint64_t> commit_octets_ = 0;
  std::atomic<std::uint64_t> block_octets_ = 0;
};

}  // namespace understudy::archive::store::segments
