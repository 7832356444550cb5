#include "relay/schedule/agenda.hpp"

#include <algorithm>

namespace understudy::relay {

void Agenda::set_limits(Limits limits) {
  if (limits == limits_) return;
  limits_ = limits;
  for (auto& [text, hop] : hops_) call(*hop);
}

HopState& Agenda::hop_of(const std::string& text) {
  auto& hop = hops_[text];
  if (!hop) hop = std::make_unique<HopState>(text);
  return *hop;
}

void Agenda::count_out(const Item& item) {
  item.hop->entries -= 1;
  if (item.load == Place::Load::notice) item.hop->notices -= 1;
}

void Agenda::assign(Item& item, HopState& hop, Place::Load load) {
  HopState* before = item.hop;
  if (before) count_out(item);
  item.hop = &hop;
  item.load = load;
  hop.entries += 1;
  if (load == Place::Load::notice) hop.notices += 1;
  if (before && before != &hop) call(*before);
}

void Agenda::enter(const Id& id, const Item& item) {
  item.hop->queue.put(id, item.due);
  if (item.deadline) deadlines_.emplace(*item.deadline, id);
  call(*item.hop);
}

void Agenda::leave(const Id& id, const Item& item) {
  item.hop->queue.remove(id);
  if (item.deadline) deadlines_.erase({*item.deadline, id});
  call(*item.hop);
}

void Agenda::put(const Id& id, Place place) {
  const auto [found, added] = items_.try_emplace(id);
  Item& item = found->second;
  const bool waits = !on_their_way_.contains(id);
  if (added) sizes_[id.shard] += 1;
  if (!added && waits) leave(id, item);
  assign(item, hop_of(place.hop), place.load);
  item.due = place.due;
  item.deadline = place.deadline;
  if (waits) enter(id, item);
}

void Agenda::remove(const Id& id) {
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  HopState& hop = *found->second.hop;
  if (!on_their_way_.contains(id)) leave(id, found->second);
  count_out(found->second);
  items_.erase(found);
  call(hop);
  if (const auto size = sizes_.find(id.shard); --size->second == 0) sizes_.erase(size);
}

void Agenda::set_out(Items::iterator found) {
  leave(found->first, found->second);
  on_their_way_.insert(found->first);
}

std::optional<Agenda::Id> Agenda::take(HopState& hop, base::WallTime now) {
  const auto id = hop.queue.take(now);
  if (id) set_out(items_.find(*id));
  return id;
}

std::optional<Agenda::Overdue> Agenda::take_overdue(base::WallTime now) {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return std::nullopt;
  const auto found = items_.find(deadlines_.begin()->second);
  Overdue overdue{found->first, found->second.hop->last_failure};
  set_out(found);
  return overdue;
}

void Agenda::give_back(const Id& id) {
  on_their_way_.erase(id);
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  found->second.troubles = 0;
  found->second.anew = Item::Anew::no;
  enter(id, found->second);
}

bool Agenda::give_back_once(const Id& id) {
  const auto found = items_.find(id);
  if (found != items_.end() && found->second.anew == Item::Anew::yes) return false;
  give_back(id);
  if (found != items_.end()) found->second.anew = Item::Anew::yes;
  return true;
}

void Agenda::give_back_after_trouble(const Id& id, base::WallTime not_before) {
  on_their_way_.erase(id);
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  Item& item = found->second;
  item.troubles += 1;
  item.anew = Item::Anew::no;
  item.due = std::max(item.due, not_before);
  if (item.deadline) item.deadline = std::max(*item.deadline, not_before);
  enter(id, item);
}

std::uint32_t Agenda::troubles(const Id& id) const {
  const auto found = items_.find(id);
  return found == items_.end() ? 0 : found->second.troubles;
}

void Agenda::keep_away(const Id& id) {
  remove(id);
  on_their_way_.insert(id);
}

void Agenda::retry(const Id& id, base::WallTime now) {
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  found->second.hop->not_before = now;
  found->second.due = now;
  if (!on_their_way_.contains(id)) found->second.hop->queue.put(id, now);
  call(*found->second.hop);
}

void Agenda::retry_all(base::WallTime now) {
  for (auto& [id, item] : items_) item.due = now;
  for (auto& [text, hop] : hops_) {
    hop->not_before = now;
    hop->queue.release_all(now);
    call(*hop);
  }
}

HopState* Agenda::begin_worker(base::WallTime now) {
  for (;;) {
    const auto text = turns_.next(now, open_lanes());
    if (!text) return nullptr;
    const auto found = hops_.find(*text);
    HopState& hop = *found->second;
    if (hop.forgotten(now)) {
      hops_.erase(found);
      continue;
    }
    bool begin = hop.lacks_worker(now, limits_.per_hop);
    if (begin && hop.rester) {
      call_back(hop);
      begin = false;
    }
    if (begin) {
      hop.workers += 1;
      hop.opening += 1;
      workers_ += 1;
      in_lane_.at(static_cast<std::size_t>(hop.lane)) += 1;
    }
    call(hop);
    if (begin) return &hop;
  }
}

bool Agenda::rest(HopState& hop, std::function<void()> call) {
  if (hop.rester || hop.lane != Lane::configured || resting_ >= limits_.all / 4) return false;
  hop.rester = std::move(call);
  resting_ += 1;
  this->call(hop);
  return true;
}

void Agenda::end_rest(HopState& hop) {
  hop.rester = nullptr;
  resting_ -= 1;
  call(hop);
}

void Agenda::call_back(HopState& hop) {
  const auto call_him = hop.rester;
  hop.opening += 1;
  end_rest(hop);
  call_him();
}

void Agenda::call_back(const std::string& hop, base::WallTime now) {
  const auto found = hops_.find(hop);
  if (found == hops_.end() || !found->second->rester) return;
  if (found->second->lacks_worker(now, limits_.per_hop)) call_back(*found->second);
}

void Agenda::call_all_back() {
  for (auto& [text, hop] : hops_)
    if (hop->rester) call_back(*hop);
}

void Agenda::asks(HopState& hop) {
  hop.opening -= 1;
  call(hop);
}

void Agenda::opened(HopState& hop) {
  hop.proven = true;
  hop.failures = 0;
  call(hop);
}

void Agenda::delivered(HopState& hop) {
  hop.delivered = true;
  call(hop);
}

void Agenda::failed(HopState& hop, const mail::smtp::Reply& reply, std::chrono::milliseconds wait, base::WallTime now) {
  if (hop.not_before <= now) {
    hop.failures += 1;
    hop.not_before = now + wait;
  }
  hop.proven = false;
  hop.delivered = false;
  hop.last_failure = reply;
  call(hop);
}

void Agenda::end_worker(HopState& hop, Asked asked) {
  if (asked == Asked::never) hop.opening -= 1;
  hop.workers -= 1;
  workers_ -= 1;
  in_lane_.at(static_cast<std::size_t>(hop.lane)) -= 1;
  call(hop);
}

/// Of the workers, how many this lane and those after it may have together.
std::size_t Agenda::share(Lane lane) const {
  const auto all = limits_.all;
  switch (lane) {
    case Lane::configured:
      return all;
    case Lane::proven:
      return std::max<std::size_t>(1, all - all / 4);
    case Lane::unproven:
      return std::max<std::size_t>(1, all / 2);
    case Lane::notices:
      break;
  }
  return std::max<std::size_t>(1, all / 4);
}

Turns::Open Agenda::open_lanes() const {
  Turns::Open open;
  std::size_t busy = 0;
  for (auto lane = Turns::lanes; lane-- > 0;) {  // the last lane first: its workers count in those before it
    busy += in_lane_[lane];
    open[lane] = busy < share(static_cast<Lane>(lane));
  }
  for (std::size_t lane = 1; lane < Turns::lanes; ++lane) open[lane] = open[lane] && open[lane - 1];
  return open;
}

void Agenda::change_lane(HopState& hop) {
  const auto right = hop.right_lane();
  in_lane_.at(static_cast<std::size_t>(hop.lane)) -= hop.workers;
  in_lane_.at(static_cast<std::size_t>(right)) += hop.workers;
  hop.lane = right;
}

void Agenda::call(HopState& hop) {
  change_lane(hop);
  if (const auto when = hop.next_turn(limits_.per_hop)) {
    turns_.call(hop.text, *when, static_cast<std::size_t>(hop.lane));
  } else {
    turns_.drop(hop.text);
  }
}

std::optional<base::WallTime> Agenda::next_turn() const {
  const auto open = open_lanes();
  return open.any() ? turns_.next_time(open) : std::nullopt;
}

std::optional<base::WallTime> Agenda::next_deadline() const {
  return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

std::size_t Agenda::size_of(std::uint64_t shard) const {
  const auto found = sizes_.find(shard);
  return found == sizes_.end() ? 0 : found->second;
}

}  // namespace understudy::relay
