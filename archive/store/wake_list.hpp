/// Who wants to hear of a shard's log: the part of a subscription that every engine shares. Never touches the store.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "archive/store/shard.hpp"

namespace understudy::archive::store {

/// Any thread. Outlives the tickets it gave: an engine keeps it in a shared_ptr.
class WakeList : public std::enable_shared_from_this<WakeList> {
 public:
  /// One subscriber's place. Destroying it waits for a wake-up under way; none runs afterwards.
  class Ticket {
   public:
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    friend class WakeList;
    Ticket(Shard shard, std::function<void()> wake) : shard_(shard), wake_(std::move(wake)) {}
    struct Gate {
      std::mutex mutex;
      bool open = true;
    };
    Shard shard_;
    std::function<void()> wake_;
    std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
    std::weak_ptr<WakeList> list_;
  };

  std::unique_ptr<Ticket> add(Shard shard, std::function<void()> wake);
  /// Runs the wake-ups of these shards on the calling thread.
  void wake(const std::set<Shard>& shards);

 private:
  struct Entry {
    Shard shard;
    const Ticket* ticket;
    std::shared_ptr<Ticket::Gate> gate;
  };
  void remove(const Ticket* ticket);

  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace understudy::archive::store
