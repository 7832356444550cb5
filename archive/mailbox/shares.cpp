#include "archive/mailbox/shares.hpp"

#include <mutex>

#include "archive/keys/destroyed.hpp"
#include "base/log.hpp"

namespace understudy::archive::mailbox {

base::Result<SharedFolders> shared_folders(const store::Reader& reader, AccountNumber account) {
  SharedFolders folders;
  auto cursor = reader.scan(shard_of(account), store::Table::rights);
  for (; cursor->valid(); cursor->next()) {
    base::Reader key(cursor->key());
    const auto folder = key.u32();
    if (!key.ok()) return base::fail("rights of a mailbox", base::errc::damaged);
    auto grant = decode_grant(cursor->key().substr(keys::folder(folder).size()), cursor->value());
    if (!grant) return std::unexpected(grant.error());
    folders[folder].grants.push_back(std::move(*grant));
  }
  if (auto read = cursor->status(); !read) return std::unexpected(read.error());
  for (auto& [number, shared] : folders) {
    auto value = reader.get(shard_of(account), store::Table::folders, keys::folder(number));
    if (!value) return std::unexpected(value.error());
    auto folder = *value ? Folder::decode(**value) : base::fail("folder that is shared", base::errc::damaged);
    if (!folder) return std::unexpected(folder.error());
    shared.name = std::move(folder->name);
  }
  return folders;
}

base::Result<> Shares::load(const store::Reader& reader) {
  const auto shards = reader.shards(store::Table::rights);
  if (!shards) return std::unexpected(shards.error());
  for (const auto& shard : *shards)  // damage of one account does not keep the others
    if (!archive::keys::is_destroyed(reader, shard)) refresh(reader, shard.id);
  return {};
}

void Shares::refresh(const store::Reader& reader, AccountNumber account) {
  auto folders = shared_folders(reader, account);
  if (!folders) base::log::error("mailbox.shares", {{"account", account}, {"reason", folders.error().text()}});
  put(account, folders ? std::move(*folders) : SharedFolders());
}

void Shares::put(AccountNumber owner, SharedFolders folders) {
  std::set<AccountNumber> named;
  for (const auto& [number, shared] : folders)
    for (const auto& grant : shared.grants)
      if (!grant.takes_away()) named.insert(grant.account);
  const std::unique_lock lock(mutex_);
  if (const auto before = by_owner_.find(owner); before != by_owner_.end()) {
    for (const auto& [number, shared] : *before->second)
      for (const auto& grant : shared.grants)
        if (const auto found = by_account_.find(grant.account); found != by_account_.end()) {
          found->second.erase(owner);
          if (found->second.empty()) by_account_.erase(found);
        }
    by_owner_.erase(before);
  }
  if (folders.empty()) return;
  by_owner_.emplace(owner, std::make_shared<const SharedFolders>(std::move(folders)));
  for (const auto account : named) by_account_[account].insert(owner);
}

bool Shares::has(AccountNumber owner) const {
  const std::shared_lock lock(mutex_);
  return by_owner_.contains(owner);
}

std::shared_ptr<const SharedFolders> Shares::of(AccountNumber owner) const {
  static const auto nothing = std::make_shared<const SharedFolders>();
  const std::shared_lock lock(mutex_);
  const auto found = by_owner_.find(owner);
  return found == by_owner_.end() ? nothing : found->second;
}

std::set<AccountNumber> Shares::owners_for(AccountNumber account) const {
  std::set<AccountNumber> owners;
  const std::shared_lock lock(mutex_);
  for (const AccountNumber named : {account, AccountNumber{0}})
    if (const auto found = by_account_.find(named); found != by_account_.end())
      owners.insert(found->second.begin(), found->second.end());
  owners.erase(account);
  return owners;
}

Rights Shares::rights_to(AccountNumber owner, FolderNumber folder, AccountNumber account) const {
  const auto folders = of(owner);
  const auto found = folders->find(folder);
  return found == folders->end() ? Rights() : rights_of(account, found->second.grants);
}

}  // namespace understudy::archive::mailbox
