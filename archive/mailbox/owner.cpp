#include "archive/mailbox/owner.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::archive::mailbox {
namespace {
constexpr std::string_view inbox = "INBOX";

std::string_view usual_name(std::string_view special_use) {
  return special_use.substr(1);
}  // "\Sent" -> "Sent"

/// The special use that goes with a usual name, unless a folder has it already under another name.
std::string_view free_special_use(const AccountState& state, std::string_view name) {
  const auto use = usual_special_use(name);
  return use.empty() || state.find_special(use) ? std::string_view() : use;
}
}  // namespace

std::string_view usual_special_use(std::string_view name) {
  for (std::string_view use : {"\\Sent", "\\Drafts", "\\Junk", "\\Trash", "\\Archive"})
    if (name == usual_name(use)) return use;
  return {};
}

base::Result<> check_folder_name(std::string_view name) {
  const auto refuse = [&](std::string_view why) {
    return base::fail("folder name \"" + base::escape(name) + "\": " + std::string(why), base::errc::malformed);
  };
  if (name.empty()) return refuse("is empty");
  if (name.size() > 1000) return base::fail("folder name: over 1,000 octets", base::errc::too_long);
  if (!base::is_utf8(name)) return refuse("is not UTF-8");
  if (std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return refuse("has a control character");
  const auto levels = base::split(name, '/');
  if (name.starts_with('\\')) return refuse("begins like a special use");
  if (levels.size() > 100) return base::fail("folder name: over 100 levels", base::errc::too_long);
  if (std::ranges::any_of(levels, [](std::string_view level) { return level.empty(); })) return refuse("has an empty level");
  return {};
}

base::Result<AccountState*> Owner::load(const commit::Stage& stage, AccountNumber account) {
  if (touched_.empty() || touched_.back() != account) touched_.push_back(account);
  if (const auto found = accounts_.find(account); found != accounts_.end()) {
    kept_.splice(kept_.begin(), kept_, found->second);
    return &found->second->state;
  }
  auto state = load_state(store_, stage, account);
  if (!state) return base::fail("account " + std::to_string(account), state.error());
  kept_.push_front({account, std::move(*state)});
  accounts_.emplace(account, kept_.begin());
  return &kept_.front().state;
}

void Owner::roll_back() {
  for (const auto account : touched_) {  // the stage knows what the members before have left
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) continue;
    kept_.erase(found->second);
    accounts_.erase(found);
  }
  touched_.clear();
}

void Owner::trim() {
  while (kept_.size() > most_) {
    accounts_.erase(kept_.back().account);
    kept_.pop_back();
  }
}

base::Result<FolderNumber> Owner::folder(AccountState& state, FolderText text) const {
  const auto found = text.starts_with('\\') ? state.find_special(text) : state.find(text);
  if (!found) return base::fail("folder \"" + base::escape(text) + "\"", base::errc::not_found);
  return *found;
}

base::Result<> Owner::change(commit::Stage& stage, AccountNumber account, AccountState& state, Change change) {
  const ModSeq modseq = state.last_modseq + 1;
  if (auto* filed = std::get_if<Filed>(&change)) filed->message.modseq = modseq;
  if (auto done = project(stage, account, state, modseq, change); !done) return done;
  stage.append(shard_of(account), modseq, encode(change));
  return {};
}

std::uint32_t Owner::next_uid_validity(const AccountState& state) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  return std::max(state.last_uid_validity + 1, static_cast<std::uint32_t>(seconds));
}

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

base::Result<Uid> Owner::file(commit::Stage& stage, AccountNumber account, FolderText text, Message message) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto number = folder(**state, text);
  if (!number) {
    const bool special = text.starts_with('\\');
    std::string_view name = special ? usual_name(text) : text;
    if (same_name(name, inbox)) name = inbox;
    if (special && (*state)->find(name)) {
      number = *(*state)->find(name);  // the name is taken by an ordinary folder: that is the one the user means
    } else {
      const auto use = special ? text : free_special_use(**state, name);
      if (auto made = make_folder(stage, account, name, use); !made) return std::unexpected(made.error());
      number = *(*state)->find(name);
    }
  }
  const Uid uid = (*state)->folders.at(*number).uid_next;
  if (auto filed = change(stage, account, **state, Filed{*number, uid, std::move(message)}); !filed)
    return std::unexpected(filed.error());
  return uid;
}

base::Result<> Owner::set_flags(commit::Stage& stage, AccountNumber account, FolderText text, Uid uid, Flags flags) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto number = folder(**state, text);
  if (!number) return std::unexpected(number.error());
  return change(stage, account, **state, FlagsSet{*number, uid, std::move(flags)});
}

base::Result<Uid> Owner::move(commit::Stage& stage, AccountNumber account, FolderText from, Uid uid, FolderText to) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto source = folder(**state, from);
  if (!source) return std::unexpected(source.error());
  auto target = folder(**state, to);
  if (!target) return std::unexpected(target.error());
  const Uid given = (*state)->folders.at(*target).uid_next;
  if (auto moved = change(stage, account, **state, Moved{*source, uid, *target, given}); !moved)
    return std::unexpected(moved.error());
  return given;
}

base::Result<Uid> Owner::copy(commit::Stage& stage, AccountNumber account, FolderText from, Uid uid, FolderText to) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto source = folder(**state, from);
  if (!source) return std::unexpected(source.error());
  if (auto target = folder(**state, to); !target) return std::unexpected(target.error());
  auto message = find_message(stage, account, *source, uid);
  if (!message) return std::unexpected(message.error());
  message->source = Source::copy;
  return file(stage, account, to, std::move(*message));
}

base::Result<> Owner::expunge(commit::Stage& stage, AccountNumber account, FolderText text, Uid uid) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto number = folder(**state, text);
  if (!number) return std::unexpected(number.error());
  return change(stage, account, **state, Expunged{*number, uid});
}

base::Result<> Owner::make_folder(commit::Stage& stage, AccountNumber account, std::string_view name,
                                  std::string_view special_use) {
  if (auto good = check_folder_name(name); !good) return good;
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  if ((*state)->find(name)) return base::fail("folder \"" + base::escape(name) + "\"", base::errc::exists);
  FolderMade made{(*state)->next_folder, std::string(name), std::string(special_use), next_uid_validity(**state)};
  return change(stage, account, **state, std::move(made));
}

base::Result<> Owner::rename_folder(commit::Stage& stage, AccountNumber account, std::string_view from, std::string_view to) {
  if (auto good = check_folder_name(to); !good) return good;
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto number = folder(**state, from);
  if (!number) return std::unexpected(number.error());
  const auto& folders = (*state)->folders;
  const std::string old_name = folders.at(*number).name;
  if (same_name(old_name, inbox)) return base::fail("INBOX cannot be renamed", base::errc::refused);
  const std::string below = old_name + "/";
  if (to.starts_with(below)) return base::fail("a folder cannot move below itself", base::errc::refused);
  if (to == old_name) return base::fail("folder \"" + base::escape(to) + "\"", base::errc::exists);
  std::vector<FolderRenamed> renames = {{*number, std::string(to), folders.at(*number).uid_validity}};
  for (const auto& [child, folder] : folders)
    if (folder.name.starts_with(below))
      renames.push_back({child, std::string(to) + "/" + folder.name.substr(below.size()), folder.uid_validity});
  for (const auto& rename : renames) {
    if (auto good = check_folder_name(rename.name); !good) return good;
    const auto taken = (*state)->find(rename.name);  // a name that this rename gives up is free
    if (taken && std::ranges::find(renames, *taken, &FolderRenamed::folder) == renames.end())
      return base::fail("folder \"" + base::escape(rename.name) + "\"", base::errc::exists);
  }
  for (auto& rename : renames)
    if (auto done = change(stage, account, **state, std::move(rename)); !done) return done;
  return {};
}

base::Result<> Owner::remove_folder(commit::Stage& stage, AccountNumber account, std::string_view name) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto number = folder(**state, name);
  if (!number) return std::unexpected(number.error());
  if (same_name((*state)->folders.at(*number).name, inbox)) return base::fail("INBOX cannot be removed", base::errc::refused);
  return change(stage, account, **state, FolderRemoved{*number});
}

base::Result<bool> Owner::behind(const commit::Stage& stage, AccountNumber account, Position position) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  const auto applied = (*state)->applied.find(position.partition);
  return applied == (*state)->applied.end() || applied->second <= position.index;
}

base::Result<> Owner::mark_applied(commit::Stage& stage, AccountNumber account, Position position) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  (*state)->applied[position.partition] = position.index + 1;
  stage.put(shard_of(account), store::Table::account_state, keys::applied(position.partition),
            base::Writer(1).u64(position.index + 1).take());
  return {};
}

}  // namespace understudy::archive::mailbox
