/// Object identifiers (RFC 8474): what names a message or a mailbox for good.
#pragma once

#include <string>

#include "archive/mailbox/account_state.hpp"
#include "base/digest.hpp"

namespace understudy::archive {

/// Of the digest that is the message's name on both machines: the same on either, and after a takeover.
std::string email_id(const base::Digest& name);
std::string mailbox_id(mailbox::AccountNumber account, mailbox::FolderNumber folder);

}  // namespace understudy::archive
