/// The addresses under which this machine can be reached, as its interfaces say: what keeps mail from being sent to ourselves.
/// Knows nothing of addresses that a router translates.
#pragma once

#include <vector>

#include "base/net/ip.hpp"

namespace understudy::net {

/// Of all interfaces that are up, loopback too; without link-local ones, which mean nothing without their interface. Empty
/// where the system does not tell. Any thread.
std::vector<IpAddress> interface_addresses();

/// Where a listener that is bound to `binds` can be reached: an unspecified address stands for all of its family in
/// `addresses`. Each once, in order.
std::vector<Endpoint> reachable_endpoints(const std::vector<Endpoint>& binds, const std::vector<IpAddress>& addresses);

}  // namespace understudy::net
