/// Accounts that were removed, as the directory's log tells of them: their numbers are never given again, and what was theirs
/// is found by these alone. Never changes anything.
#pragma once

#include <string_view>
#include <vector>

#include "archive/directory/account.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::directory {

/// Every account that ever had this name, or this number where `name` is one, as it was last; oldest first. Reads the whole
/// log.
base::Result<std::vector<AccountRecord>> former_accounts(const store::Reader& reader, std::string_view name);

}  // namespace understudy::archive::directory
