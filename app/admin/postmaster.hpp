/// Mail for postmaster must be taken in every local domain: RFC 5321 §4.5.1.
#pragma once

#include <optional>
#include <string>

#include "archive/directory/live.hpp"
#include "routing/policy.hpp"

namespace understudy::app {

/// The address of a postmaster that takes mail now and would take none without this account; nullopt: there is none.
std::optional<std::string> postmaster_lost_with(const routing::AccountName& account, const archive::directory::Live& directory,
                                                const routing::Policy& policy);

}  // namespace understudy::app
