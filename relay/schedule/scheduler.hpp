/// The schedule of the outbox: which entry goes to which hop, when, over how many connections. Works by hop: one that does not
/// answer holds its own entries and nobody else's. RFC 5321 §4.5.4.1. The store has the truth; what is here can be read again.
///
/// At its limit (max_indexed entries in memory) later entries stay on disk only, and are read when there is room.
#pragma once

#include <cstdint>
#include <functional>
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
#include "relay/schedule/agenda.hpp"
#include "relay/schedule/courier.hpp"
#include "relay/schedule/fresh_entries.hpp"
#include "relay/schedule/held_notices.hpp"
#include "relay/schedule/window.hpp"
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
  std::uint64_t held = 0;    ///< entries that wait for an administrator since the start
  std::uint64_t hidden = 0;  ///< recipients owed under custody, taken by a next hop that did not announce XCUSTODY
};

class Scheduler final : public archive::commit::Observer {
 public:
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
    std::size_t max_indexed = 100'000;  ///< entries in memory, about; ten of each hop are there whatever it says
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
  bool idle() const;  ///< nothing waits and nothing is on its way

 private:
  using Entry = archive::outbox::Entry;
  using Id = archive::outbox::Id;
  struct InHand {  ///< the entry that a coroutine is at
    std::optional<Id> id;
    enum class Sent : std::uint8_t { no, yes } sent = Sent::no;  ///< a next hop has taken a recipient, and it is not noted yet
  };
  struct Worker {
    HopState& hop;
    Agenda::Asked asked = Agenda::Asked::never;
    InHand hand = {};
    bool rested = false;  ///< and has sent nothing since: the connection may be gone without a fault of the hop's
  };

  // scheduler.cpp: what waits, and who is to work.
  net::Task<> loop();
  std::chrono::milliseconds turn();
  base::Result<bool> read_on();
  base::Result<> read_gap(const Window::Gap& gap, std::size_t limit);
  void poke();         // any thread: something may be due
  void poke_if_due();  // as poke(), where there is something to do earlier than the loop will look
  // With the lock held.
  /// Not while stopping, and not while nothing can be written: what was sent could not be noted, and would be sent again.
  bool may_work() const { return !stopping_ && !parts_.archive.stopped(); }
  void begin_work();
  base::WallTime next_event(base::WallTime now) const;
  bool begin(std::string name, net::Task<> task);
  Window::Load load_of(std::uint64_t shard) const { return {agenda_.size(), agenda_.size_of(shard)}; }
  void index(const Entry& entry);
  void drop(const Id& id);

  // scheduler_work.cpp: carrying entries over conversations.
  net::Task<> work(HopState* hop);
  net::Task<> settle_overdue();
  net::Task<> guard(std::string name, net::Task<> part, InHand& hand);
  net::Task<> carry(Worker& worker);
  net::Task<> make_reports(Worker& worker);
  net::Task<> deliver_all(Worker& worker, Conversation& conversation);
  net::Task<> fail_all(Worker& worker, const Outcome& outcome);
  net::Task<> decide_overdue(InHand& hand);
  net::Task<std::optional<Entry>> next_entry(Worker& worker);
  enum class Rested : std::uint8_t { called, enough };
  net::Task<Rested> rest(Worker& worker);
  net::Task<std::optional<Entry>> next_entry_or_rest(Worker& worker);
  base::Result<std::optional<Entry>> read(const Id& id);
  routing::Hop current_hop(const Entry& entry) const;
  void reindex(const Id& id);
  void hop_delivered(HopState& hop);
  void hop_failed(HopState& hop, const Outcome& outcome);

  // scheduler_settle.cpp: making what came of it durable.
  net::Task<> settle(Entry entry, Attempt attempt, InHand& hand);
  net::Task<> finish(Entry entry, Decision decision, InHand& hand);
  void note_hidden(const Entry& entry, std::size_t recipients);
  net::Task<base::Result<>> carry_out(const Entry& entry, Decision decision, const InHand& hand);
  net::Task<> trouble(InHand& hand, std::string why);
  net::Task<> hold(Id id, std::string why);
  bool was_made_here(const Id& id) const;
  void note_held(const std::string& cause, Notice notice);
  net::Task<> tell_postmaster(Notice notice);
  void give_back(InHand& hand);
  enum class GivenBack : std::uint8_t { no, yes };
  GivenBack give_back_once(InHand& hand);

  Parts parts_;
  mutable std::mutex mutex_;  // guards what follows, up to the timer; never held across I/O
  Agenda agenda_;
  FreshEntries fresh_;
  Window window_;
  HeldNotices notices_;
  base::WallTime look_again_{};
  std::size_t overdue_tasks_ = 0;
  DeliveryCounts counts_;
  bool stopping_ = false;
  bool poked_ = false;
  base::WallTime looks_at_{};  // when the loop looks for work next, if nobody pokes it
  std::unique_ptr<net::Timer> pause_;
  net::TaskGroup tasks_;
};

}  // namespace understudy::relay
