/// What the admin verbs need of a machine.
#pragma once

#include "app/admin/api.hpp"
#include "app/machine.hpp"
#include "app/reloader.hpp"

namespace understudy::app {

/// The machine and the reloader outlive the api.
AdminParts admin_parts(Machine& machine, Reloader& reloader);

}  // namespace understudy::app
