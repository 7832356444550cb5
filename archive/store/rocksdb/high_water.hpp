/// The file `high-water`: the number of the last commit that was acknowledged. Compared at the next start, so that a store that
/// comes back shorter (a damaged end of the log looks like a torn one) does not pass for whole.
///
/// Two slots are written in turn, without a sync of their own and only after the commit is durable. So a lost, torn or old slot
/// only means a lower mark: the mark never claims more than what was durable.
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
  /// Makes the file where it is missing. Marks of another incarnation (before a restore) do not count.
  static base::Result<std::unique_ptr<HighWater>> open(rocksdb::FileSystem& files, const std::string& directory,
                                                       const std::string& incarnation);
  std::uint64_t mark() const { return mark_; }  ///< 0: none
  base::Result<> raise(std::uint64_t commit);

 private:
  explicit HighWater(std::string incarnation) : incarnation_(std::move(incarnation)) {}
  void read(std::string_view slots);
  std::string slot_of(std::uint64_t commit) const;

  std::string incarnation_;
  std::unique_ptr<rocksdb::FSRandomRWFile> file_;
  std::uint64_t mark_ = 0;
  std::uint32_t next_slot_ = 0;
};

}  // namespace understudy::archive::store
