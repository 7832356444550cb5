/// The parts that bodies share, between the session that finds one, the commit that names it and the commit that frees it. What
/// is durable about a part is in the database; here is only who is about to use it. Only the RocksDB engine includes it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "base/digest.hpp"

namespace understudy::archive::store {

/// Any thread.
class PartPins : public std::enable_shared_from_this<PartPins> {
 public:
  /// While it lives the part is not freed.
  class Pin {
   public:
    ~Pin();
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

   private:
    friend class PartPins;
    Pin(std::shared_ptr<PartPins> pins, const base::Digest& part) : pins_(std::move(pins)), part_(part) {}
    std::shared_ptr<PartPins> pins_;
    base::Digest part_;
  };

  /// To be taken before the part is looked up. nullptr: it is being freed just now, as good as gone.
  std::unique_ptr<Pin> pin(const base::Digest& part);
  /// Called by who commits. false: somebody has it pinned. Else nobody can pin it until freed().
  bool begin_to_free(const base::Digest& part);
  /// The commit that freed them is written, or will not be.
  void freed(const std::vector<base::Digest>& parts);

 private:
  void unpin(const base::Digest& part);

  std::mutex mutex_;
  std::map<base::Digest, std::uint64_t> pinned_;
  std::set<base::Digest> going_;
};

}  // namespace understudy::archive::store
