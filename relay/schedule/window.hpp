/// Which part of the outbox is in memory: of each shard everything up to a mark, in order of acceptance; what came later lies
/// on disk until there is room. A shard may fill as much room as it leaves, so that a hop that does not answer holds nobody
/// else's entries on disk, however many it has. Pure: who reads the store tells it what was found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "archive/outbox/id.hpp"

namespace understudy::relay {

/// One thread, or under one lock.
class Window {
 public:
  using Id = archive::outbox::Id;
  static constexpr std::size_t least = 10;  ///< entries of a shard for which there always is room
  struct Load {                             ///< entries in memory
    std::size_t all = 0;
    std::size_t shard = 0;
  };
  struct Gap {  ///< a part of a shard that is not in memory: from the key `after` to the end
    std::uint64_t shard = 0;
    std::string after;
    std::uint64_t skipped = 0;
    std::uint64_t changed = 0;
  };
  enum class Found : std::uint8_t { more, end };

  explicit Window(std::size_t limit) : limit_(limit) {}

  std::size_t limit() const { return limit_; }
  /// How many entries of a shard may come in.
  std::size_t room(Load load) const {
    const std::size_t share = (limit_ - std::min(limit_, load.all) + load.shard) / 2;
    return std::max(share, least) - std::min(std::max(share, least), load.shard);
  }
  /// A new entry, durable already: may it be in memory? Otherwise it is read when there is room.
  bool admit(const Id& id, Load load);
  /// Is an entry that has changed one of those that are, or were, in memory? Otherwise it is read when there is room.
  bool changed(const Id& id);
  bool complete() const { return behind_.empty(); }
  bool has_gap() const { return !to_read_.empty(); }  ///< next_gap() would name one

  void open(std::uint64_t shard);   ///< nothing of it was read yet
  void freed(std::uint64_t shard);  ///< an entry of it left the memory: there may be room
  void look_again();                ///< there may be room for any
  /// A gap that may be read on; each is named once until freed() or look_again(). nullopt: none.
  std::optional<Gap> next_gap();
  /// Has what was read of the gap changed meanwhile? Then it is to be read again.
  bool stale(const Gap& gap) const;
  /// What reading the gap came to: everything up to `upto` is in memory.
  void read(const Gap& gap, const std::string& upto, Found found);

 private:
  struct Mark {
    std::string upto;           ///< the last key that is in memory
    std::uint64_t skipped = 0;  ///< additions that were left on disk
    std::uint64_t changed = 0;  ///< changes of what lies on disk only
  };

  std::size_t limit_;
  std::map<std::uint64_t, Mark> behind_;  ///< shards of which something is on disk only
  std::set<std::uint64_t> to_read_;       ///< of these
};

}  // namespace understudy::relay
