/// What `journal prove` and `journal export` share.
#pragma once

#include <string>

#include "app/verbs/client.hpp"
#include "app/verbs/verbs.hpp"

namespace understudy::app {

/// A message is named by its place in the journal, or in a mailbox by account, folder and UID.
Asked<std::string> journal_position(AdminClient& client, const std::vector<std::string>& message);
/// The text of a proof's file. Fails where somebody is to be shown who is no recipient.
Asked<std::string> ask_proof(AdminClient& client, const std::string& position, const Shown& shown);

}  // namespace understudy::app
