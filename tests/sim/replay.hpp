/// SMTP connections that were seen on the wire, said again by somebody who stands there: a copy that comes twice.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "tests/support/sim_world.hpp"

namespace understudy::sim {

/// Remembers the connections to one endpoint, the newest of them.
class Replay {
 public:
  Replay(SimWorld& world, const net::Endpoint& to) : world_(world), to_(to) {}

  void note(const std::shared_ptr<SimLink::Cable>& cable);
  std::size_t known() const { return cables_.size(); }
  /// Says again, from the same address, what the client of that connection said, beside what else happens. Ends where the
  /// server says something that it did not wait for.
  void play(std::size_t which);

 private:
  static constexpr std::size_t most = 20;
  SimWorld& world_;
  net::Endpoint to_;
  std::deque<std::shared_ptr<SimLink::Cable>> cables_;
};

}  // namespace understudy::sim
