/// `rebuild`: makes the folders and messages of an account again from its change log, with the same UIDs, UIDVALIDITY, MODSEQ
/// and flags. The projection is thrown away first; a rebuild that was cut is begun again.
#pragma once

#include <cstdint>

#include "archive/mailbox/account_state.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::mailbox {

struct Rebuilt {
  std::uint64_t changes = 0;
  std::uint64_t messages = 0;  ///< that are in the account now
};

/// The store must have no other writer. errc::damaged: the log cannot be read; the projection stays as it was. A rebuild that
/// was cut leaves a mark: the account cannot be loaded, and the next start ends it.
base::Result<Rebuilt> rebuild(store::Store& store, AccountNumber account);
/// Is a rebuild unfinished?
base::Result<bool> unfinished(const store::Reader& reader, AccountNumber account);

}  // namespace understudy::archive::mailbox
