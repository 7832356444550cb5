/// Looks at the machine that a configuration is for, for `check` and before `serve`: certificate and key, credentials, the data
/// directory, the machine's addresses. Reads and never writes; asks as the user who runs it. Not part of load(), which knows
/// only the text. Each problem stands at its setting's place, as far as `file` can be read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/net/ip.hpp"
#include "conf/load.hpp"

namespace understudy::conf {

/// Errors: a certificate or key that is unreadable, not PEM or of another pair; credentials that are missing, empty or open to
/// others than their owner; a master key or key ring that is open to others, a file that has no master key, a program that
/// cannot be run; a data directory whose parent is missing. Warnings: a data directory, a key or the configuration
/// file itself (where it holds verifiers) that others may read.
Problems check_files(const Config& config, const std::string& file);

/// Warnings: a route that names one of this machine's `addresses` where one of our own listeners answers. No error, since an
/// address may move between the two machines; mail for it waits.
Problems check_addresses(const Config& config, const std::string& file, const std::vector<net::IpAddress>& addresses);

/// Whether `descriptors`, the most that a process may have open here, leave room for limits.connections: else a warning, since
/// fewer are let in then; an error where there is no room for even one.
Problems check_descriptors(const Config& config, const std::string& file, std::uint64_t descriptors);

/// All that `check` looks at and `serve` starts with: load_file() and the three above. The failure holds errors alone.
std::expected<Loaded, Problems> load_and_check(const std::string& file, const std::vector<net::IpAddress>& addresses);

}  // namespace understudy::conf
