/// Which mailboxes of which accounts are shared with whom (RFC 4314), in memory: read at the start from the accounts that have
/// anything in table `rights`, and of an account again whenever a commit has changed that. Never changes anything.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/rights.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::mailbox {

/// A folder that has anything in table `rights`.
struct SharedFolder {
  std::string name;  ///< as its owner calls it
  std::vector<Grant> grants;
};
using SharedFolders = std::map<FolderNumber, SharedFolder>;

/// What others may do with the folders of an account, as stored. errc::damaged.
base::Result<SharedFolders> shared_folders(const store::Reader& reader, AccountNumber account);

/// Any thread. Octets: some hundred for each record of `rights`, of which an account has at most most_grants.
class Shares {
 public:
  /// All of the store. errc: as what cannot be read.
  base::Result<> load(const store::Reader& reader);
  /// Of an account that has changed. What cannot be read is shared with nobody, and logged.
  void refresh(const store::Reader& reader, AccountNumber account);

  bool has(AccountNumber owner) const;
  /// Empty: he shares nothing.
  std::shared_ptr<const SharedFolders> of(AccountNumber owner) const;
  /// Other accounts that name this one, or anyone. What they give may be nothing.
  std::set<AccountNumber> owners_for(AccountNumber account) const;
  /// What an account that is not the owner may do.
  Rights rights_to(AccountNumber owner, FolderNumber folder, AccountNumber account) const;

 private:
  void put(AccountNumber owner, SharedFolders folders);

  mutable std::shared_mutex mutex_;
  std::unordered_map<AccountNumber, std::shared_ptr<const SharedFolders>> by_owner_;
  std::unordered_map<AccountNumber, std::set<AccountNumber>> by_account_;  ///< who is named -> owners; 0: anyone
};

}  // namespace understudy::archive::mailbox
