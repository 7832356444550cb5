/// A plan in words, for logs and `journal show`: one short clause per action. Not a format that anything reads back.
#pragma once

#include <string>
#include <string_view>

#include "routing/plan.hpp"

namespace understudy::routing {

std::string_view name_of(EntryKind kind);  ///< "relay", "copy", "home"
std::string_view name_of(Role role);       ///< "archive", "in charge", "standby"

/// "1: file bob@example.org/INBOX, copy route:*; 2: relay mx:world.example; sent: file alice@example.org/Sent; marks: loop".
/// Recipients are numbered from 1, in the envelope's order. One line; names that hold a separator are quoted, control
/// characters escaped.
std::string describe(const Plan& plan);
std::string describe(const RecipientPlan& recipient);

}  // namespace understudy::routing
