/// Takes a changed configuration file while the server runs: reads and checks it on a thread of its own, for files may be slow,
/// then hands it to the machine.
#pragma once

#include <string>
#include <vector>

#include "app/machine.hpp"
#include "base/net/workers.hpp"

namespace understudy::app {

/// All calls from the machine's home. References outlive the reloader.
class Reloader {
 public:
  Reloader(Machine& machine, net::Workers& workers, std::string file)
      : machine_(machine), workers_(workers), file_(std::move(file)) {}

  /// What changed, a line each. One at a time: errc::busy. errc::malformed with what is wrong in the file; errors of the TLS
  /// files.
  net::Task<base::Result<std::vector<std::string>>> reload();
  /// At each SIGHUP, until it is told to stop.
  net::Task<> on_hangup(net::Timers& timers);

 private:
  net::Task<base::Result<std::vector<std::string>>> load_and_take();

  Machine& machine_;
  net::Workers& workers_;
  std::string file_;
  bool under_way_ = false;
};

}  // namespace understudy::app
