/// Bodies of the memory engine. Only the memory engine includes it.
#pragma once

#include <memory>

#include "archive/store/memory/memory_core.hpp"

namespace understudy::archive::store {

/// What a sealed body carries: its last chunk. Dropped before a batch held it, the body's chunks go.
class MemoryPending final : public SealedBody::Pending {
 public:
  MemoryPending(std::weak_ptr<MemoryCore> core, BodyId id, std::uint32_t index, std::string last)
      : core_(std::move(core)), id_(id), index_(index), last_(std::make_shared<const std::string>(std::move(last))) {}
  ~MemoryPending() override;
  std::uint64_t octets() const override { return last_->size(); }

  /// The chunk that is not on the medium yet, if there is one.
  void carry(MediumWrite& write) const;
  void mark_held() { held_ = true; }
  bool held() const { return held_; }
  BodyId id() const { return id_; }

 private:
  std::weak_ptr<MemoryCore> core_;
  BodyId id_;
  std::uint32_t index_;
  std::shared_ptr<const std::string> last_;
  bool held_ = false;
};

class MemoryBodies final : public Bodies {
 public:
  explicit MemoryBodies(std::shared_ptr<MemoryCore> core) : core_(std::move(core)) {}
  std::unique_ptr<BodyWriter> create() override;
  std::unique_ptr<BodyReader> open(const BodyRef& ref) const override;
  base::Result<std::uint64_t> sweep() override;

 private:
  std::shared_ptr<MemoryCore> core_;
};

}  // namespace understudy::archive::store
