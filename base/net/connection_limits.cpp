#include "base/net/connection_limits.hpp"

#include <map>
#include <mutex>

namespace understudy::net {

struct ConnectionLimits::State {
  explicit State(Options given) : options(std::move(given)) {}
  std::mutex mutex;  // guards the rest
  Options options;
  std::map<IpAddress, std::size_t> by_address;
  std::size_t total = 0;
};

namespace {
IpAddress key_of(const IpAddress& from) {
  return from.family() == Family::ipv6 ? from.masked(64) : from;
}
}  // namespace

ConnectionLimits::ConnectionLimits(Options options) : state_(std::make_shared<State>(std::move(options))) {}
ConnectionLimits::~ConnectionLimits() = default;

std::optional<ConnectionLimits::Place> ConnectionLimits::admit(const IpAddress& from) {
  const IpAddress key = key_of(from);
  const std::lock_guard lock(state_->mutex);
  const Options& options = state_->options;
  if (state_->total >= options.total) return std::nullopt;
  const auto known = state_->by_address.find(key);
  if (known != state_->by_address.end() && known->second >= options.per_address &&
      longest_match(options.unlimited, from) == npos)
    return std::nullopt;
  ++state_->by_address[key];
  ++state_->total;
  return Place(state_, key);
}

ConnectionLimits::Place::~Place() {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  --state_->total;
  const auto own = state_->by_address.find(key_);
  if (--own->second == 0) state_->by_address.erase(own);
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
