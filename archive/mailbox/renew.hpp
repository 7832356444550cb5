/// Mailboxes of an earlier version, which kept each message in a record of its own (table `messages`), brought into today's
/// form when the archive is started. Neither the change log nor the journal is asked: what is there is what is there
/// afterwards.
#pragma once

#include <cstdint>

#include "archive/mailbox/account_state.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::mailbox {

struct Renewed {
  std::uint64_t folders = 0;   ///< that were of an earlier version
  std::uint64_t messages = 0;  ///< in them
  std::uint64_t damaged = 0;   ///< records that are no message: they stay where they are, where nobody sees them but a check
  std::uint64_t without_keywords = 0;  ///< messages whose keywords had no room (MessageChunk::most_keyword_octets)
};

/// The store has no other writer. Cut anywhere, it is begun again and goes on. Errors of the store: what was not renewed then
/// is not served (load_state()).
base::Result<Renewed> renew(store::Store& store, AccountNumber account);

}  // namespace understudy::archive::mailbox
