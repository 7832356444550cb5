/// What takes more than one table to tell. `validate` finds what can't work, `advise` what works and was hardly meant,
/// `say_not_yet` what is understood and has no effect.
/// Never looks at a file, the DNS or the store.
#pragma once

#include "conf/config.hpp"
#include "conf/report.hpp"

namespace understudy::conf {

/// Errors: names that are referred to and missing, routes and clients that are this machine itself, circles of aliases.
void validate(const Config& config, Report& report);
/// Warnings, for a Config without errors.
void advise(const Config& config, Report& report);
/// Warnings: settings that this version keeps to in another way, or not at all. Each says "this version".
void say_not_yet(const Config& config, Report& report);

}  // namespace understudy::conf
