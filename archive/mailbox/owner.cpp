#include "archive/mailbox/owner.hpp"

#include <algorithm>
#include <limits>

#include "archive/mailbox/staged_messages.hpp"
#include "base/log.hpp"
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

Uids one(Uid uid) {
  return {{uid, uid}};
}

std::unexpected<base::Error> no_message(Uid uid) {
  return base::fail("message " + std::to_string(uid), base::errc::not_found);
}

constexpr std::size_t most_keywords = 100;  ///< of one message

/// One record of the log has so many ranges at most: a value of the store has 64 KiB.
constexpr std::size_t most_ranges = 5000;

std::vector<Uids> in_parts(const Uids& uids) {
  std::vector<Uids> parts;
  const auto& ranges = uids.ranges();
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i % most_ranges == 0) parts.emplace_back();
    parts.back().add(ranges[i].first, ranges[i].last);
  }
  return parts;
}

/// Calls `each(uid, message)` for those that are there.
template <class Each>
base::Result<> messages_of(const commit::Stage& stage, AccountNumber account, const AccountState& state, FolderNumber folder,
                           const Uids& uids, Each each) {
  const auto found = state.folders.find(folder);
  if (found == state.folders.end()) return base::fail("the folder", base::errc::not_found);
  StagedMessages messages(stage, account);
  for (const auto& range : uids.ranges()) {
    const Uid end = std::min(range.last, found->second.uid_next - 1);
    for (std::uint64_t uid = range.first; uid <= end; ++uid) {
      const auto message = messages.find(folder, static_cast<Uid>(uid));
      if (message) {
        each(static_cast<Uid>(uid), **message);
      } else if (message.error().code != base::errc::not_found) {
        return std::unexpected(message.error());
      }
    }
  }
  return {};
}
}  // namespace

namespace {
/// The next one. Where the record that it belongs to is damaged, the first one behind that: mail is filed, and what is damaged
/// stays for a check and a rebuild.
Uid uid_to_file(const commit::Stage& stage, AccountNumber account, FolderNumber folder, Uid next) {
  const auto number = MessageChunk::number_of(next);
  if (next == MessageChunk::first_uid(number)) return next;
  const auto there = StagedMessages(stage, account).chunk(folder, number);
  if (there || there.error().code != base::errc::damaged) return next;
  base::log::error("mailbox.passed_over",
                   {{"account", account}, {"folder", folder}, {"uid", next}, {"reason", there.error().text()}});
  return MessageChunk::last_uid(number) == std::numeric_limits<Uid>::max() ? next : MessageChunk::first_uid(number + 1);
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
  // No name is ever a path here; programs that make one of it, in an export or a mail store of their own, are kept from harm.
  if (std::ranges::any_of(levels, [](std::string_view level) { return level == "." || level == ".."; }))
    return refuse("has a level \".\" or \"..\"");
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
  const bool renames = std::holds_alternative<FolderRenamed>(change) || std::holds_alternative<FolderRemoved>(change);
  if (std::holds_alternative<Shared>(change) || (renames && shares_->has(account))) reshared_.insert(account);
  stage.append(shard_of(account), modseq, encode(change));
  return {};
}

std::uint32_t Owner::next_uid_validity(const AccountState& state) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  const auto next = std::max(state.last_uid_validity + 1, static_cast<std::uint32_t>(seconds));
  const bool is_odd = next % 2 == 1;
  return is_odd == (uid_validity_ == directory::Parity::odd) ? next : next + 1;
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

base::Result<Uid> Owner::file(commit::Stage& stage, AccountNumber account, FolderText text, Message message,
                              const store::Shown* shown) {
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
  auto filed = file_into(stage, account, *number, std::move(message), shown);
  if (!filed) return std::unexpected(filed.error());
  return filed->first;
}

base::Result<Owner::Placed> Owner::file_into(commit::Stage& stage, AccountNumber account, FolderNumber folder, Message message,
                                             const store::Shown* shown) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  const auto target = (*state)->folders.find(folder);
  if (target == (*state)->folders.end()) return base::fail("the folder", base::errc::not_found);
  const auto first = uid_to_file(stage, account, folder, target->second.uid_next);
  if (first == std::numeric_limits<Uid>::max()) return base::fail("UIDs of a folder", base::errc::too_long);
  const Placed placed{{}, first, target->second.uid_validity};
  if (shown) {
    const auto key = keys::summary(message.body);
    stage.put(shard_of(account), store::Table::summaries, key, shown->summary);
    if (!shown->heading.empty()) stage.put(shard_of(account), store::Table::headings, key, shown->heading);
  }
  if (auto filed = change(stage, account, **state, Filed{folder, placed.first, std::move(message)}); !filed)
    return std::unexpected(filed.error());
  return placed;
}

base::Result<> Owner::set_flags(commit::Stage& stage, AccountNumber account, FolderText text, Uid uid, Flags flags) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto number = folder(**state, text);
  if (!number) return std::unexpected(number.error());
  auto done = change_flags(stage, account, *number, one(uid), FlagsChanged::How::replace, flags);
  if (!done) return std::unexpected(done.error());
  if (done->done.empty()) return std::unexpected(no_message(uid).error());
  return {};
}

base::Result<Uid> Owner::move(commit::Stage& stage, AccountNumber account, FolderText from, Uid uid, FolderText to) {
  return place_one<MovedAll>(stage, account, from, uid, to);
}

base::Result<Uid> Owner::copy(commit::Stage& stage, AccountNumber account, FolderText from, Uid uid, FolderText to) {
  return place_one<Copied>(stage, account, from, uid, to);
}

base::Result<> Owner::expunge(commit::Stage& stage, AccountNumber account, FolderText text, Uid uid) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto number = folder(**state, text);
  if (!number) return std::unexpected(number.error());
  auto gone = expunge_all(stage, account, *number, one(uid), Only::all);
  if (!gone) return std::unexpected(gone.error());
  if (gone->empty()) return std::unexpected(no_message(uid).error());
  return {};
}

base::Result<Owner::Flagged> Owner::change_flags(commit::Stage& stage, AccountNumber account, FolderNumber folder,
                                                 const Uids& uids, FlagsChanged::How how, const Flags& flags,
                                                 std::optional<ModSeq> unchanged_since) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  Flagged result;
  Uids differ;
  bool too_many = false;
  FlagChange change_of(how, flags);
  auto there = messages_of(stage, account, **state, folder, uids, [&](Uid uid, const Message& message) {
    const bool modified = unchanged_since && message.modseq > *unchanged_since;
    (modified ? result.modified : result.done).add(uid);
    if (modified) return;
    const auto& after = change_of.of(message.flags);
    too_many = too_many || after.keywords.size() > most_keywords;
    if (after != message.flags) differ.add(uid);
  });
  if (!there) return std::unexpected(there.error());
  if (too_many) return base::fail("keywords of a message", base::errc::too_long);
  for (auto& part : in_parts(differ))
    if (auto done = change(stage, account, **state, FlagsChanged{folder, std::move(part), how, flags}); !done)
      return std::unexpected(done.error());
  return result;
}

template <class Change>
base::Result<Owner::Placed> Owner::place(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                         FolderNumber to) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  const auto target = (*state)->folders.find(to);
  if (target == (*state)->folders.end()) return base::fail("the target folder", base::errc::not_found);
  Placed placed{{}, uid_to_file(stage, account, to, target->second.uid_next), target->second.uid_validity};
  auto there = messages_of(stage, account, **state, from, uids, [&](Uid uid, const Message&) { placed.uids.add(uid); });
  if (!there) return std::unexpected(there.error());
  if (placed.uids.count() > std::numeric_limits<Uid>::max() - placed.first)
    return base::fail("UIDs of a folder", base::errc::too_long);
  for (auto& part : in_parts(placed.uids)) {
    const Uid first = std::max(placed.first, (*state)->folders.at(to).uid_next);
    if (auto done = change(stage, account, **state, Change{from, std::move(part), to, first, clock_.now()}); !done)
      return std::unexpected(done.error());
  }
  return placed;
}

base::Result<Owner::Placed> Owner::copy_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                            FolderNumber to) {
  return place<Copied>(stage, account, from, uids, to);
}

base::Result<Owner::Placed> Owner::move_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                            FolderNumber to) {
  return place<MovedAll>(stage, account, from, uids, to);
}

base::Result<Owner::Placed> Owner::move_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                            FolderText to) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  const auto target = folder(**state, to);
  if (!target) return std::unexpected(target.error());
  return place<MovedAll>(stage, account, from, uids, *target);
}

template <class Change>
base::Result<Uid> Owner::place_one(commit::Stage& stage, AccountNumber account, FolderText from, Uid uid, FolderText to) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto source = folder(**state, from);
  if (!source) return std::unexpected(source.error());
  auto target = folder(**state, to);
  if (!target) return std::unexpected(target.error());
  auto placed = place<Change>(stage, account, *source, one(uid), *target);
  if (!placed) return std::unexpected(placed.error());
  if (placed->uids.empty()) return std::unexpected(no_message(uid).error());
  return placed->first;
}

base::Result<Uids> Owner::expunge_all(commit::Stage& stage, AccountNumber account, FolderNumber folder, const Uids& uids,
                                      Only only) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  Uids gone;
  auto there = messages_of(stage, account, **state, folder, uids, [&](Uid uid, const Message& message) {
    if (only == Only::all || message.flags.system & Flags::deleted) gone.add(uid);
  });
  if (!there) return std::unexpected(there.error());
  for (auto& part : in_parts(gone))
    if (auto done = change(stage, account, **state, ExpungedAll{folder, std::move(part)}); !done)
      return std::unexpected(done.error());
  return gone;
}

base::Result<> Owner::subscribe(commit::Stage& stage, AccountNumber account, std::string_view name, Subscribed::To to) {
  if (auto good = check_folder_name(name); !good) return good;
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto is_there = stage.get(shard_of(account), store::Table::subscriptions, name);
  if (!is_there) return std::unexpected(is_there.error());
  if (is_there->has_value() == (to == Subscribed::To::yes)) return {};
  return change(stage, account, **state, Subscribed{std::string(name), to});
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
  if (same_name((*state)->folders.at(*number).name, inbox)) return base::fail("INBOX cannot be removed", base::errc::refused);
  return change(stage, account, **state, FolderRemoved{*number});
}

base::Result<Usage> Owner::usage(const commit::Stage& stage, AccountNumber account) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  return usage_of((*state)->folders);
}

/// One key is asked for: an account that cannot be loaded is behind or not all the same.
base::Result<bool> Owner::behind(const commit::Stage& stage, AccountNumber account, Position position) {
  const auto applied = stage.get(shard_of(account), store::Table::account_state, keys::applied(position.partition));
  if (!applied) return std::unexpected(applied.error());
  if (!*applied) return true;
  base::Reader in(**applied);
  in.u8();
  const auto next = in.u64();
  if (auto fits = in.check("position applied to an account"); !fits) return std::unexpected(fits.error());
  return next <= position.index;
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
