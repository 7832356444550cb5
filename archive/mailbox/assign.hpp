/// Gives mail to the account that it is for, out of the account that kept it while no further mailbox might be made
/// (create_limit). Each message keeps its octets, flags, date and journal entry; only the mailbox is another one.
#pragma once

#include "archive/commit/stage.hpp"
#include "archive/mailbox/owner.hpp"
#include "archive/mailbox/view.hpp"

namespace understudy::archive::mailbox {

struct Kept {
  FolderNumber folder = 0;
  std::string folder_name;
  Uid uid = 0;
};

/// What `keeper` has for the account named `original`: at most `limit` messages, folder by folder.
base::Result<std::vector<Kept>> kept_for(const store::Reader& reader, AccountNumber keeper, std::string_view original,
                                         std::size_t limit);

/// Moves them into `to`'s INBOX, and gives how many were still there to be moved. Whoever asks twice moves nothing twice.
/// The committer's thread only.
base::Result<std::size_t> assign(commit::Stage& stage, Owner& owner, AccountNumber keeper, const std::vector<Kept>& kept,
                                 AccountNumber to);

}  // namespace understudy::archive::mailbox
