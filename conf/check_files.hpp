/// Looks at the files that a configuration names, for `check` and before `serve`: certificate and key, credentials, the data
/// directory. Reads and never writes; asks as the user who runs it. Not part of load(), which knows only the text.
#pragma once

#include <string>

#include "conf/config.hpp"
#include "conf/problem.hpp"

namespace understudy::conf {

/// Errors: a certificate or key that is unreadable, not PEM or of another pair; credentials that are missing, empty or open to
/// others than their owner; a data directory whose parent is missing. Warnings: a data directory, a key or the configuration
/// file itself (where it holds verifiers) that others may read. Each at its setting's place, as far as `file` can be read.
Problems check_files(const Config& config, const std::string& file);

}  // namespace understudy::conf
