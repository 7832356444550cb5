/// The entries that wait for one hop, in memory: which is next, and when. Those that were never tried leave in order of
/// acceptance; one that was deferred waits by itself and holds nobody else. RFC 5321 §4.5.4.1. Pure: the time is handed in.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>

#include "archive/outbox/id.hpp"
#include "base/clock.hpp"

namespace understudy::relay {

/// One thread. An entry is waiting for its time, or ready. What is taken is not here any more.
class HopQueue {
 public:
  using Id = archive::outbox::Id;

  void put(const Id& id, base::WallTime due);  ///< adds it, or changes when it is due
  void remove(const Id& id);
  /// The oldest that is due; it is gone from here then. nullopt: none is.
  std::optional<Id> take(base::WallTime now);
  /// Makes all that wait due at once.
  void release_all(base::WallTime now);

  std::size_t size() const { return due_.size(); }
  std::size_t ready(base::WallTime now);  ///< how many are due
  /// When there will be more that are due than `served`; nullopt: not without a further put().
  std::optional<base::WallTime> more_than(std::size_t served) const;

 private:
  void promote(base::WallTime now);

  std::map<Id, base::WallTime> due_;                 ///< all entries, in order of acceptance
  std::set<std::pair<base::WallTime, Id>> waiting_;  ///< by time
  std::set<Id> ready_;
};

}  // namespace understudy::relay
