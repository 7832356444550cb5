/// Messages of a folder as images have them, read from the store: of a large folder on several threads, since a mail program
/// waits for it. Never writes.
#pragma once

#include <cstdint>
#include <vector>

#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/image.hpp"

namespace understudy::archive::mailbox {

Item item_of(Uid uid, const Message& message, KeywordSets& keywords);

/// Those from `first` to `last` that are there, in order. `keywords` of the account; any thread. Errors of the store.
base::Result<std::vector<Item>> load_items(const store::Reader& reader, AccountNumber account, FolderNumber folder, Uid first,
                                           Uid last, KeywordSets& keywords);

struct FolderToLoad {
  FolderNumber number = 0;
  std::uint64_t messages = 0;  ///< about: by it goes how many threads help
  Uid uid_next = 1;
};
/// All of a folder, in parts one behind the other.
base::Result<std::vector<std::vector<Item>>> load_items(const store::Reader& reader, AccountNumber account,
                                                        const FolderToLoad& folder, KeywordSets& keywords);

}  // namespace understudy::archive::mailbox
