/// What every inbound session works with. Made once by app; outlives all sessions.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "archive/archive.hpp"
#include "archive/login/guard.hpp"
#include "base/clock.hpp"
#include "base/net/timers.hpp"
#include "base/net/workers.hpp"
#include "base/random.hpp"
#include "relay/inbound/space_guard.hpp"
#include "relay/settings.hpp"

namespace understudy::relay {

/// Counters of the server side; any thread.
struct InboundCounts {
  std::atomic<std::uint64_t> accepted{0};           ///< messages answered with 250
  std::atomic<std::uint64_t> resent{0};             ///< of these, repeats of an earlier one
  std::atomic<std::uint64_t> refused{0};            ///< messages answered with 4xx or 5xx after their data
  std::atomic<std::uint64_t> custody_damaged{0};    ///< of these, octets that are not those that XCUSTODY names
  std::atomic<std::uint64_t> custody_exhausted{0};  ///< of these, a custody number that has brought too much already
  std::atomic<std::uint64_t> custody_replayed{0};   ///< of these, a custody number with other octets than it brought before
  std::atomic<std::uint64_t> sessions{0};
  std::atomic<std::uint64_t> logins_refused{0};  ///< wrong passwords, and who must wait or could not be heard
};

struct InboundServices {
  archive::Archive& archive;
  CurrentSettings& settings;
  const base::Clock& clock;
  net::Timers& timers;
  base::Random& random;
  std::string made_key;   ///< of Message-IDs made here
  std::string fake_salt;  ///< secret: what unknown users are answered with in SCRAM
  net::Workers& workers;  ///< hash passwords
  archive::login::Guard& guard;
  InboundCounts& counts;
  SpaceGuard& space;
};

}  // namespace understudy::relay
