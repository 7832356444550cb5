/// How often somebody may be wrong about a password.
#pragma once

#include <chrono>
#include <cstdint>

namespace understudy::archive::login {

/// Failed logins, over all protocols, listeners and connections. At a limit each further attempt is refused unheard, as
/// something to be tried later (454 4.7.0; [UNAVAILABLE]; [LOGIN-DELAY]), until one failure is forgotten.
struct Limits {
  std::uint32_t failures_per_account = 20;
  std::uint32_t failures_per_address = 50;                      ///< an IPv6 /64 counts as one address
  std::chrono::milliseconds forgive = std::chrono::minutes(1);  ///< after which one failure is forgotten; never 0
};

}  // namespace understudy::archive::login
