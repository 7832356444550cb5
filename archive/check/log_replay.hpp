/// Where each message of an account is by its change log, and what it is. Some of them at a time: those that were filed among
/// so many, with their copies, so that memory does not grow with the mailbox. Never does I/O.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/change.hpp"

namespace understudy::archive::check {

struct InFolder {
  mailbox::FolderNumber folder = 0;
  mailbox::Uid uid = 0;
  auto operator<=>(const InFolder&) const = default;
};

class LogReplay {
 public:
  /// Of all messages that were ever filed, those of number `first` to `first` + `limit` - 1.
  LogReplay(std::uint64_t first, std::uint64_t limit) : first_(first), end_(first + limit) {}

  void take(mailbox::ModSeq modseq, const mailbox::Change& change);

  const std::map<InFolder, mailbox::Message>& messages() const { return messages_; }
  /// All but how many messages and octets each has.
  const std::map<mailbox::FolderNumber, mailbox::Folder>& folders() const { return folders_; }
  /// What the account gives next, and which journal entries it knows: by all of the log, whatever part is looked at.
  const mailbox::AccountState& numbers() const { return numbers_; }
  const std::set<std::string>& subscriptions() const { return subscriptions_; }
  /// What stands beside folders, by their number and what it is called there: the record.
  using Beside = std::map<std::pair<mailbox::FolderNumber, std::string>, std::string>;
  const Beside& annotations() const { return annotations_; }
  const Beside& rights() const { return rights_; }
  /// Each that was ever put into the bin which is there: also of those that have left it since.
  const Beside& bin_origins() const { return bin_origins_; }
  std::uint64_t filed() const { return filed_; }  ///< messages that the log has filed so far, whoever looked at them

 private:
  void on(mailbox::ModSeq modseq, const mailbox::FolderMade& change);
  void on(mailbox::ModSeq modseq, const mailbox::FolderRenamed& change);
  void on(mailbox::ModSeq modseq, const mailbox::FolderRemoved& change);
  void on(mailbox::ModSeq modseq, const mailbox::Filed& change);
  void on(mailbox::ModSeq modseq, const mailbox::FlagsSet& change);
  void on(mailbox::ModSeq modseq, const mailbox::Moved& change);
  void on(mailbox::ModSeq modseq, const mailbox::Expunged& change);
  void on(mailbox::ModSeq modseq, const mailbox::FlagsChanged& change);
  void on(mailbox::ModSeq modseq, const mailbox::Copied& change);
  void on(mailbox::ModSeq modseq, const mailbox::MovedAll& change);
  void on(mailbox::ModSeq modseq, const mailbox::ExpungedAll& change);
  void on(mailbox::ModSeq modseq, const mailbox::Binned& change);
  void on(mailbox::ModSeq, const mailbox::Subscribed& change);

  void on(mailbox::ModSeq, const mailbox::Annotated& change);
  void on(mailbox::ModSeq, const mailbox::Shared& change);
  void on(mailbox::ModSeq modseq, const mailbox::Restored& change);

  /// Calls `each(uid, how many of the set come before it, message)` for those of the set that are looked at.
  template <class Each>
  void each_of(mailbox::FolderNumber folder, const mailbox::Uids& uids, Each call);

  /// As the log of MovedAll and Binned has it.
  template <class Placed>
  void move(mailbox::ModSeq modseq, const Placed& change);
  bool is_bin(mailbox::FolderNumber folder) const;

  /// Something was changed in the folder. `uid`: that came into it; 0: none did.
  void touch(mailbox::ModSeq modseq, mailbox::FolderNumber folder, mailbox::Uid uid = 0);

  std::uint64_t first_, end_;
  std::uint64_t filed_ = 0;
  mailbox::AccountState numbers_;
  std::map<InFolder, mailbox::Message> messages_;
  std::map<mailbox::FolderNumber, mailbox::Folder> folders_;
  std::set<std::string> subscriptions_;
  Beside annotations_, rights_, bin_origins_;
};

}  // namespace understudy::archive::check
