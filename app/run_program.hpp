/// Runs a program and takes what it prints: no shell, no input, and an end to every wait.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace understudy::app {

struct Ran {
  std::string output;    ///< standard output; may be a secret
  std::string errors;    ///< the beginning of standard error
  base::Result<> ended;  ///< an error: what is in `output` counts for nothing
};

/// `words`: the program's path, then its arguments. Blocks; for the time before the server serves. errc::timed_out: it was
/// killed after `wait`; errc::too_long: it printed more than `most` octets; errc::io: it could not be run, or ended with
/// another status than 0, which the context says.
Ran run_program(const std::vector<std::string>& words, std::chrono::milliseconds wait, std::size_t most);

}  // namespace understudy::app
