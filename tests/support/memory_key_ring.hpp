/// A ring of keys in memory: what a test destroys is destroyed in every store that was opened with it, or with a copy of it.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "archive/store/key_ring.hpp"
#include "base/random.hpp"

namespace understudy::test {

/// Any thread.
class MemoryKeyRing final : public archive::store::KeyRing {
 public:
  MemoryKeyRing() = default;
  /// As it is now: what becomes of one is nothing to the other.
  std::shared_ptr<MemoryKeyRing> copy() const {
    const std::lock_guard lock(mutex_);
    auto made = std::make_shared<MemoryKeyRing>();
    made->keys_ = keys_;
    made->destroyed_ = destroyed_;
    made->pledge_ = pledge_;
    return made;
  }

  base::Result<base::SecretKey> find(archive::store::Shard shard) const override {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(archive::store::key_of(shard));
    if (found == keys_.end()) return base::fail("key", base::errc::no_key);
    return found->second;
  }

  base::Result<base::SecretKey> make(archive::store::Shard shard) override {
    const std::lock_guard lock(mutex_);
    const auto name = archive::store::key_of(shard);
    if (destroyed_.contains(name)) return base::fail("key", base::errc::refused);
    if (failing_ && !keys_.contains(name)) return base::fail("key", base::errc::io);
    return keys_.try_emplace(name, base::SecretKey::make(random_)).first->second;
  }

  base::Result<> destroy(archive::store::Shard shard) override {
    const std::lock_guard lock(mutex_);
    const auto name = archive::store::key_of(shard);
    keys_.erase(name);
    destroyed_.insert(name);
    ++destructions_;
    return {};
  }

  bool destroyed(archive::store::Shard shard) const override {
    const std::lock_guard lock(mutex_);
    return destroyed_.contains(archive::store::key_of(shard));
  }
  std::vector<archive::store::Shard> tombstones() const override {
    const std::lock_guard lock(mutex_);
    return {destroyed_.begin(), destroyed_.end()};
  }
  std::uint64_t destructions() const override { return destructions_; }
  base::SecretKey draw() override { return base::SecretKey::make(random_); }
  Pledge pledge() const override {
    const std::lock_guard lock(mutex_);
    return pledge_;
  }
  base::Result<> promise(const Pledge& pledge) override {
    const std::lock_guard lock(mutex_);
    if (promises_ && !promises_()) return {};
    if (!pledge_.bodies_from) pledge_.bodies_from = pledge.bodies_from;
    pledge_.records = std::max(pledge_.records, pledge.records);
    return {};
  }
  /// Where it gives false, nothing is promised: of a store that may stay encrypted in part, or of a machine that is dead.
  void promise_when(std::function<bool()> promises) { promises_ = std::move(promises); }

  /// As a lost file does it: the key is not there, and nothing says that it was destroyed.
  void lose(archive::store::Shard shard) {
    const std::lock_guard lock(mutex_);
    keys_.erase(archive::store::key_of(shard));
    ++destructions_;
  }
  void fail_to_make(bool failing) {
    const std::lock_guard lock(mutex_);
    failing_ = failing;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return keys_.size();
  }

 private:
  mutable std::mutex mutex_;
  base::SystemRandom random_;
  std::map<archive::store::Shard, base::SecretKey> keys_;
  std::set<archive::store::Shard> destroyed_;
  std::atomic<std::uint64_t> destructions_ = 0;
  Pledge pledge_;
  bool failing_ = false;
  std::function<bool()> promises_;
};

}  // namespace understudy::test
