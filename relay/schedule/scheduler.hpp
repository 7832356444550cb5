/// The schedule of the outbox: which entry goes to which hop, when, over how many connections. Works by hop: one that does not
/// answer holds its own entries and nobody else's. RFC 5321 §4.5.4.1. The store has the truth; what is here can be read again.
///
/// At its limit (max_indexed entries in memory) later entries stay on disk only, and are read when there is room.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "archive/archive.hpp"
#include "base/clock.hpp"
#include "base/net/task_group.hpp"
#include "base/net/timers.hpp"
#include "base/random.hpp"
#include "relay/report/reporter.hpp"
#include "relay/schedule/courier.hpp"
#include "relay/schedule/hop_queue.hpp"
#include "relay/settings.hpp"

namespace understudy::relay {

/// A hop as `queue list` and metrics show it.
struct HopStatus {
  std::string hop;
  std::size_t entries = 0;
  std::size_t workers = 0;
  std::string last_failure;  ///< why it is held; empty: it is not
  std::optional<base::WallTime> held_until;
};

struct DeliveryCounts {
  std::uint64_t delivered = 0;  ///< recipients
  std::uint64_t deferred = 0;
  std::uint64_t failed = 0;
  std::uint64_t held = 0;  ///< entries that wait for an administrator since the start
};

class Scheduler final : public archive::commit::Observer {
 public:
  static constexpr std::size_t max_indexed = 100'000;

  struct Parts {  // references outlive the scheduler
    archive::Archive& archive;
    CurrentSettings& settings;
    Courier& courier;
    Reporter& reporter;
    const base::Clock& clock;
    net::Timers& timers;
    base::Random& random;
    boost::asio::any_io_executor home;
    std::function<boost::asio::any_io_executor()> worker_executor;  ///< where the next worker runs
  };
  explicit Scheduler(Parts parts);
  ~Scheduler() override;

  /// Reads the outbox and begins. Once.
  base::Result<> start();
  /// Nothing new is begun; deliveries under way get so long. How many were cut.
  net::Task<std::size_t> stop(std::chrono::milliseconds timeout);

  // Any thread.
  void outbox_changed(archive::outbox::Changes changes) override;
  void retry_all();
  void retry(const archive::outbox::Id& id);
  std::vector<HopStatus> hops() const;
  DeliveryCounts counts() const;
  bool idle() const;  ///< nothing is indexed and nothing is on its way

 private:
  struct Hop;
  struct ShardCursor {
    std::string last_key;
    bool complete = true;       ///< everything up to the end of the shard is indexed
    std::uint64_t skipped = 0;  ///< additions that were left on disk
  };
  using Entry = archive::outbox::Entry;
  using Id = archive::outbox::Id;

  net::Task<> loop();
  net::Task<> work(std::string hop_text);
  net::Task<> make_reports(Hop& hop);
  net::Task<> carry(Hop& hop);
  net::Task<> deliver_all(Hop& hop, Conversation& conversation);
  net::Task<> settle(Entry entry, Attempt attempt);
  enum class Sent : std::uint8_t { no, yes };  ///< whether a next hop has taken a recipient in this attempt
  net::Task<> finish(Entry entry, Decision decision, Sent sent);
  net::Task<> check_deadlines();
  void hop_failed(Hop& hop, const Outcome& outcome);
  void put_back(const Id& id, base::WallTime due);  // into the queue of its hop, where it still has one
  net::Task<> fail_all(Hop& hop, const Outcome& outcome);

  // With the lock held.
  /// Not while stopping, and not while nothing can be written: what was sent could not be noted, and would be sent again.
  bool may_work() const { return !stopping_ && !parts_.archive.store().stopped(); }
  void index(const Entry& entry);
  void unindex(const Id& id);
  routing::Hop current_hop(const Entry& entry) const;
  base::Result<> load_more(std::uint64_t shard);
  std::vector<std::string> hops_to_work();  ///< each counted as a worker already
  std::optional<base::WallTime> next_event() const;

  void poke();  // any thread: something may be due

  Parts parts_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Hop>> hops_;
  std::map<Id, std::string> hop_of_;
  std::multimap<base::WallTime, Id> deadlines_;
  std::map<std::uint64_t, ShardCursor> cursors_;
  std::size_t workers_ = 0;
  DeliveryCounts counts_;
  bool stopping_ = false;
  bool poked_ = false;
  std::unique_ptr<net::Timer> pause_;
  net::TaskGroup tasks_;
};

}  // namespace understudy::relay
