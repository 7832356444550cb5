/// What the admin verbs need of a machine.
#pragma once

#include "app/admin/api.hpp"
#include "app/machine.hpp"

namespace understudy::app {

/// `reload` loads the configuration's file and gives it to the machine. The machine outlives the api.
AdminParts admin_parts(Machine& machine, std::function<base::Result<std::vector<std::string>>()> reload);

}  // namespace understudy::app
