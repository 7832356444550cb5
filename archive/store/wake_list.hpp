/// Who wants to hear of a shard's log: the part of a subscription that every engine shares. Never touches the store.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "archive/store/shard.hpp"

namespace understudy::archive::store {

/// Any thread. Outlives the tickets it gave: an engine keeps it in a shared_ptr.
class WakeList : public std::enable_shared_from_this<WakeList> {
 private:
  struct Gate;

 public:
  /// One subscriber's place. Destroying it waits for a wake-up under way on another thread; none begins afterwards. A wake-up
  /// may destroy its own.
  class Ticket {
   public:
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    friend class WakeList;
    Ticket(Shard shard, std::shared_ptr<Gate> gate, std::weak_ptr<WakeList> list)
        : shard_(shard), gate_(std::move(gate)), list_(std::move(list)) {}
    Shard shard_;
    std::shared_ptr<Gate> gate_;
    std::weak_ptr<WakeList> list_;
  };

  std::unique_ptr<Ticket> add(Shard shard, std::function<void()> wake);
  /// Runs the wake-ups of these shards on the calling thread. Costs nothing for subscribers of other shards.
  void wake(const std::set<Shard>& shards);

 private:
  /// Kept by who runs the wake-up, too, so that it outlives a ticket that ends inside it.
  struct Gate {
    std::recursive_mutex mutex;
    bool open = true;
    bool running = false;
    std::function<void()> wake;
  };
  using Gates = std::vector<std::shared_ptr<Gate>>;

  Gates due(const std::set<Shard>& shards);
  void remove(Shard shard, const std::shared_ptr<Gate>& gate);

  std::mutex mutex_;
  std::map<Shard, Gates> gates_;
};

}  // namespace understudy::archive::store
