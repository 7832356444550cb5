/// Gives back the room of segments of which most is dead: copies what lives into the block segment, has the records changed,
/// and lets the file go. What is alive is asked of the records, block by block; the counts only say where to look. Only the
/// RocksDB engine includes it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/store/rocksdb/commit_queue.hpp"
#include "archive/store/rocksdb/group_writer.hpp"
#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// One thread at a time.
class Collector {
 public:
  /// Called after so many octets were read; false: leave off.
  using Pause = std::function<bool(std::uint64_t octets)>;
  Collector(RocksCore& core, CommitQueue& queue, Pause pause) : core_(core), queue_(queue), pause_(std::move(pause)) {}

  /// What is worth copying the rest for.
  enum class Least : std::uint8_t {
    half,     ///< dead: no more is written than is given back
    quarter,  ///< dead: while there is nothing else to do
  };

  /// Collects the one segment that is most worth it, if any is. `flushed`: from here on a start reads the log again. A segment
  /// that cannot be read stays until the next start, is told once, and keeps no other. errc::busy: the medium is full;
  /// errc::stopped, errc::io: the store has stopped.
  base::Result<> run_once(const segments::Place& flushed, Least least);

 private:
  std::optional<segments::Segment> choose(const segments::Place& flushed, Least least) const;
  enum class Walked : std::uint8_t { whole, left_off };
  base::Result<Walked> empty(const segments::Segment& segment);
  base::Result<bool> is_alive(const segments::Owner& owner, const content::Location& at) const;
  base::Result<> commit_moves();
  base::Result<> let_go(const segments::Segment& segment);
  base::Result<> collect(const segments::Segment& segment);
  void give_up(const segments::Segment& segment, const std::string& why);

  RocksCore& core_;
  CommitQueue& queue_;
  Pause pause_;
  std::vector<Move> moves_;  // copied, and not told to the records yet
  segments::BlockLog::Leases leases_;
  std::set<std::uint64_t> given_up_;  // nobody can say what is in them
};

}  // namespace understudy::archive::store
