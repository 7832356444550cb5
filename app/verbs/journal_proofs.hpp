/// What `journal prove` and `journal export` share.
#pragma once

#include <string>

#include "app/verbs/client.hpp"
#include "app/verbs/verbs.hpp"

namespace understudy::app {

/// The text of a proof's file. Fails where somebody is to be shown who is no recipient.
Asked<std::string> ask_proof(AdminClient& client, const std::string& position, const Shown& shown);

}  // namespace understudy::app
