/// The medium of a memory store: outlives the engine, so that a test can crash one and open the next on what is left.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/store/memory/faults.hpp"
#include "archive/store/memory/medium.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::store {

/// One thread; one store at a time.
class MemoryDisk {
 public:
  MemoryDisk();  ///< with an identity of zeros
  explicit MemoryDisk(Identity identity) : identity_(std::move(identity)) {}

  const Identity& identity() const { return identity_; }
  static constexpr std::uint64_t free_octets() { return 1ull << 40; }

  /// What a restore from a copy of it makes: the same records and bodies under a new incarnation.
  MemoryDisk restored(std::string incarnation) const {
    MemoryDisk copy = *this;
    copy.unsynced_.clear();
    copy.identity_.incarnation = std::move(incarnation);
    return copy;
  }

  const Medium& durable() const { return durable_; }
  std::uint64_t unsynced() const { return unsynced_.size(); }  ///< writes that a power cut may take

  // The engine's side.
  std::uint64_t next_start() { return ++starts_; }  ///< durable at once
  void write(MediumWrite write) { unsynced_.push_back(std::move(write)); }
  void sync();
  /// The power goes: of what was not synced, the writes that `kept` names stay.
  void cut(Faults::Kept kept, std::uint64_t seed);

 private:
  Identity identity_;
  std::uint64_t starts_ = 0;
  Medium durable_;
  std::vector<MediumWrite> unsynced_;
};

}  // namespace understudy::archive::store
