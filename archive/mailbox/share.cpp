// What owners of mailboxes let others do with them (RFC 4314), as changes of the account.
#include <algorithm>

#include "archive/mailbox/owner.hpp"

namespace understudy::archive::mailbox {
namespace {

base::Result<std::vector<Grant>> grants_of(const std::map<std::string, std::string>& records) {
  std::vector<Grant> grants;
  for (const auto& [key, record] : records) {
    auto grant = decode_grant(std::string_view(key).substr(keys::folder(0).size()), record);
    if (!grant) return std::unexpected(grant.error());
    grants.push_back(std::move(*grant));
  }
  return grants;
}

}  // namespace

base::Result<std::vector<Grant>> Owner::grants(const commit::Stage& stage, AccountNumber account, FolderNumber folder) const {
  auto there = stage.records(shard_of(account), store::Table::rights, keys::folder(folder));
  if (!there) return std::unexpected(there.error());
  return grants_of(*there);
}

base::Result<> Owner::share(commit::Stage& stage, AccountNumber account, FolderNumber folder, const Grant& given, Give how) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  if (!(*state)->folders.contains(folder)) return base::fail("the folder", base::errc::not_found);
  if (given.identifier.empty() || given.identifier.size() > longest_identifier)
    return base::fail("identifier of rights", base::errc::too_long);
  auto here = grants(stage, account, folder);
  if (!here) return std::unexpected(here.error());
  const auto found = std::ranges::find(*here, given.identifier, &Grant::identifier);
  const bool is_there = found != here->end();
  // What was given to an earlier account of this name is not what is added to.
  const auto before = is_there && found->account == given.account ? found->rights : Rights();
  const auto after = how == Give::all ? given.rights : how == Give::add ? before | given.rights : before.without(given.rights);
  if (is_there ? *found == Grant{given.identifier, given.account, after} : after.empty()) return {};
  if (!is_there) {
    auto all = stage.records(shard_of(account), store::Table::rights, {});
    if (!all) return std::unexpected(all.error());
    if (here->size() >= most_identifiers || all->size() >= most_grants)
      return base::fail("rights of a mailbox", base::errc::too_long);
  }
  return change(stage, account, **state, Shared{folder, given.identifier, given.account, after.text()});
}

base::Result<> Owner::inherit(commit::Stage& stage, AccountNumber account, AccountState& state, FolderNumber folder) {
  const std::string name = state.folders.at(folder).name;
  for (auto cut = name.rfind('/'); cut != std::string::npos && cut > 0; cut = name.rfind('/', cut - 1)) {
    const auto above = state.find(std::string_view(name).substr(0, cut));
    if (!above) continue;
    auto given = grants(stage, account, *above);
    if (!given) return std::unexpected(given.error());
    if (given->empty()) return {};
    auto all = stage.records(shard_of(account), store::Table::rights, {});
    if (!all) return std::unexpected(all.error());
    if (all->size() + given->size() > most_grants) return {};
    for (const auto& grant : *given)
      if (auto done = change(stage, account, state, Shared{folder, grant.identifier, grant.account, grant.rights.text()});
          !done)
        return done;
    return {};
  }
  return {};
}

void Owner::committed() {
  for (const auto account : reshared_) shares_->refresh(store_, account);
  reshared_.clear();
}

}  // namespace understudy::archive::mailbox
