/// The owner of the accounts: gives out UID, UIDVALIDITY and MODSEQ (RFC 9051 §2.3.1.1, RFC 7162 §3.1), writes every change to
/// the account's log and to its projection in the same batch. UIDs and MODSEQs only grow and are never given twice.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/directory/options.hpp"
#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/folder_counts.hpp"
#include "archive/mailbox/folder_names.hpp"
#include "archive/mailbox/projection.hpp"
#include "archive/mailbox/shares.hpp"
#include "base/clock.hpp"

namespace understudy::archive::mailbox {

/// A folder by name, or by special use where the text starts with a backslash ("\Sent").
using FolderText = std::string_view;

inline constexpr std::string_view sent_use = "\\Sent";  ///< RFC 6154

/// The committer's thread only. Every function stages; nothing is durable before the group's commit. After a group that was
/// not committed, forget() must be called; after a member that failed, roll_back().
class Owner {
 public:
  /// Accounts that stay in memory between groups: a few kilobytes each with the usual folders, so some ten megabytes. Of
  /// 10,000 mailboxes those that are written to most often.
  static constexpr std::size_t max_kept = 4096;

  Owner(const store::Store& store, const base::Clock& clock, std::size_t most = max_kept)
      : store_(store), clock_(clock), most_(most) {}

  /// Makes those of the template's folders that are missing. INBOX is always made.
  base::Result<> ensure_folders(commit::Stage& stage, AccountNumber account, const std::vector<std::string>& names);

  /// A missing folder is made (with the special use asked for). `shown`: as the tables `summaries` and `headings` keep it;
  /// nullptr: it is made of the octets when somebody asks.
  base::Result<Uid> file(commit::Stage& stage, AccountNumber account, FolderText folder, Message message,
                         const store::Shown* shown = nullptr);
  // Of one message; errc::not_found.
  base::Result<> set_flags(commit::Stage& stage, AccountNumber account, FolderText folder, Uid uid, Flags flags);
  base::Result<Uid> move(commit::Stage& stage, AccountNumber account, FolderText from, Uid uid, FolderText to);
  base::Result<Uid> copy(commit::Stage& stage, AccountNumber account, FolderText from, Uid uid, FolderText to);
  base::Result<> expunge(commit::Stage& stage, AccountNumber account, FolderText folder, Uid uid);

  // Of many, all or nothing after a crash. Those that are not there are passed over. errc::not_found: a folder is gone.
  struct Flagged {
    Uids done;
    Uids modified;  ///< changed since `unchanged_since`, and left as they are (RFC 7162 §3.1.3)
  };
  base::Result<Flagged> change_flags(commit::Stage& stage, AccountNumber account, FolderNumber folder, const Uids& uids,
                                     FlagsChanged::How how, const Flags& flags, std::optional<ModSeq> unchanged_since = {});
  /// `uids` of the source have, in their order, the UIDs `first`, `first` + 1, ... of the target now (RFC 4315 §3).
  struct Placed {
    Uids uids;
    Uid first = 0;
    std::uint32_t uid_validity = 0;
  };
  /// As file(), into a folder that is there; `uids` are empty. errc::not_found.
  base::Result<Placed> file_into(commit::Stage& stage, AccountNumber account, FolderNumber folder, Message message,
                                 const store::Shown* shown = nullptr);
  base::Result<Placed> copy_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                FolderNumber to);
  base::Result<Placed> move_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                FolderNumber to);
  base::Result<Placed> move_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                FolderText to);
  enum class Only : std::uint8_t { all, deleted };  ///< deleted: those with \Deleted (RFC 9051 §6.4.9)
  base::Result<Uids> expunge_all(commit::Stage& stage, AccountNumber account, FolderNumber folder, const Uids& uids, Only only);

  base::Result<> subscribe(commit::Stage& stage, AccountNumber account, std::string_view name, Subscribed::To to);

  /// What is nothing goes. All or nothing. errc::not_found: the folder is gone; errc::too_long: more than `limits` allow, or a
  /// name or value that is longer than any may be.
  struct AnnotationLimits {
    std::uint32_t entries = 1000;     ///< of an account
    std::uint64_t octets = 1 << 20;   ///< of an account, names too
    std::uint64_t value = 16 * 1024;  ///< octets of one
  };
  using Annotations = std::vector<std::pair<std::string, std::optional<std::string>>>;
  base::Result<> annotate(commit::Stage& stage, AccountNumber account, FolderNumber folder, const Annotations& annotations,
                          const AnnotationLimits& limits);

  /// What an identifier may do with a folder: `given`, and what it had, or without `given`. Nothing left: it goes.
  /// errc::not_found: the folder is gone; errc::too_long: more identifiers than there may be.
  enum class Give : std::uint8_t { all, add, remove };
  base::Result<> share(commit::Stage& stage, AccountNumber account, FolderNumber folder, const Grant& given, Give how);
  /// With what is staged.
  base::Result<std::vector<Grant>> grants(const commit::Stage& stage, AccountNumber account, FolderNumber folder) const;

  /// As move_all(), into the bin of the account, which is made as `name` where there is none. errc::refused: out of the bin
  /// itself.
  struct Deleted {
    Binned::By by = Binned::By::user;
    std::string who;
    std::string_view bin_name = "Recycle Bin";
  };
  base::Result<Placed> bin_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                               const Deleted& how);
  base::Result<Placed> bin_all(commit::Stage& stage, AccountNumber account, FolderText from, const Uids& uids,
                               const Deleted& how);
  /// Out of the bin, each into the folder that it came from, or one of that name, which is made where it is missing. What is
  /// not there is passed over. By folder, how many.
  base::Result<std::map<FolderNumber, std::uint64_t>> put_back(commit::Stage& stage, AccountNumber account, const Uids& uids);

  /// A folder below another one inherits the rights of the nearest.
  /// errc::exists, errc::malformed (a name that no client could show), errc::refused (INBOX, a use that another folder has).
  base::Result<> make_folder(commit::Stage& stage, AccountNumber account, std::string_view name, std::string_view special_use);
  /// With all folders below it; also of a name that only stands above some.
  base::Result<> rename_folder(commit::Stage& stage, AccountNumber account, std::string_view from, std::string_view to);
  base::Result<> remove_folder(commit::Stage& stage, AccountNumber account, std::string_view name);

  /// The store was put back from an older copy and has this incarnation now: see Restored. False: the account knows already.
  base::Result<bool> go_on(commit::Stage& stage, AccountNumber account, const std::string& incarnation);

  // Both with what is staged.
  /// Of the last change of the account.
  base::Result<ModSeq> last_modseq(const commit::Stage& stage, AccountNumber account) {
    const auto state = load(stage, account);
    if (!state) return std::unexpected(state.error());
    return (*state)->last_modseq;
  }
  base::Result<Usage> usage(const commit::Stage& stage, AccountNumber account);

  /// Is the journal entry at `position` still to be applied to this account?
  base::Result<bool> behind(const commit::Stage& stage, AccountNumber account, Position position);
  base::Result<> mark_applied(commit::Stage& stage, AccountNumber account, Position position);

  /// Drops what is kept in memory: after a group that failed.
  void forget() {
    reshared_.clear();
    kept_.clear();
    accounts_.clear();
    touched_.clear();
  }
  void committed();  ///< the group is durable: what others may do is known from here on
  /// For any thread; as long as this, or kept beyond it. Empty until somebody has it load().
  const std::shared_ptr<Shares>& shares() const { return shares_; }
  /// Drops those that were not used for longest, over the limit. Between groups.
  void trim();
  void set_uid_validity(directory::Parity parity) { uid_validity_ = parity; }
  void savepoint() { touched_.clear(); }
  void roll_back();
  std::size_t kept() const { return accounts_.size(); }
  bool keeps(AccountNumber account) const { return accounts_.contains(account); }

 private:
  base::Result<AccountState*> load(const commit::Stage& stage, AccountNumber account);
  base::Result<FolderNumber> folder(AccountState& state, FolderText text) const;
  base::Result<> takes(const commit::Stage& stage, AccountNumber account, FolderNumber folder);
  base::Result<FolderNumber> bin(commit::Stage& stage, AccountNumber account, AccountState& state, std::string_view name);
  base::Result<> change(commit::Stage& stage, AccountNumber account, AccountState& state, Change change);
  base::Result<> inherit(commit::Stage& stage, AccountNumber account, AccountState& state, FolderNumber folder);
  template <class Change>
  base::Result<Placed> place(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids, FolderNumber to);
  template <class Change>
  base::Result<Uid> place_one(commit::Stage& stage, AccountNumber account, FolderText from, Uid uid, FolderText to);
  std::uint32_t next_uid_validity(const AccountState& state) const;

  const store::Store& store_;
  const base::Clock& clock_;
  std::size_t most_;
  directory::Parity uid_validity_ = directory::Parity::even;
  struct Kept {
    AccountNumber account;
    AccountState state;
  };
  std::list<Kept> kept_;                                                   ///< used last first; read again where it is not here
  std::unordered_map<AccountNumber, std::list<Kept>::iterator> accounts_;  ///< each of kept_
  std::vector<AccountNumber> touched_;                                     ///< since the savepoint
  std::shared_ptr<Shares> shares_ = std::make_shared<Shares>();
  std::set<AccountNumber> reshared_;  ///< by the group: others may do something else with them now, or find them elsewhere
};

/// Octets of the name of an entry, and of a value: what a record of the store holds.
constexpr std::size_t longest_annotation_name = 500;
constexpr std::size_t longest_annotation = 60 * 1024;

constexpr std::size_t most_identifiers = 64;     ///< with rights to one folder
constexpr std::size_t most_grants = 1'000;       ///< records of table `rights`, of an account
constexpr std::size_t longest_identifier = 400;  ///< octets: an address has less

}  // namespace understudy::archive::mailbox
