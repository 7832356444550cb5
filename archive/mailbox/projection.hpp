/// What a change makes of folders and messages: the one place where the change log becomes the mailbox as it is seen, for a
/// change that happens now and for one that `rebuild` reads again.
#pragma once

#include "archive/commit/stage.hpp"
#include "archive/mailbox/account_state.hpp"

namespace understudy::archive::mailbox {

/// Takes a change into state and staged tables. The numbers in the change are taken as they are. Does not write the log.
/// errc::not_found: the change speaks of a folder or message that is not there; nothing was staged then.
base::Result<> project(commit::Stage& stage, AccountNumber account, AccountState& state, ModSeq modseq, const Change& change);

/// A message as it will be after what is staged. errc::not_found.
base::Result<Message> find_message(const commit::Stage& stage, AccountNumber account, FolderNumber folder, Uid uid);

}  // namespace understudy::archive::mailbox
