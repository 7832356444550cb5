/// Object identifiers (RFC 8474): what names a message or a mailbox for good.
#pragma once

#include <string>

#include "archive/mailbox/account_state.hpp"
#include "archive/store/store.hpp"
#include "base/digest.hpp"

namespace understudy::archive {

/// Of the digest that is the message's name on both machines: the same on either, and after a takeover.
std::string email_id(const base::Digest& name);
/// Of no other mailbox, on either machine; the same after the store was put back from a copy, as UIDVALIDITY is.
std::string mailbox_id(const store::Identity& store, mailbox::AccountNumber account, mailbox::FolderNumber folder);

}  // namespace understudy::archive
