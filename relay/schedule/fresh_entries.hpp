/// Entries as they were added to the outbox a moment ago: most are sent before anything changes them, and are then not read
/// back from the store. What is not here is read there. Who hears of a change to an entry forgets it here.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>

#include "archive/outbox/entry.hpp"

namespace understudy::relay {

/// Guarded by the schedule's lock.
class FreshEntries {
 public:
  static constexpr std::size_t most = 1000;       ///< then only what is too old makes room
  static constexpr std::size_t most_targets = 8;  ///< of one entry; a larger one is never kept
  static constexpr std::chrono::seconds kept_for{10};

  void keep(archive::outbox::Entry entry);
  void forget(const archive::outbox::Id& id) noexcept { kept_.erase(id); }
  /// nullopt: not here, or accepted too long ago.
  std::optional<archive::outbox::Entry> take(const archive::outbox::Id& id, base::WallTime now);

 private:
  std::map<archive::outbox::Id, archive::outbox::Entry> kept_;
};

}  // namespace understudy::relay
