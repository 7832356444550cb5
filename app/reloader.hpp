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
  net::Task<base::Result<std::vector<std::string>>> reload() { return reload(By::administrator); }
  /// At each SIGHUP, until it is told to stop.
  net::Task<> on_hangup(net::Timers& timers);

 private:
  /// Who asked: an administrator through the admin socket, who is in the audit journal already, or a signal, which nobody
  /// signs.
  enum class By : std::uint8_t { administrator, signal };
  net::Task<base::Result<std::vector<std::string>>> reload(By by);
  net::Task<base::Result<std::vector<std::string>>> load_and_take(By by);

  net::Task<base::Result<>> note(const std::vector<std::string>& changes, const conf::Config& taken);

  Machine& machine_;
  net::Workers& workers_;
  std::string file_;
  bool under_way_ = false;
};

}  // namespace understudy::app
