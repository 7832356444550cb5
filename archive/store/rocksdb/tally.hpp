/// What the engine counts since the opening, for Figures. Only the RocksDB engine includes it.
#pragma once

#include <atomic>
#include <cstdint>

namespace understudy::archive::store {

/// Any thread.
struct Tally {
  std::atomic<std::uint64_t> parts_found = 0;
  std::atomic<std::uint64_t> parts_new = 0;
  std::atomic<std::uint64_t> octets_accepted = 0;       ///< of bodies, as they came, once their commit is written
  std::atomic<std::uint64_t> octets_encrypted = 0;      ///< those of them that have keys of their own
  std::atomic<std::uint64_t> octets_before_commit = 0;  ///< of blocks that were written as their bodies came
  std::atomic<std::uint64_t> segments_collected = 0;
};

}  // namespace understudy::archive::store
