/// By what the audit journal knows a configuration: so that one that was changed while no server ran is seen to be another.
#pragma once

#include <string>

#include "archive/audit/record.hpp"
#include "conf/config.hpp"

namespace understudy::app {

/// SHA-256 over all settings in force, secrets among them, in hexadecimal.
std::string configuration_digest(const conf::Config& config);
/// As a field of an entry.
archive::audit::Field configuration_field(const conf::Config& config);

}  // namespace understudy::app
