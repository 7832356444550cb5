/// What a change makes of folders and messages: the one place where the change log becomes the mailbox as it is seen, for a
/// change that happens now and for one that `rebuild` reads again.
#pragma once

#include "archive/commit/stage.hpp"
#include "archive/mailbox/account_state.hpp"

namespace understudy::archive::mailbox {

/// Whether a change takes hold of bodies and lets go of them. Read again, it must not: a body that was let go once and came
/// back later would be freed in between.
enum class Holding : std::uint8_t { now, read_again };

/// Takes a change into state and staged tables. The numbers in the change are taken as they are. Does not write the log.
/// errc::not_found: the change speaks of a folder or message that is not there. What was staged is to be taken back then.
base::Result<> project(commit::Stage& stage, AccountNumber account, AccountState& state, ModSeq modseq, const Change& change,
                       Holding holding = Holding::now);

/// A message as it will be after what is staged. errc::not_found.
base::Result<Message> find_message(const commit::Stage& stage, AccountNumber account, FolderNumber folder, Uid uid);

}  // namespace understudy::archive::mailbox
