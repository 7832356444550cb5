/// What a machine of a simulation keeps its store on: outlives its crashes, and can lose its power at any instant.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "archive/store/memory/memory_store.hpp"
#include "tests/support/store_forgetful_fs.hpp"
#include "tests/support/store_harness.hpp"

namespace understudy::sim {

class Drive {
 public:
  using Kept = archive::store::Faults::Kept;
  virtual ~Drive() = default;

  /// An engine on what is on the medium. One at a time. Throws where it does not open.
  virtual std::unique_ptr<archive::store::Store> open() = 0;
  /// The power goes, unless it has gone at a planned point: nothing that `store` still does reaches the medium, and it says so
  /// to whoever commits. Reading goes on where the engine can: nobody hears of what is read.
  virtual void die(archive::store::Store& store, Kept kept, std::uint64_t seed) = 0;
  /// After the engine is gone: the medium as the cut left it.
  virtual void come_back(Kept kept, std::uint64_t seed) = 0;
};

/// The memory engine: atomic in one shard only, cut at numbered points that are the same in every run.
class MemoryDrive final : public Drive {
 public:
  /// `instance`: 32 hexadecimal digits, those of the installation and of this life of its store.
  explicit MemoryDrive(const std::string& instance);
  std::unique_ptr<archive::store::Store> open() override;
  void die(archive::store::Store& store, Kept kept, std::uint64_t seed) override;
  void come_back(Kept kept, std::uint64_t seed) override;

  void plan_crash(std::uint64_t point, Kept kept, std::uint64_t seed) { faults_->crash_at(point, kept, seed); }
  std::uint64_t points() const { return faults_->points(); }
  /// As it is on the medium now; and back to that, under a new incarnation (32 hexadecimal digits), while no engine is open.
  archive::store::MemoryDisk copy() const { return disk_; }
  void restore(const archive::store::MemoryDisk& copy, const std::string& incarnation) { disk_ = copy.restored(incarnation); }
  archive::store::Faults& faults() { return *faults_; }  ///< of the engine that is open; the next one has none

 private:
  archive::store::MemoryDisk disk_;
  std::unique_ptr<archive::store::Faults> faults_ = std::make_unique<archive::store::Faults>();
};

/// RocksDB on the file system that forgets what was not synced. Its threads make the points of a run differ from those of the
/// next.
class RocksDrive final : public Drive {
 public:
  RocksDrive();
  std::unique_ptr<archive::store::Store> open() override;
  void die(archive::store::Store& store, Kept kept, std::uint64_t seed) override;
  void come_back(Kept kept, std::uint64_t seed) override;

  /// The power goes after so many writes and syncs of files.
  void plan_cut(std::uint64_t calls) { files_->die_at(calls); }

 private:
  test::TemporaryDirectory directory_;  ///< of the lock; everything else is in `files_`
  std::shared_ptr<test::ForgetfulFileSystem> files_ = std::make_shared<test::ForgetfulFileSystem>();
};

}  // namespace understudy::sim
