#include "tests/support/sim_network.hpp"

#include <algorithm>
#include <tuple>

#include <boost/asio/this_coro.hpp>

namespace understudy::sim {
namespace {
constexpr net::Timeout for_ever = std::chrono::hours(24 * 365);
}

class SimNetwork::Listening {
 public:
  explicit Listening(const SimParts& parts) : arrived_(parts.timers, parts.executor) {}

  void arrive(std::unique_ptr<net::Link> link) {
    waiting_.push_back(std::move(link));
    arrived_.wake(Woken::notified);
  }
  net::Task<base::Result<std::unique_ptr<net::Link>>> next() {
    while (waiting_.empty() && !closed_) {
      const Woken woken = co_await arrived_.wait(for_ever);
      if (woken == Woken::cancelled) co_return base::fail("accept", net::errc::cancelled);
    }
    if (closed_) co_return base::fail("accept", net::errc::cancelled);
    base::Result<std::unique_ptr<net::Link>> link = std::move(waiting_.front());
    waiting_.pop_front();
    co_return link;
  }
  void close() {
    closed_ = true;
    waiting_.clear();
    arrived_.wake(Woken::cancelled);
  }
  bool closed() const { return closed_; }

 private:
  SimTimers::Waiter arrived_;
  std::deque<std::unique_ptr<net::Link>> waiting_;
  bool closed_ = false;
};

class SimNetwork::SimAcceptor final : public net::Acceptor {
 public:
  SimAcceptor(std::shared_ptr<Listening> listening, net::Endpoint local, asio::any_io_executor executor)
      : listening_(std::move(listening)), local_(local), executor_(std::move(executor)) {}
  ~SimAcceptor() override { listening_->close(); }
  net::Task<base::Result<std::unique_ptr<net::Link>>> accept() override { return listening_->next(); }
  net::Endpoint local() const override { return local_; }
  asio::any_io_executor executor() const override { return executor_; }
  void close() override { listening_->close(); }

 private:
  std::shared_ptr<Listening> listening_;
  net::Endpoint local_;
  asio::any_io_executor executor_;
};

class SimNetwork::Host final : public net::Connector {
 public:
  Host(SimNetwork& network, net::IpAddress address) : network_(network), address_(address) {}
  net::Task<base::Result<std::unique_ptr<net::Link>>> connect(net::Endpoint to, std::optional<net::IpAddress> source,
                                                              net::Timeout timeout) override {
    return network_.connect(source.value_or(address_), to, timeout);
  }

 private:
  SimNetwork& network_;
  net::IpAddress address_;
};

SimNetwork::SimNetwork(SimParts parts) : parts_(std::move(parts)) {}
SimNetwork::~SimNetwork() = default;

net::Connector& SimNetwork::from(const net::IpAddress& address) {
  auto& host = hosts_[address];
  if (!host) host = std::make_unique<Host>(*this, address);
  return *host;
}

base::Result<std::unique_ptr<net::Acceptor>> SimNetwork::listen(const net::Endpoint& at) {
  net::Endpoint bound = at;
  if (bound.port == 0) bound.port = next_port_++;
  const auto known = listening_[bound].lock();
  if (known && !known->closed()) return base::fail("listen on " + bound.text(), net::errc::refused);
  auto listening = std::make_shared<Listening>(parts_);
  listening_[bound] = listening;
  return std::make_unique<SimAcceptor>(std::move(listening), bound, parts_.executor);
}

std::pair<std::unique_ptr<net::Link>, std::unique_ptr<net::Link>> SimNetwork::lay(net::Endpoint client, net::Endpoint server) {
  auto cable = std::make_shared<SimLink::Cable>();
  cable->id = next_id_++;
  if (const auto known = certificates_.find(server); known != certificates_.end()) cable->certificate = known->second;
  cable->client = client;
  cable->server = server;
  std::erase_if(cables_, [](const auto& laid) { return laid.expired(); });
  cables_.push_back(cable);
  if (watcher_) watcher_(cable);
  return {std::make_unique<SimLink>(parts_, cable, SimLink::Side::client, client, server),
          std::make_unique<SimLink>(parts_, cable, SimLink::Side::server, server, client)};
}

std::pair<std::unique_ptr<net::Link>, std::unique_ptr<net::Link>> SimNetwork::pair() {
  return lay({net::IpAddress::v4({192, 0, 2, 1}), next_port_++}, {net::IpAddress::v4({192, 0, 2, 2}), 25});
}

net::Task<base::Result<std::unique_ptr<net::Link>>> SimNetwork::connect(net::IpAddress from, net::Endpoint to,
                                                                        net::Timeout timeout) {
  ++connects_;
  const std::string doing = "connect to " + to.text();
  const auto told = co_await asio::this_coro::cancellation_state;
  if (told.cancelled() != asio::cancellation_type::none) co_return base::fail(doing, net::errc::cancelled);
  if (const auto fault = parts_.faults.step()) co_return base::fail(doing, *fault);
  const Weather weather = weather_between(from, to);
  if (weather == Weather::silent) {
    SimTimers::Waiter nothing(parts_.timers, parts_.executor);
    const Woken woken = co_await nothing.wait(timeout);
    co_return base::fail(doing, woken == Woken::expired ? net::errc::timed_out : net::errc::cancelled);
  }
  const auto known = listening_.find(to);
  const auto listening = known == listening_.end() ? nullptr : known->second.lock();
  if (!listening || listening->closed() || weather == Weather::refusing) co_return base::fail(doing, net::errc::refused);
  const net::Endpoint client{from, next_port_++};
  auto ends = lay(client, to);
  listening->arrive(std::move(ends.second));
  base::Result<std::unique_ptr<net::Link>> made = std::move(ends.first);
  co_return made;
}

void SimNetwork::set_weather(const net::IpAddress& address, Weather weather) {
  weather_[address] = weather;
}

void SimNetwork::set_weather(const net::Endpoint& at, Weather weather) {
  weather_at_[at] = weather;
}

/// The worst that is met on the way.
SimNetwork::Weather SimNetwork::weather_between(const net::IpAddress& from, const net::Endpoint& to) const {
  const auto of = [](const auto& all, const auto& place) {
    const auto found = all.find(place);
    return found == all.end() ? Weather::fine : found->second;
  };
  if (of(weather_, from) == Weather::silent) return Weather::silent;
  return std::max(of(weather_, to.address), of(weather_at_, to));
}

void SimNetwork::power_off(const net::IpAddress& address) {
  set_weather(address, Weather::silent);
  for (const auto& weak : cables_)
    if (const auto cable = weak.lock(); cable && (cable->client.address == address || cable->server.address == address))
      cable->silent = true;
}

void SimNetwork::cut(const net::IpAddress& one, const net::IpAddress& other, std::uint16_t port, Break how) {
  for (const auto& weak : cables_) {
    const auto cable = weak.lock();
    if (!cable || cable->server.port != port) continue;
    const auto& [from, to] = std::tie(cable->client.address, cable->server.address);
    if (!(from == one && to == other) && !(from == other && to == one)) continue;
    if (how == Break::silence) cable->silent = true;
    if (how == Break::reset) cable->cut(parts_.timers.clock().steady());
  }
}

void SimNetwork::trust(const net::Endpoint& at, std::vector<std::string> names) {
  certificates_[at] = SimCertificate{true, std::move(names)};
}

}  // namespace understudy::sim
