/// What the schedule has to do, in memory: which entry waits for which hop and until when, which is on its way, and who is to
/// work next. An entry is on its way with one worker at most, whatever is done to it meanwhile. Memory grows with what waits
/// and nothing else; each step costs no more than the logarithm of it. Pure: the time is handed in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "archive/outbox/id.hpp"
#include "base/clock.hpp"
#include "mail/smtp/reply.hpp"
#include "relay/schedule/hop_state.hpp"
#include "relay/schedule/turns.hpp"

namespace understudy::relay {

/// One thread, or under one lock. A HopState& stays as long as it has a worker.
class Agenda {
 public:
  using Id = archive::outbox::Id;
  struct Limits {  // of workers
    std::size_t all = 1;
    std::size_t per_hop = 1;
    bool operator==(const Limits&) const = default;
  };
  struct Place {
    std::string hop;
    base::WallTime due;
    std::optional<base::WallTime> deadline;                             ///< when time alone decides something about it
    enum class Load : std::uint8_t { mail, notice } load = Load::mail;  ///< notice: relayed from the null reverse-path
  };
  struct Overdue {
    Id id;
    mail::smtp::Reply last_failure;  ///< of its hop; code 0: none
  };

  void set_limits(Limits limits);

  // Entries.
  /// Adds it or moves it. One that is on its way gets there when it is given back.
  void put(const Id& id, Place place);
  /// One that is on its way is forgotten when it is given back.
  void remove(const Id& id);
  /// The oldest that is due; it is on its way until it is given back.
  std::optional<Id> take(HopState& hop, base::WallTime now);
  /// The one whose deadline passed first; it is on its way, too.
  std::optional<Overdue> take_overdue(base::WallTime now);
  void give_back(const Id& id);
  /// For another connection, at once. false: that was so before, and nothing else has come of it since; it stays on its way.
  bool give_back_once(const Id& id);
  /// After a failure of our own: not again before then.
  void give_back_after_trouble(const Id& id, base::WallTime not_before);
  std::uint32_t troubles(const Id& id) const;  ///< in a row
  /// Never given back: it stays out of the schedule, even if it changes.
  void keep_away(const Id& id);
  void retry(const Id& id, base::WallTime now);
  void retry_all(base::WallTime now);

  // Workers.
  /// The hop that a worker is to begin for; it is counted already. nullptr: none now. Where one rests, he is called back.
  HopState* begin_worker(base::WallTime now);
  /// A worker that finds no entry, and has an open connection, waits for the next one. `call` must not block; it is called once
  /// at most, and from then on he counts as one who has just begun. false: he has to end, since one rests already, the hop is
  /// not configured, or a quarter of all workers rest.
  bool rest(HopState& hop, std::function<void()> call);
  /// He has rested long enough, and was not called.
  void end_rest(HopState& hop);
  /// Calls him back where an entry is due that nobody is about to ask for.
  void call_back(const std::string& hop, base::WallTime now);
  /// All of them, whether there is something for them or not.
  void call_all_back();
  void asks(HopState& hop);       ///< a worker that has just begun is about to take its first entry
  void opened(HopState& hop);     ///< the hop answers
  void delivered(HopState& hop);  ///< it has taken a message
  /// Nothing goes there for so long; several workers that meet the same failure count once.
  void failed(HopState& hop, const mail::smtp::Reply& reply, std::chrono::milliseconds wait, base::WallTime now);
  enum class Asked : std::uint8_t { yes, never };  ///< whether the worker came to ask for an entry
  void end_worker(HopState& hop, Asked asked);

  /// When begin_worker() will have something; nullopt: not before a change.
  std::optional<base::WallTime> next_turn() const;
  /// When take_overdue() will.
  std::optional<base::WallTime> next_deadline() const;

  std::size_t size() const { return items_.size(); }
  std::size_t size_of(std::uint64_t shard) const;
  std::size_t workers() const { return workers_; }
  std::size_t resting() const { return resting_; }  ///< of the workers
  std::size_t deadlines() const { return deadlines_.size(); }
  const std::map<std::string, std::unique_ptr<HopState>>& hops() const { return hops_; }

 private:
  struct Item {
    HopState* hop = nullptr;
    Place::Load load = Place::Load::mail;
    base::WallTime due{};
    std::optional<base::WallTime> deadline;
    std::uint32_t troubles = 0;
    enum class Anew : std::uint8_t { no, yes } anew = Anew::no;  ///< it was given back for another connection
  };
  using Items = std::map<Id, Item>;
  HopState& hop_of(const std::string& text);
  void assign(Item& item, HopState& hop, Place::Load load);
  static void count_out(const Item& item);
  void enter(const Id& id, const Item& item);
  void leave(const Id& id, const Item& item);
  void set_out(Items::iterator found);
  void call(HopState& hop);
  void call_back(HopState& hop);
  void change_lane(HopState& hop);
  std::size_t share(Lane lane) const;
  Turns::Open open_lanes() const;

  Limits limits_;
  Items items_;
  std::set<Id> on_their_way_;  ///< may be in items_ or not
  std::map<std::string, std::unique_ptr<HopState>> hops_;
  Turns turns_;                                        ///< of hops
  std::set<std::pair<base::WallTime, Id>> deadlines_;  ///< of what waits
  std::map<std::uint64_t, std::size_t> sizes_;         ///< items_ by shard
  std::size_t workers_ = 0;
  std::size_t resting_ = 0;
  std::array<std::size_t, Turns::lanes> in_lane_{};  ///< of them
};

}  // namespace understudy::relay
