/// A message of a mailbox as the verbs show it.
#pragma once

#include <boost/json/object.hpp>

#include "archive/audit/permit.hpp"
#include "archive/mailbox/account_state.hpp"

namespace understudy::app {

boost::json::object message_row(const archive::audit::Permit& permit, archive::mailbox::AccountNumber account,
                                archive::mailbox::Uid uid, const archive::mailbox::Message& message);

}  // namespace understudy::app
