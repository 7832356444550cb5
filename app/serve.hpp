/// `understudy serve`: runs a machine from its configuration file until it is told to stop.
#pragma once

#include <string>

namespace understudy::app {

/// Blocks. Says `ready` on standard output once it accepts. SIGTERM and SIGINT drain and stop it, so does a store that a failed
/// write has stopped; SIGHUP reloads. Raises the process's limit of descriptors as far as it may.
/// The exit status: 0 stopped as told, 1 failed or the store stopped, 2 wrong configuration.
int serve(const std::string& config_file);

}  // namespace understudy::app
