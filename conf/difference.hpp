/// What a changed configuration changes: for `reload`, which takes most of it at once, and for people who ask first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/config.hpp"

namespace understudy::conf {

struct Change {
  std::string key;
  std::string text;  ///< "passthrough.copy_local_to_outbox: false -> true"; of a password only that it changed
  enum class Takes : std::uint8_t { reload, restart } takes = Takes::reload;
};

/// What a reload makes of a running server: `wanted`, but for what was opened, bound or written into stored state at the start.
/// That stays as it is in `running`: names of this machine, data directory, memory, peer, DNS, and each listener's protocol,
/// addresses and TLS (its limits and sender checks are asked anew by each session).
Config until_restart(Config wanted, const Config& running);

/// Empty: both mean the same, however they are written. `takes` is restart for what until_restart(after, before) does not
/// change.
std::vector<Change> difference(const Config& before, const Config& after);

/// Lines that differ, in the form of `diff -u` with three lines around each change; empty where the texts are equal.
std::string unified_diff(std::string_view before, std::string_view after, const std::string& name);

}  // namespace understudy::conf
