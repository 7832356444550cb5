/// Reads mailboxes as they are stored: folders, messages, and the change log. Any thread; never changes anything.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/bin_origin.hpp"
#include "archive/mailbox/message_chunk.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::mailbox {

std::string_view name_of(FolderKind kind);  ///< "live", "cold", "bin"

struct ListedFolder {
  FolderNumber number = 0;
  Folder folder;
};
struct LoggedChange {
  ModSeq modseq = 0;
  Change change;
};

base::Result<std::vector<ListedFolder>> folders(const store::Reader& reader, AccountNumber account);  ///< by name
/// By name, INBOX in any case, or by special use ("\Sent"). errc::not_found.
base::Result<ListedFolder> find_folder(const store::Reader& reader, AccountNumber account, std::string_view text);
/// UIDs from `from` on, in order, at most `limit`.
base::Result<std::vector<ListedMessage>> messages(const store::Reader& reader, AccountNumber account, FolderNumber folder,
                                                  Uid from, std::size_t limit);
/// errc::not_found.
base::Result<Message> message(const store::Reader& reader, AccountNumber account, FolderNumber folder, Uid uid);
/// Where what has the UIDs `from` to `to` in the bin came from, by the first UID of each record.
base::Result<std::map<Uid, BinOrigin>> bin_origins(const store::Reader& reader, AccountNumber account, FolderNumber bin,
                                                   Uid from, Uid to);
/// By entry; Annotated::of_account: what stands beside no folder.
base::Result<std::map<std::string, std::string>> annotations(const store::Reader& reader, AccountNumber account,
                                                             FolderNumber folder);
/// errc::damaged.
base::Result<std::string> decode_annotation(std::string_view record);
/// The change log from `from` on, at most `limit`.
base::Result<std::vector<LoggedChange>> changes(const store::Reader& reader, AccountNumber account, ModSeq from,
                                                std::size_t limit);

}  // namespace understudy::archive::mailbox
