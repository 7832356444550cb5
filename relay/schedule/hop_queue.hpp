/// The entries that wait for one hop, in memory: which is next, and when. Those that were never tried leave in order of
/// acceptance; one that was deferred waits by itself and holds nobody else. RFC 5321 §4.5.4.1. Pure: the time is handed in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "archive/archive.hpp"
#include "base/clock.hpp"

namespace understudy::relay {

/// One thread. An entry is waiting, ready or taken.
class HopQueue {
 public:
  using Id = archive::outbox::Id;

  /// Adds it, or changes when it is due. One that is taken stays taken until put back or removed.
  void put(const Id& id, base::WallTime due);
  void remove(const Id& id);
  /// The oldest that is due; it is taken until put_back() or remove(). nullopt: none is.
  std::optional<Id> take(base::WallTime now);
  void put_back(const Id& id, base::WallTime due);
  /// Takes this one, due or not, and says when it was due. nullopt: it is taken already, or not here.
  std::optional<base::WallTime> claim(const Id& id);
  /// Makes all that wait due at once.
  void release_all(base::WallTime now);

  /// When the next one is due (now or earlier where one is ready); nullopt: nothing waits.
  std::optional<base::WallTime> next_due() const;
  std::size_t size() const { return due_.size(); }  ///< taken ones too
  std::size_t ready(base::WallTime now);            ///< due and not taken

 private:
  void promote(base::WallTime now);

  std::map<Id, base::WallTime> due_;                 ///< all entries, in order of acceptance
  std::set<std::pair<base::WallTime, Id>> waiting_;  ///< by time
  std::set<Id> ready_;
  std::set<Id> taken_;
};

}  // namespace understudy::relay
