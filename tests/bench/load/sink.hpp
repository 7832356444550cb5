/// The next hop of a server that is measured: takes all mail that it relays, and tells how much that was.
#pragma once

#include <netinet/in.h>

#include "base/result.hpp"

namespace understudy::bench {

struct SinkPorts {
  sockaddr_in smtp{};
  sockaddr_in control{};  ///< who connects hears "messages recipients octets names\n", and is closed
};

/// Serves in this thread until the process is ended; returns a failure only.
base::Result<> run_sink(const SinkPorts& ports);

}  // namespace understudy::bench
