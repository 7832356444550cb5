/// What sessions and deliveries go by, as one value that `reload` swaps whole: each transaction and each delivery keeps the one
/// that it began with.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/net/tls.hpp"
#include "relay/options.hpp"
#include "routing/policy.hpp"
#include "routing/route.hpp"

namespace understudy::relay {

struct Settings {
  Options options;
  routing::Policy policy;
  routing::RouteTable routes;
  std::string domain_name;  ///< of the pair; the sender of reports is MAILER-DAEMON there
  routing::AccountName postmaster;
  std::vector<net::Endpoint> own_endpoints;           ///< where this machine takes mail itself: no next hop may lead there
  std::shared_ptr<const net::TlsContext> server_tls;  ///< nullptr: no listener offers TLS
  std::shared_ptr<const net::TlsContext> client_tls;
};

/// Any thread.
class CurrentSettings {
 public:
  explicit CurrentSettings(std::shared_ptr<const Settings> settings) : settings_(std::move(settings)) {}
  std::shared_ptr<const Settings> get() const { return settings_.load(); }
  void replace(std::shared_ptr<const Settings> settings) { settings_.store(std::move(settings)); }

 private:
  std::atomic<std::shared_ptr<const Settings>> settings_;
};

}  // namespace understudy::relay
