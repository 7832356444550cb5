/// Reads the log from a place on, commit by commit, over the ends of its segments. Only the RocksDB engine includes it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/store/rocksdb/segments/segment_set.hpp"

namespace understudy::archive::store::segments {

struct LoggedCommit {
  Commit commit;
  Place place;  ///< where its frame begins
};

/// One thread; once.
class LogWalk {
 public:
  /// What follows commit `last`, whose frame begins at `from` (segment 0: there is none yet). Segments of another incarnation
  /// do not count. errc::io; errc::not_found: the segment to begin with is gone.
  static base::Result<LogWalk> begin(std::shared_ptr<SegmentSet> set, const base::Digest& incarnation, Place from,
                                     std::uint64_t last);
  /// The next commit; nullopt: the log ends here. errc::io; errc::damaged: a commit that passes its check and makes no sense.
  base::Result<std::optional<LoggedCommit>> next();
  std::uint64_t last() const { return last_; }
  Place place() const { return at_; }
  /// The segments that were read from.
  const std::vector<std::uint64_t>& visited() const { return visited_; }
  /// Whether something stands behind the end that is no part of the log: told to the administrator, never read.
  bool has_rest() const;
  /// Octets of the frames that were passed.
  std::uint64_t octets() const { return octets_; }
  /// Whether later commits stand behind the end, whole: then this is no torn end, but damage in the middle. Reads what is left
  /// of the segment, and segments behind it whose heads are damaged. True also where octets that were made to look like commits
  /// would take too long to tell from them.
  base::Result<bool> has_commits_behind() const;

 private:
  LogWalk(std::shared_ptr<SegmentSet> set, Place from, std::uint64_t last) : set_(std::move(set)), at_(from), last_(last) {}
  base::Result<> read_heads(const base::Digest& incarnation);
  bool enter_next();
  /// Fewer octets only at the end of the segment.
  base::Result<std::string_view> octets_here(std::size_t octets);
  /// nullopt: none that is whole.
  base::Result<std::optional<LoadedFrame>> frame();
  bool may_be_later_commit(std::string_view frame) const;
  /// Counts what it hashes.
  base::Result<bool> has_commits_from(Place from, std::uint64_t& hashed) const;

  std::shared_ptr<SegmentSet> set_;
  Place at_;
  std::uint64_t last_;
  std::map<std::uint64_t, Place> followers_;  ///< by the commit before: where the segment that goes on has its first frame
  std::vector<std::uint64_t> headless_;       ///< behind the first: their heads are not whole
  std::vector<std::uint64_t> visited_;
  std::uint64_t octets_ = 0;
  std::string buffer_;  // of the segment, from buffered_ on
  Place buffered_;
};

}  // namespace understudy::archive::store::segments
