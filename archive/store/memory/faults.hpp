/// Crashes and failures on command for the memory engine. Its numbered points are the same in every run of the same work, so a
/// test runs once to count them and then once for each.
#pragma once

#include <cstdint>
#include <vector>

namespace understudy::archive::store {

/// One thread. Outlives the store it is handed to.
class Faults {
 public:
  enum class Point : std::uint8_t { before_batch, after_batch, before_sync, after_sync, before_chunk, after_chunk };
  /// What the medium still has of the writes that were not synced when the power went.
  enum class Kept : std::uint8_t {
    none,
    all,
    some,    ///< the first few, how many is drawn from the seed
    subset,  ///< any that the contract allows to be there without the others, drawn from the seed
  };

  /// At the point of this number (from 1) the engine goes dead and the medium loses what Kept says.
  void crash_at(std::uint64_t point, Kept kept, std::uint64_t seed = 0);
  /// The sync of this number (from 1) gives errc::io; then the engine has stopped. What was not synced is lost as Kept says.
  void fail_sync_at(std::uint64_t sync, Kept kept = Kept::none, std::uint64_t seed = 0);
  /// The write of this number (from 1; each shard's batch and each chunk is one) gives errc::io and is not done.
  void fail_write_at(std::uint64_t write, Kept kept = Kept::none, std::uint64_t seed = 0);

  /// While it is so, each commit gives errc::busy, and nothing of it is done.
  enum class Room : std::uint8_t { plenty, none };
  void set_room(Room room) { room_ = room; }

  std::uint64_t points() const { return points_.size(); }  ///< passed so far
  std::uint64_t syncs() const { return syncs_; }
  std::uint64_t writes() const { return writes_; }
  const std::vector<Point>& passed() const { return points_; }

  // The engine's side.
  enum class Verdict : std::uint8_t { go_on, crash };
  Verdict pass(Point point);
  bool sync_fails() { return ++syncs_ == failing_sync_; }
  bool write_fails() { return ++writes_ == failing_write_; }
  bool full() const { return room_ == Room::none; }
  Kept kept() const { return kept_; }
  std::uint64_t seed() const { return seed_; }

 private:
  void keep(Kept kept, std::uint64_t seed);

  std::vector<Point> points_;
  std::uint64_t syncs_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t crash_point_ = 0;  // 0: none, here and below
  std::uint64_t failing_sync_ = 0;
  std::uint64_t failing_write_ = 0;
  Kept kept_ = Kept::none;
  std::uint64_t seed_ = 0;
  Room room_ = Room::plenty;
};

}  // namespace understudy::archive::store
