/// A schedule on a store in memory, with a clock that the test moves and next hops that answer as the test says. One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "archive/store/memory/memory_store.hpp"
#include "relay/schedule/scheduler.hpp"
#include "tests/support/archive_world.hpp"
#include "tests/support/sim_world.hpp"

namespace understudy::test {

/// What a next hop was handed in one transaction.
struct Handed {
  std::string hop;
  std::string entry;                    ///< its id
  std::vector<std::string> recipients;  ///< that were tried
  std::string octets;
  base::WallTime at;
};

/// The next hops. They say 250 where the test says nothing else.
class ScriptedCourier final : public relay::Courier {
 public:
  explicit ScriptedCourier(sim::SimWorld& world) : world_(world) {}

  // As the test says.
  std::map<std::string, std::deque<mail::smtp::Reply>> replies;  ///< by forward-path, one for each attempt
  std::map<std::string, relay::Outcome> down;                    ///< hops that cannot be opened
  std::chrono::milliseconds duration{0};                         ///< of each transaction
  std::size_t connections_lost = 0;                              ///< so many of the next transactions find theirs gone
  std::size_t most_messages = 0;                                 ///< then a connection is closed without a word; 0: never is
  std::string closes_at;                                         ///< without a word, whenever this forward-path comes
  std::size_t closed = 0;                                        ///< how often that was
  std::string last_word;                                         ///< before it closes; empty: none
  std::function<void(const archive::outbox::Entry&)> meanwhile;  ///< in each transaction, before its answer; may throw
  // As it came.
  std::vector<Handed> handed;                                      ///< in order of their answers
  std::size_t opened = 0, open_now = 0, most_open = 0, ended = 0;  ///< connections; ended: by QUIT
  bool two_at_once = false;                                        ///< an entry was in two transactions at the same time

  void connect(archive::Archive& archive, const relay::CurrentSettings& settings) {
    archive_ = &archive;
    settings_ = &settings;
  }
  net::Task<Opened> open(routing::Hop hop) override;

 private:
  class Talk;
  class UnderWay;
  sim::SimWorld& world_;
  archive::Archive* archive_ = nullptr;
  const relay::CurrentSettings* settings_ = nullptr;
  std::set<archive::outbox::Id> under_way_;
};

class ScheduleWorld {
 public:
  using Entry = archive::outbox::Entry;

  explicit ScheduleWorld(std::size_t max_indexed = 100'000);
  ~ScheduleWorld();

  void start();  ///< opens the archive on the disk as it is, and begins
  void stop();   ///< as a process that ends in good order
  void restart() { stop(), start(); }
  void settle() { world.settle(); }
  void advance(std::chrono::milliseconds by) { world.advance(by); }

  /// Durable, and told to the schedule; nothing else has happened yet.
  void accept(const Letter& letter);
  void change(archive::Change change);
  void hold(const Entry& entry);
  void release(const Entry& entry);
  void remove(const Entry& entry);
  /// Overwrites the entry in the store, behind everybody's back.
  void overwrite(const Entry& entry, std::string value);
  /// Nothing of the entry's hop can be settled, until it can.
  void spoil_settling(const Entry& entry);
  void mend_settling(const Entry& entry);
  void lose_body(const Entry& entry);
  void fill_medium(archive::store::Faults::Room room) { faults_.set_room(room); }
  void stop_writes();  ///< the next write fails, and with it all that follow until the next start

  std::vector<Entry> entries();
  Entry only_entry();  ///< throws where there is not exactly one
  void set_routes(std::vector<routing::Route> routes);
  void set_options(std::function<void(relay::Options&)> change);
  void set_hostname(std::string hostname);
  /// Transactions of messages from mailer-daemon to this address: reports and notices.
  std::vector<Handed> told(const std::string& address) const;
  /// Entries that were handed over for this hop, by the position of their messages.
  std::vector<std::string> order(const std::string& hop) const;

  sim::SimWorld world;
  ScriptedCourier courier{world};
  archive::Archive& archive() { return *archive_; }
  archive::store::MemoryStore& store() { return *store_; }
  relay::Scheduler& scheduler() { return *scheduler_; }

 private:
  std::size_t max_indexed_;
  archive::store::MemoryDisk disk_;
  archive::store::Faults faults_;
  std::shared_ptr<relay::Settings> latest_;
  std::unique_ptr<relay::CurrentSettings> settings_;
  std::unique_ptr<archive::store::MemoryStore> store_;
  std::unique_ptr<archive::Archive> archive_;
  std::unique_ptr<relay::Reporter> reporter_;
  std::unique_ptr<relay::Scheduler> scheduler_;
};

/// "octets", from sender@world.example to one recipient at a domain of the outside, by its MX.
Letter letter_to(const std::string& forward_path, const std::string& octets = "Subject: one\r\n\r\nHello.\r\n");

}  // namespace understudy::test
