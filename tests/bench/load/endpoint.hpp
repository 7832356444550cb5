/// Loopback addresses as sockets want them. Every other address is refused: a load is never sent to a stranger.
#pragma once

#include <string_view>

#include <netinet/in.h>

#include "base/result.hpp"

namespace understudy::bench {

/// "127.x.y.z:port". malformed: anything else; refused: an address that is not in 127.0.0.0/8.
base::Result<sockaddr_in> loopback(std::string_view text);

/// What `errno` says now, as a failure of `what`.
std::unexpected<base::Error> system_failure(std::string_view what);

/// Small writes leave at once: a latency is to be the server's, not Nagle's.
void send_at_once(int socket);

}  // namespace understudy::bench
