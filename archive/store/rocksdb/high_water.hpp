/// The file `high-water`: the number of the last commit that was acknowledged. Compared at the next start, so that a store that
/// comes back shorter (a damaged end of the log looks like a torn one) does not pass for whole.
///
/// Two slots are written in turn, only after the commit is durable, and synced every few commits. So a lost, torn or old slot
/// only means a lower mark: the mark never claims more than what was durable. When only the process died, it is exact.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <rocksdb/file_system.h>

#include "base/result.hpp"

namespace understudy::archive::store {

/// One thread at a time.
class HighWater {
 public:
  /// Reads the mark. Marks of another incarnation (before a restore) do not count.
  static base::Result<std::unique_ptr<HighWater>> open(rocksdb::FileSystem& files, const std::string& directory,
                                                       const std::string& incarnation);
  std::uint64_t mark() const { return mark_; }  ///< 0: none
  /// Whether the file is there, so that even a mark of 0 says something: it was synced before the first commit.
  bool known() const { return known_; }
  /// To be called once the database is open with all its commits durable: makes the file where it is missing, sets the mark.
  base::Result<> start(std::uint64_t commit);
  base::Result<> raise(std::uint64_t commit);

 private:
  HighWater(rocksdb::FileSystem& files, std::string directory, std::string incarnation)
      : files_(files), directory_(std::move(directory)), incarnation_(std::move(incarnation)) {}
  base::Result<> write(std::uint64_t commit);
  base::Result<> sync();
  void read(std::string_view slots);
  std::string slot_of(std::uint64_t commit) const;

  rocksdb::FileSystem& files_;
  std::string directory_;
  std::string incarnation_;
  bool known_ = false;
  std::unique_ptr<rocksdb::FSRandomRWFile> file_;
  std::uint64_t mark_ = 0;
  std::uint32_t next_slot_ = 0;
  std::uint32_t unsynced_ = 0;  // marks
};

}  // namespace understudy::archive::store
