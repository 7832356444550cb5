#include "archive/mailbox/owner.hpp"

#include <algorithm>
#include <limits>

#include "archive/mailbox/folder_names.hpp"
#include "archive/mailbox/many.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::archive::mailbox {
namespace {
Uids one(Uid uid) {
  return {{uid, uid}};
}

std::unexpected<base::Error> no_message(Uid uid) {
  return base::fail("message " + std::to_string(uid), base::errc::not_found);
}

constexpr std::size_t most_keywords = 100;  ///< of one message

/// What comes into the bin and into cold folders comes there by changes of its own.
base::Result<> takes(const Folder& folder) {
  if (folder.kind == FolderKind::live) return {};
  return base::fail("nobody puts messages into \"" + base::escape(folder.name) + "\"", base::errc::refused);
}
}  // namespace

base::Result<> Owner::takes(const commit::Stage& stage, AccountNumber account, FolderNumber folder) {
  const auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  const auto found = (*state)->folders.find(folder);
  if (found == (*state)->folders.end()) return base::fail("the target folder", base::errc::not_found);
  return mailbox::takes(found->second);
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
  if (auto may = mailbox::takes(target->second); !may) return std::unexpected(may.error());
  const auto first = next_uid(stage, account, folder, target->second.uid_next);
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
  Placed placed{{}, next_uid(stage, account, to, target->second.uid_next), target->second.uid_validity};
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
  if (auto may = takes(stage, account, to); !may) return std::unexpected(may.error());
  return place<Copied>(stage, account, from, uids, to);
}

base::Result<Owner::Placed> Owner::move_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                            FolderNumber to) {
  if (auto may = takes(stage, account, to); !may) return std::unexpected(may.error());
  return place<MovedAll>(stage, account, from, uids, to);
}

base::Result<Owner::Placed> Owner::move_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                            FolderText to) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  const auto target = folder(**state, to);
  if (!target) return std::unexpected(target.error());
  return move_all(stage, account, from, uids, *target);
}

template <class Change>
base::Result<Uid> Owner::place_one(commit::Stage& stage, AccountNumber account, FolderText from, Uid uid, FolderText to) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  auto source = folder(**state, from);
  if (!source) return std::unexpected(source.error());
  auto target = folder(**state, to);
  if (!target) return std::unexpected(target.error());
  if (auto may = takes(stage, account, *target); !may) return std::unexpected(may.error());
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
