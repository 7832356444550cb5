#include "archive/access/imap/notify_news.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <variant>

#include "archive/access/imap/place.hpp"

namespace understudy::archive::access::imap {
namespace {

using mail::imap::StatusItem;
using mailbox::Folder;
using mailbox::FolderNumber;
using mailbox::Folders;
using mailbox::ModSeq;

/// The level above; empty: there is none.
std::string_view above(std::string_view name) {
  const auto cut = name.rfind(mail::imap::hierarchy_delimiter);
  return cut == std::string_view::npos ? std::string_view() : name.substr(0, cut);
}

/// Notes whom one change of the log touches.
struct Touched {
  ByOthers& out;

  void operator()(const mailbox::FolderMade& change) const { out.named.insert(change.folder); }
  void operator()(const mailbox::FolderRenamed& change) const {
    out.named.insert(change.folder);
    out.messages.insert(change.folder);  // of a new UIDVALIDITY
  }
  void operator()(const mailbox::FolderRemoved& change) const { out.named.insert(change.folder); }
  void operator()(const mailbox::Filed& change) const { out.messages.insert(change.folder); }
  void operator()(const mailbox::FlagsSet& change) const { out.messages.insert(change.folder); }
  void operator()(const mailbox::Moved& change) const { out.messages.insert({change.from, change.to}); }
  void operator()(const mailbox::Expunged& change) const { out.messages.insert(change.folder); }
  void operator()(const mailbox::FlagsChanged& change) const { out.messages.insert(change.folder); }
  void operator()(const mailbox::Copied& change) const { out.messages.insert(change.to); }
  void operator()(const mailbox::MovedAll& change) const { out.messages.insert({change.from, change.to}); }
  void operator()(const mailbox::Binned& change) const { out.messages.insert({change.from, change.to}); }
  void operator()(const mailbox::ExpungedAll& change) const { out.messages.insert(change.folder); }
  void operator()(const mailbox::Subscribed& change) const { out.subscriptions.insert(change.name); }
  void operator()(const mailbox::Shared&) const {}
  void operator()(const mailbox::Restored&) const {}  // before anybody listens
  void operator()(const mailbox::Annotated& change) const { out.notes[change.folder].insert(change.entry); }
};

class Finder {
 public:
  explicit Finder(const NotifyQuestion& asked) : asked_(asked) {}

  NotifyNews find() {
    compare();
    find_renamed();
    find_subscribed();
    describe();
    for (const auto& [number, folder] : asked_.left) changed_.insert(number);
    for (const auto number : changed_)
      if (const auto now = asked_.now.by_number.find(number); now != asked_.now.by_number.end()) count(number, now->second);
    find_noted();
    return std::move(news_);
  }

 private:
  bool is_subscribed(const std::string& name) const { return asked_.now.subscriptions.contains(name); }
  /// As it is or as it was: who has unsubscribed from a mailbox hears of that, too.
  NotifySet::Events events_of(const std::string& name) const {
    return asked_.set.events_of({name, is_subscribed(name) || asked_.known.subscriptions.contains(name)});
  }
  bool named_by_others(FolderNumber number) const { return asked_.others.all || asked_.others.named.contains(number); }

  void affect(std::string_view name) {
    if (name.empty()) return;
    std::string text(name);
    if (events_of(text).name) names_.try_emplace(std::move(text));
  }

  /// What goes along with a level above it is told of there (RFC 5465 §5.4).
  bool is_told_above(const std::map<std::string, std::string>& told, const std::string& before,
                     const std::string& after) const {
    for (auto level = above(before); !level.empty(); level = above(level)) {
      const auto found = told.find(std::string(level));
      if (found != told.end() && after == found->second + before.substr(level.size())) return true;
    }
    return false;
  }

  /// What was made, removed or renamed by others, and of what messages may have changed: one walk through all that there is.
  void compare() {
    auto old = asked_.known.by_number.begin();
    auto now = asked_.now.by_number.begin();
    const auto old_end = asked_.known.by_number.end();
    const auto now_end = asked_.now.by_number.end();
    while (old != old_end || now != now_end) {
      if (now == now_end || (old != old_end && old->first < now->first)) {
        affect_with_above(old->first, old->second.name);
        ++old;
      } else if (old == old_end || now->first < old->first) {
        affect_with_above(now->first, now->second.name);
        changed_.insert(now->first);
        ++now;
      } else {
        if (old->second.name != now->second.name && named_by_others(now->first))
          renamed_.emplace(old->second.name, now->second.name);
        const bool differs =
            old->second.highest_modseq != now->second.highest_modseq || old->second.uid_validity != now->second.uid_validity;
        if (differs) changed_.insert(now->first);
        ++old;
        ++now;
      }
    }
  }

  void find_renamed() {
    std::map<std::string, std::string> told;
    for (const auto& [before, after] : renamed_) {
      if (!events_of(before).name && !events_of(after).name) continue;
      if (is_told_above(told, before, after)) continue;
      told.emplace(before, after);
      names_[after] = before;
    }
  }

  void affect_with_above(FolderNumber number, const std::string& name) {
    if (!named_by_others(number)) return;
    affect(name);
    affect(above(name));
  }

  void find_subscribed() {
    std::vector<std::string> changed;
    std::ranges::set_symmetric_difference(asked_.known.subscriptions, asked_.now.subscriptions, std::back_inserter(changed));
    for (auto& name : changed) {
      if (name.starts_with(others_prefix)) continue;  // RFC 5465 §6.3: of the user's own namespace
      const bool counts = asked_.others.all || asked_.others.subscriptions.contains(name);
      if (counts && events_of(name).subscription) names_.try_emplace(std::move(name));
    }
  }

  /// Each name as it is now.
  void describe() {
    if (names_.empty()) return;
    std::map<std::string_view, const Folder*> all;
    for (const auto& [number, folder] : asked_.now.by_number) all.emplace(folder.name, &folder);
    for (const auto& [name, old_name] : names_) {
      NotifyNews::Listed listed{name, old_name, false, false, is_subscribed(name), {}};
      if (const auto found = all.find(name); found != all.end()) {
        listed.exists = true;
        listed.special_use = found->second->special_use;
      }
      const auto below = name + mail::imap::hierarchy_delimiter;
      const auto next = all.lower_bound(below);
      listed.children = next != all.end() && next->first.starts_with(below);
      news_.listed.push_back(std::move(listed));
    }
  }

  /// What the client knows of it; nullptr: nothing.
  const Folder* before(FolderNumber number) const {
    if (const auto found = asked_.left.find(number); found != asked_.left.end()) return &found->second;
    const auto found = asked_.known.by_number.find(number);
    return found == asked_.known.by_number.end() ? nullptr : &found->second;
  }

  /// UIDVALIDITY of the mailbox that had this name before.
  std::optional<std::uint32_t> validity_before(const std::string& name) {
    if (validities_.empty())
      for (const auto& [number, folder] : asked_.known.by_number) validities_.emplace(folder.name, folder.uid_validity);
    const auto found = validities_.find(name);
    return found == validities_.end() ? std::nullopt : std::optional(found->second);
  }

  void count(FolderNumber number, const Folder& now) {
    if (number == asked_.selected) return;
    const auto* known = before(number);
    if (known && known->highest_modseq >= now.highest_modseq && known->uid_validity == now.uid_validity) return;
    const bool counts = asked_.others.all || asked_.others.messages.contains(number) ||
                        (!known && asked_.others.named.contains(number)) || asked_.left.contains(number);
    if (!counts) return;
    const auto events = events_of(now.name);
    if (!events.messages) return;
    static const Folder nothing;
    const auto& old = known ? *known : nothing;
    const bool more = old.messages != now.messages || old.uid_next != now.uid_next;
    const auto validity = known ? std::optional(known->uid_validity) : validity_before(now.name);
    bool others = validity && *validity != now.uid_validity;
    if (known) others = others || asked_.mod_sequence || (old.counted && now.counted && old.unseen != now.unseen);
    if (!more && !(events.flags && others)) return;
    NotifyNews::Counted counted{number, {}};
    if (more) counted.items = {StatusItem::messages, StatusItem::uid_next};
    counted.items.push_back(StatusItem::uid_validity);
    if (events.flags && now.counted) counted.items.push_back(StatusItem::unseen);
    if (asked_.mod_sequence) counted.items.push_back(StatusItem::highest_mod_sequence);
    news_.counted.push_back(std::move(counted));
  }

  void find_noted() {
    for (const auto& [number, entries] : asked_.others.notes) {
      NotifyNews::Noted noted;
      if (number == mailbox::Annotated::of_account) {
        if (!asked_.set.server_metadata()) continue;
      } else {
        const auto folder = asked_.now.by_number.find(number);
        if (folder == asked_.now.by_number.end() || !events_of(folder->second.name).metadata) continue;
        noted.mailbox = folder->second.name;
      }
      noted.entries.assign(entries.begin(), entries.end());
      news_.noted.push_back(std::move(noted));
    }
  }

  const NotifyQuestion& asked_;
  std::map<std::string, std::string> names_;    ///< to be listed, with the name before where it was renamed
  std::map<std::string, std::string> renamed_;  ///< by the name before: the levels above come first
  std::set<FolderNumber> changed_;
  std::map<std::string_view, std::uint32_t> validities_;  ///< of what is known, by name; made where one is asked for
  NotifyNews news_;
};

}  // namespace

void OwnChanges::add(ModSeq first, ModSeq last) {
  if (first > last) return;
  if (!spans_.empty() && spans_.back().second + 1 == first) {
    spans_.back().second = last;
  } else {
    spans_.emplace_back(first, last);
  }
}

void OwnChanges::unite(const OwnChanges& later) {
  for (const auto& [first, last] : later.spans_) add(first, last);
}

bool OwnChanges::contains(ModSeq modseq) const {
  return cover(modseq, modseq);
}

bool OwnChanges::cover(ModSeq first, ModSeq last) const {
  if (first > last) return true;
  const auto next = std::ranges::lower_bound(spans_, first, {}, [](const auto& span) { return span.second; });
  return next != spans_.end() && next->first <= first && last <= next->second;
}

ByOthers by_others(const std::vector<mailbox::LoggedChange>& changes, ModSeq after, ModSeq last, const OwnChanges& own) {
  ByOthers others;
  others.all = false;
  for (const auto& [modseq, change] : changes)
    if (modseq > after && modseq <= last && !own.contains(modseq)) std::visit(Touched{others}, change);
  return others;
}

NotifyNews notify_news(const NotifyQuestion& asked) {
  return Finder(asked).find();
}

std::vector<StatusItem> first_status(const NotifySet::Events& events, const Folder& folder) {
  if (!events.messages) return {};
  std::vector items = {StatusItem::messages, StatusItem::uid_next, StatusItem::uid_validity};
  if (!events.flags) return items;
  if (folder.counted) items.push_back(StatusItem::unseen);
  items.push_back(StatusItem::highest_mod_sequence);
  return items;
}

}  // namespace understudy::archive::access::imap
