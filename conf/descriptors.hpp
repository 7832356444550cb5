/// What a configuration takes of the descriptors that a process may have. The store opens files while mail flows, and a store
/// that cannot is stopped: so connections come last, and have what the others leave. Pure.
#pragma once

#include <cstdint>

#include "conf/config.hpp"

namespace understudy::conf {

/// All but inbound connections: the store's files, outbound connections, the listeners and those whom they turn away, a reserve
/// for the event loops, DNS, the admin socket and the log.
std::uint64_t descriptors_beside_connections(const Config& config);

/// How many inbound connections there may be where the process may have `descriptors`: limits.connections, or fewer; 0 where
/// there is no room for even one.
std::uint32_t connections_within(const Config& config, std::uint64_t descriptors);

/// The same of people who read their mail: access.connections, or as many fewer as mail leaves; 0 too where no listener is for
/// them.
std::uint32_t access_connections_within(const Config& config, std::uint64_t descriptors);

}  // namespace understudy::conf
