/// The segments of a store: which there are, how long, and what lies in them. Reading of any thread; a segment that is no more
/// needed goes when the last view that may need it has gone. Only the RocksDB engine includes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rocksdb/file_system.h>

#include "archive/store/rocksdb/segments/frame.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::segments {

enum class SegmentKind : std::uint8_t { log, blocks };

struct Segment {
  std::uint64_t number = 0;
  SegmentKind kind = SegmentKind::log;
  std::uint64_t octets = 0;  ///< of the file, as far as it is known here: of one being written, at its opening
};

/// Octets of a frame that passed its check.
struct LoadedFrame {
  std::string octets;
  FrameKind kind = FrameKind::head;
  std::string_view payload() const { return std::string_view(octets).substr(frame_head_octets); }
};

class SegmentSet : public std::enable_shared_from_this<SegmentSet> {
 public:
  /// While it lives, no segment that is there now goes. For snapshots.
  class View {
   public:
    ~View();
    View(const View&) = delete;
    View& operator=(const View&) = delete;

   private:
    friend class SegmentSet;
    View(std::shared_ptr<SegmentSet> set, std::uint64_t moment) : set_(std::move(set)), moment_(moment) {}
    std::shared_ptr<SegmentSet> set_;
    std::uint64_t moment_;
  };

  /// `open_files`: how many are kept open for reading. Makes nothing; a directory that is not there has no segments.
  static base::Result<std::shared_ptr<SegmentSet>> open(rocksdb::FileSystem& files, std::string directory,
                                                        std::size_t open_files);

  std::vector<Segment> list() const;  ///< in the order of their numbers; without those that wait to go
  std::optional<Segment> find(std::uint64_t number) const;
  std::string path(const Segment& segment) const;
  /// The frame at this place, checked. errc::not_found: the segment is gone; errc::damaged.
  base::Result<LoadedFrame> load(const Location& at) const;
  /// Octets from a place on, fewer only at the end of the file. errc::not_found, errc::io.
  base::Result<std::string> read(Place from, std::size_t octets) const;

  /// The number of a segment that is to be written; nobody else gets it.
  Segment begin(SegmentKind kind);
  /// It was written and is closed.
  void close(std::uint64_t number, std::uint64_t octets);
  /// So much was appended to one of them.
  void grew(std::uint64_t octets) { octets_ += octets; }
  /// Of all of them, also of those that are being written, but not of those that wait to go. Any thread.
  std::uint64_t octets() const { return octets_; }
  /// Nobody names it, durably: the file goes, at once or with the last view from before.
  void retire(std::uint64_t number);
  std::shared_ptr<const View> view();
  rocksdb::FileSystem& files() const { return files_; }
  const std::string& directory() const { return directory_; }

 private:
  using Reading = std::shared_ptr<rocksdb::FSRandomAccessFile>;
  struct Retired {
    Segment segment;
    std::uint64_t moment;  ///< views from before it may need the segment
  };

  SegmentSet(rocksdb::FileSystem& files, std::string directory, std::size_t open_files)
      : files_(files), directory_(std::move(directory)), open_files_(open_files) {}
  base::Result<Reading> open_reading(std::uint64_t number) const;
  void keep_open(std::uint64_t number, const Reading& file) const;
  std::optional<Segment> find_locked(std::uint64_t number) const;
  void end_view(std::uint64_t moment);
  std::vector<Segment> take_removable();  ///< under the lock
  void remove(const std::vector<Segment>& segments);

  rocksdb::FileSystem& files_;
  std::string directory_;
  std::size_t open_files_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Segment> segments_;
  std::vector<Retired> retired_;
  std::multimap<std::uint64_t, int> views_;  ///< by moment
  std::uint64_t moment_ = 0;
  std::uint64_t last_ = 0;
  std::atomic<std::uint64_t> octets_ = 0;
  mutable std::list<std::pair<std::uint64_t, Reading>> reading_;  ///< the one used last first
};

}  // namespace understudy::archive::store::segments
