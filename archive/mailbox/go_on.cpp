// How accounts go on where the store was put back from an older copy: what clients were told since that copy is never said of
// anything else (RFC 9051 §2.3.1.1, RFC 7162 §3.1.2).
#include "archive/mailbox/owner.hpp"

namespace understudy::archive::mailbox {

base::Result<bool> Owner::go_on(commit::Stage& stage, AccountNumber account, const std::string& incarnation) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  if ((*state)->life.incarnation == incarnation) return false;
  std::vector<std::pair<FolderNumber, std::string>> full;
  for (const auto& [number, folder] : (*state)->folders)
    if (!folder.can_pass(Restored::uids_passed)) full.emplace_back(number, folder.name);
  for (auto& [number, name] : full) {  // its UIDs begin to mean something else
    FolderRenamed renumbered{number, std::move(name), next_uid_validity(**state)};
    if (auto done = change(stage, account, **state, std::move(renumbered)); !done) return std::unexpected(done.error());
  }
  Restored restored;
  restored.incarnation = incarnation;
  restored.next = (*state)->last_modseq + 1 + Restored::mod_sequences_passed;
  restored.uids = Restored::uids_passed;
  restored.folders = Restored::folders_passed;
  if (auto done = change(stage, account, **state, std::move(restored)); !done) return std::unexpected(done.error());
  return true;
}

}  // namespace understudy::archive::mailbox
