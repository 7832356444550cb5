/// One segment while it is written: appended to, synced, closed. Only the RocksDB engine includes it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "archive/store/rocksdb/segments/segment_set.hpp"

namespace understudy::archive::store::segments {

/// One thread at a time, but sync() beside append(). Closed when destroyed; the set then knows its length.
class SegmentWriter {
 public:
  /// Makes the file with this head; its name is durable when this returns, the head is not. errc::busy: the medium is full,
  /// and nothing was made; errc::io.
  static base::Result<std::shared_ptr<SegmentWriter>> make(std::shared_ptr<SegmentSet> set, SegmentKind kind, const Head& head);
  ~SegmentWriter();
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;

  std::uint64_t number() const { return segment_.number; }
  std::uint64_t end() const { return end_; }
  /// Whole frames for this place. What a failed call left is not to be built on: where the medium is full (errc::busy) another
  /// segment is to be begun, else the store stops.
  base::Result<> append(std::string_view frames);
  /// Everything appended before the call is durable when it returns. errc::io, also where the medium is full: nobody knows then
  /// what is on it.
  base::Result<> sync();

 private:
  SegmentWriter(std::shared_ptr<SegmentSet> set, Segment segment, std::unique_ptr<rocksdb::FSWritableFile> file)
      : set_(std::move(set)), segment_(segment), file_(std::move(file)) {}

  std::shared_ptr<SegmentSet> set_;
  Segment segment_;
  std::unique_ptr<rocksdb::FSWritableFile> file_;
  std::uint64_t end_ = 0;
  std::uint64_t sent_ = 0;  // to the disk, without waiting for it
};

}  // namespace understudy::archive::store::segments
