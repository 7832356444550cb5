#include "conf/convert.hpp"

#include <algorithm>

#include "base/net/interfaces.hpp"

namespace understudy::conf {

using routing::AcceptLocalFrom;
using routing::Role;
using routing::Switch;

routing::Role first_role(const Config& config) {
  return config.passthrough.accept_local_from == AcceptLocalFrom::anyone ? Role::in_charge : Role::archive;
}

InCharge primary_column(const routing::Passthrough& first) {
  InCharge out;
  out.passthrough.domains = first.domains;
  out.passthrough.resend_window = first.resend_window;
  out.passthrough.create_limit = first.create_limit;
  out.passthrough.copy_local_to_outbox = Switch::on;
  return out;
}

routing::Policy to_policy(const Config& config, routing::Role role) {
  routing::Policy out;
  out.role = role;
  out.hostname = config.server.hostname;
  out.passthrough = config.passthrough;
  out.undelivered = config.undelivered.action;
  out.create_template = config.undelivered.create_template;
  out.max_received = config.hops;
  const auto first = first_role(config);
  if (role == Role::in_charge && first == Role::archive) {
    const auto in_charge = config.in_charge ? *config.in_charge : primary_column(config.passthrough);
    out.passthrough = in_charge.passthrough;
    out.undelivered = in_charge.undelivered;
  } else if (role != Role::in_charge && first == Role::in_charge) {
    out.passthrough.accept_local_from = AcceptLocalFrom::clients;
    out.passthrough.copy_local_to_outbox = Switch::off;
  }
  return out;
}

routing::RouteTable to_routes(const Config& config) {
  return routing::RouteTable(config.routes);
}

archive::store::Options to_store_options(const Config& config) {
  archive::store::Options out;
  out.directory = config.server.data;
  out.memory = config.server.memory;
  out.compression_level = static_cast<int>(config.store.compression);
  out.check_writes = config.store.check_writes ? archive::store::CheckWrites::on : archive::store::CheckWrites::off;
  return out;
}

const relay::Options& to_relay_options(const Config& config) {
  return config.relay;
}

std::vector<net::Endpoint> own_endpoints(const Config& config, const std::vector<net::IpAddress>& addresses) {
  std::vector<net::Endpoint> binds;
  for (const auto& listener : config.relay.listeners) {
    if (relay::speaks_smtp(listener.protocol)) binds.insert(binds.end(), listener.binds.begin(), listener.binds.end());
  }
  return net::reachable_endpoints(binds, addresses);
}

}  // namespace understudy::conf
