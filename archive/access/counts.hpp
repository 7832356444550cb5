/// What is counted of mail access, for metrics. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "archive/access/heading_cache.hpp"
#include "archive/access/work_memory.hpp"

namespace understudy::archive::access {

/// Where a session is.
enum class Standing : std::uint8_t {
  stranger,  ///< not logged in yet
  user,
  idle,  ///< a user who waits in IDLE
};

/// Of one protocol.
struct ProtocolCounts {
  std::atomic<std::uint64_t> logins{0};
  std::atomic<std::uint64_t> commands{0};
  std::atomic<std::uint64_t> refused{0};           ///< commands answered NO, BAD or -ERR
  std::array<std::atomic<std::uint64_t>, 3> open;  ///< sessions now, by Standing

  std::atomic<std::uint64_t>& now(Standing standing) { return open[static_cast<std::size_t>(standing)]; }
  std::uint64_t now(Standing standing) const { return open[static_cast<std::size_t>(standing)]; }
};

/// Counters, and what sessions hold together.
struct Counts {
  ProtocolCounts imap, pop3;
  std::atomic<std::uint64_t> logins_refused{0};
  std::atomic<std::uint64_t> appended{0};
  WorkMemory work_memory;
  HeadingCache headings;
};

/// One session among those that are open, from its beginning to its end. One thread at a time.
class Presence {
 public:
  explicit Presence(ProtocolCounts& of) : of_(of) { of_.now(standing_) += 1; }
  ~Presence() { of_.now(standing_) -= 1; }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

  void is(Standing standing) {
    of_.now(standing) += 1;
    of_.now(standing_) -= 1;
    standing_ = standing;
  }

 private:
  ProtocolCounts& of_;
  Standing standing_ = Standing::stranger;
};

}  // namespace understudy::archive::access
