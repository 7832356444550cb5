// Folders that are made, renamed and removed, as changes of the account.
#include <algorithm>

#include "archive/mailbox/folder_names.hpp"
#include "archive/mailbox/owner.hpp"
#include "base/text.hpp"

namespace understudy::archive::mailbox {

base::Result<> Owner::ensure_folders(commit::Stage& stage, AccountNumber account, const std::vector<std::string>& names) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  std::vector<std::string_view> wanted = {inbox};
  wanted.insert(wanted.end(), names.begin(), names.end());
  for (std::string_view name : wanted) {
    if ((*state)->find(name)) continue;
    if (auto made = make_folder(stage, account, same_name(name, inbox) ? inbox : name, free_special_use(**state, name)); !made)
      return made;
  }
  return {};
}

base::Result<> Owner::make_folder(commit::Stage& stage, AccountNumber account, std::string_view name,
                                  std::string_view special_use) {
  if (auto good = check_folder_name(name); !good) return good;
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  if ((*state)->find(name)) return base::fail("folder \"" + base::escape(name) + "\"", base::errc::exists);
  if (!special_use.empty() && (*state)->find_special(special_use))
    return base::fail("another folder is " + std::string(special_use), base::errc::refused);
  FolderMade made{(*state)->next_folder, std::string(name), std::string(special_use), next_uid_validity(**state)};
  const auto number = made.folder;
  if (auto done = change(stage, account, **state, std::move(made)); !done) return done;
  return inherit(stage, account, **state, number);
}

base::Result<> Owner::rename_folder(commit::Stage& stage, AccountNumber account, std::string_view from, std::string_view to) {
  if (auto good = check_folder_name(to); !good) return good;
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  const auto number = folder(**state, from);
  const auto& folders = (*state)->folders;
  const std::string old_name = number ? folders.at(*number).name : std::string(from);
  if (same_name(old_name, inbox)) return base::fail("INBOX cannot be renamed", base::errc::refused);
  if (number && folders.at(*number).kind != FolderKind::live)
    return base::fail("\"" + base::escape(old_name) + "\" keeps its name", base::errc::refused);
  const std::string below = old_name + "/";
  if (to.starts_with(below)) return base::fail("a folder cannot move below itself", base::errc::refused);
  if (to == old_name) return base::fail("folder \"" + base::escape(to) + "\"", base::errc::exists);
  std::vector<FolderRenamed> renames;
  if (number) renames.push_back({*number, std::string(to), folders.at(*number).uid_validity});
  for (const auto& [child, folder] : folders)
    if (folder.name.starts_with(below))
      renames.push_back({child, std::string(to) + "/" + folder.name.substr(below.size()), folder.uid_validity});
  if (renames.empty()) return std::unexpected(number.error());
  for (const auto& rename : renames) {
    if (auto good = check_folder_name(rename.name); !good) return good;
    const auto taken = (*state)->find(rename.name);  // a name that this rename gives up is free
    if (taken && std::ranges::find(renames, *taken, &FolderRenamed::folder) == renames.end())
      return base::fail("folder \"" + base::escape(rename.name) + "\"", base::errc::exists);
  }
  for (auto& rename : renames) {
    const auto& freed = (*state)->freed_uid_validity;  // no name may come to a lower one than it ever had (RFC 9051 §2.3.1.1)
    if (!freed || rename.uid_validity <= *freed) rename.uid_validity = next_uid_validity(**state);
    if (auto done = change(stage, account, **state, std::move(rename)); !done) return done;
  }
  return {};
}

base::Result<> Owner::remove_folder(commit::Stage& stage, AccountNumber account, std::string_view name) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto number = folder(**state, name);
  if (!number) return std::unexpected(number.error());
  const auto& removed = (*state)->folders.at(*number);
  if (same_name(removed.name, inbox)) return base::fail("INBOX cannot be removed", base::errc::refused);
  if (removed.kind != FolderKind::live)
    return base::fail("\"" + base::escape(removed.name) + "\" cannot be removed", base::errc::refused);
  return change(stage, account, **state, FolderRemoved{*number});
}

}  // namespace understudy::archive::mailbox
