/// Whether a wish fits what the audit journal says of cases and requests: sentences for who asked, empty where all is well.
/// Reads the projection alone.
#pragma once

#include <string>

#include "archive/audit/door.hpp"

namespace understudy::archive::audit {

/// May an action of this wish be done under its case now? Sets `terms` where it may.
base::Result<std::string> problem_of_case(const Wish& wish, const Cells& cells, base::WallTime now, std::optional<Case>& terms);
/// May the case that it opens be opened, and the one that it closes be closed?
base::Result<std::string> problem_of_opening(const Wish& wish, const Policy& policy, const Cells& cells, base::WallTime now);
/// May its actor answer the request?
base::Result<std::string> problem_of_decision(const Wish& wish, const Cells& cells, base::WallTime now);

}  // namespace understudy::archive::audit
