#include "base/net/connection_limits.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace understudy::net {

/// Of one connection. Guarded by the state's mutex.
struct ConnectionLimits::Seat {
  enum class Use { busy, waiting, leaving };
  using Turn = std::pair<base::SteadyTime, std::uint64_t>;  // from when on one can be asked to leave; among equals in order
  IpAddress key;
  Leave leave;
  Use use = Use::busy;
  Turn turn{};  // in State::waiting, while it waits
};

struct ConnectionLimits::State {
  State(Options given, const base::Clock& time) : clock(time), options(std::move(given)) {}

  bool can_make_room() const {
    return !waiting.empty() && waiting.begin()->first.first <= clock.steady() && leaving < most_leaving;
  }
  Leave make_room() {
    Seat& longest = *waiting.begin()->second;
    waiting.erase(waiting.begin());
    longest.use = Seat::Use::leaving;
    --total;
    ++leaving;
    return std::move(longest.leave);
  }
  void stop_waiting(Seat& seat) {
    if (seat.use != Seat::Use::waiting) return;
    waiting.erase(seat.turn);
    seat.use = Seat::Use::busy;
  }

  const base::Clock& clock;
  std::mutex mutex;  // guards the rest
  Options options;
  std::map<IpAddress, std::size_t> by_address;
  std::map<Seat::Turn, Seat*> waiting;
  std::uint64_t turns = 0;
  std::size_t total = 0;  // without those that leave
  std::size_t leaving = 0;
};

namespace {
IpAddress key_of(const IpAddress& from) {
  return from.family() == Family::ipv6 ? from.masked(64) : from;
}
}  // namespace

ConnectionLimits::ConnectionLimits(Options options, const base::Clock& clock)
    : state_(std::make_shared<State>(std::move(options), clock)) {}
ConnectionLimits::~ConnectionLimits() = default;

std::optional<ConnectionLimits::Place> ConnectionLimits::admit(const IpAddress& from, Standing standing, Leave leave) {
  auto seat = std::make_unique<Seat>(Seat{key_of(from), std::move(leave)});
  Leave ask;  // called without the lock
  {
    const std::lock_guard lock(state_->mutex);
    const Options& options = state_->options;
    const bool unlimited = longest_match(options.unlimited, from) != npos;
    const auto known = state_->by_address.find(seat->key);
    if (!unlimited && known != state_->by_address.end() && known->second >= options.per_address) return std::nullopt;
    const bool preferred = unlimited || standing == Standing::preferred;
    const std::size_t places = options.total - (preferred ? 0 : std::min(options.reserved, options.total));
    if (state_->total >= places) {
      if (!state_->can_make_room()) return std::nullopt;
      ask = state_->make_room();
    }
    ++state_->by_address[seat->key];
    ++state_->total;
  }
  if (ask) ask();
  return Place(state_, std::move(seat));
}

ConnectionLimits::Place::Place() = default;
ConnectionLimits::Place::Place(Place&&) noexcept = default;
ConnectionLimits::Place::Place(std::shared_ptr<State> state, std::unique_ptr<Seat> seat)
    : state_(std::move(state)), seat_(std::move(seat)) {}

ConnectionLimits::Place::~Place() {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  state_->stop_waiting(*seat_);
  --(seat_->use == Seat::Use::leaving ? state_->leaving : state_->total);
  const auto own = state_->by_address.find(seat_->key);
  if (--own->second == 0) state_->by_address.erase(own);
}

bool ConnectionLimits::Place::waits(base::SteadyTime grace) {
  if (!state_) return true;
  const std::lock_guard lock(state_->mutex);
  state_->stop_waiting(*seat_);
  if (seat_->use == Seat::Use::leaving) return false;
  seat_->turn = {state_->clock.steady() + grace, state_->turns++};
  state_->waiting.emplace(seat_->turn, seat_.get());
  seat_->use = Seat::Use::waiting;
  return true;
}

void ConnectionLimits::Place::stays() {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  state_->stop_waiting(*seat_);
}

bool ConnectionLimits::Place::must_leave() const {
  if (!state_) return false;
  const std::lock_guard lock(state_->mutex);
  return seat_->use == Seat::Use::leaving;
}

bool ConnectionLimits::Place::crowded() const {
  if (!state_) return false;
  const std::lock_guard lock(state_->mutex);
  return state_->total >= state_->options.total - state_->options.total / 5;
}

void ConnectionLimits::replace_options(Options options) {
  const std::lock_guard lock(state_->mutex);
  state_->options = std::move(options);
}

std::size_t ConnectionLimits::count() const {
  const std::lock_guard lock(state_->mutex);
  return state_->total;
}

}  // namespace understudy::net
