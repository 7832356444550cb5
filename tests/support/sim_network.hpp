/// Machines and the connections between them, all in memory: connect, listen, cut the power.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/net/acceptor.hpp"
#include "base/net/connector.hpp"
#include "tests/support/sim_link.hpp"

namespace understudy::sim {

class SimNetwork {
 public:
  explicit SimNetwork(SimParts parts);
  ~SimNetwork();

  /// Connections that start at this address. The network outlives its hosts' users.
  net::Connector& from(const net::IpAddress& address);
  /// Port 0: one is chosen. Fails where somebody listens there already.
  base::Result<std::unique_ptr<net::Acceptor>> listen(const net::Endpoint& at);
  /// Two ends of one connection: client, server.
  std::pair<std::unique_ptr<net::Link>, std::unique_ptr<net::Link>> pair();

  /// What connects to the address meet: an answer; a refusal; nothing, until they give up.
  enum class Weather { fine, refusing, silent };
  void set_weather(const net::IpAddress& address, Weather weather);
  void set_weather(const net::Endpoint& at, Weather weather);  ///< of what connects there, beside that of the address
  /// The machine stops in mid-octet. Its peers hear nothing any more; nobody listens until power_on().
  void power_off(const net::IpAddress& address);
  void power_on(const net::IpAddress& address) { set_weather(address, Weather::fine); }

  /// What stands between the two machines and led to this port: breaks, and both learn of it; or nothing of it arrives any
  /// more, and nobody is told.
  enum class Break { reset, silence };
  void cut(const net::IpAddress& one, const net::IpAddress& other, std::uint16_t port, Break how);
  /// Told of each connection that is made, from then on.
  using Watcher = std::function<void(const std::shared_ptr<SimLink::Cable>&)>;
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }

  /// Makes clients verify what stands behind the endpoint, under these names.
  void trust(const net::Endpoint& at, std::vector<std::string> names);
  SimWire& wire() { return *parts_.wire; }
  std::size_t connects() const { return connects_; }  ///< tried so far

 private:
  class Host;
  class Listening;
  class SimAcceptor;
  Weather weather_between(const net::IpAddress& from, const net::Endpoint& to) const;
  std::pair<std::unique_ptr<net::Link>, std::unique_ptr<net::Link>> lay(net::Endpoint client, net::Endpoint server);
  net::Task<base::Result<std::unique_ptr<net::Link>>> connect(net::IpAddress from, net::Endpoint to, net::Timeout timeout);

  SimParts parts_;
  std::map<net::IpAddress, std::unique_ptr<Host>> hosts_;
  std::map<net::Endpoint, std::weak_ptr<Listening>> listening_;
  std::map<net::IpAddress, Weather> weather_;
  std::map<net::Endpoint, Weather> weather_at_;
  std::map<net::Endpoint, SimCertificate> certificates_;
  std::vector<std::weak_ptr<SimLink::Cable>> cables_;
  Watcher watcher_;
  std::uint16_t next_port_ = 40'000;
  std::uint64_t next_id_ = 1;
  std::size_t connects_ = 0;
};

}  // namespace understudy::sim
