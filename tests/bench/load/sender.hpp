/// The load: so many sessions at once, each of which sends its next message when the last one was answered (a closed loop).
/// RFC 5321 §3.3, one command after the other: no pipelining, so that no server gains by how it reads.
#pragma once

#include <cstdint>
#include <limits>
#include <stop_token>

#include <netinet/in.h>

#include "messages.hpp"
#include "tally.hpp"

namespace understudy::bench {

struct Load {
  sockaddr_in server{};
  std::uint64_t sessions = 1;
  std::uint64_t first = 0;                                          ///< number of the first message
  std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  ///< messages of all sessions together
  std::uint64_t per_connection = 0;  ///< then QUIT, and a new connection; 0: one connection a session
};

/// Blocks until every message was answered or given up, or until `over`: then what is under way is brought to its end, and no
/// more is begun. A session that fails connects again for its next message.
Tally send(const Load& load, const Messages& messages, std::stop_token over = {});

}  // namespace understudy::bench
