/// The link to the other machine of the pair: dials it and listens for it, lets in nobody who does not hold its key, keeps one
/// connection, and says what is the matter (docs/peer-link.md). What travels is in Registry. Mail never waits for it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/ed25519.hpp"
#include "base/net/acceptor.hpp"
#include "base/net/connector.hpp"
#include "base/net/dns.hpp"
#include "base/net/timers.hpp"
#include "base/random.hpp"
#include "relay/peer/options.hpp"
#include "relay/peer/status.hpp"
#include "relay/peer/topics.hpp"
#include "relay/peer/traffic.hpp"

namespace understudy::relay::peer {

/// What the link works with; references outlive it.
struct Parts {
  net::Connector& connector;
  net::Resolver& resolver;
  net::Timers& timers;
  const base::Clock& clock;
  base::Random& random;
  net::asio::any_io_executor home;  ///< of everything that the link does
  /// Listens on an endpoint; accepted links live on `home`.
  std::function<base::Result<std::unique_ptr<net::Acceptor>>(const net::Endpoint&)> listen;
};

/// What this machine says of itself.
struct Identity {
  std::string program;                ///< "understudy 0.1.0"
  std::string instance, incarnation;  ///< 16 octets each
  std::string hostname;
};

/// All calls on `home`, but where it is said otherwise.
class PeerLink {
 public:
  PeerLink(Parts parts, Options options, base::SigningKey key, Identity identity);
  ~PeerLink();  ///< after stop(), where it was started

  /// To be filled before start(); what is registered outlives the link.
  Registry& registry();

  /// Binds every address of Options::binds, or none; then dials, without end.
  base::Result<> start();
  /// Says bye and ends; within some seconds.
  net::Task<> stop();

  const base::PublicKey& key() const;  ///< of this machine; any thread
  Status status() const;
  /// See Traffic::ask(); any thread, `done` is called on `home`.
  void ask(Traffic::Question question, Traffic::Done done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace understudy::relay::peer
