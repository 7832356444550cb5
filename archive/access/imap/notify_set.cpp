#include "archive/access/imap/notify_set.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace understudy::archive::access::imap {
namespace {

using mail::imap::FetchItem;
using mail::imap::NotifyEvent;
using mail::imap::NotifyGroup;
using Kind = NotifyEvent::Kind;
using Filter = NotifyGroup::Filter;

/// All that are told of (RFC 5465 §3.1). There are no annotations of messages here.
constexpr std::string_view known_events =
    "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)";

bool is_of_selected(const NotifyGroup& group) {
  return group.filter == Filter::selected || group.filter == Filter::selected_delayed;
}

bool is_of_message(Kind kind) {
  return kind == Kind::message_new || kind == Kind::message_expunge || kind == Kind::flag_change;
}

bool has(const NotifyGroup& group, Kind kind) {
  return std::ranges::find(group.events, kind, &NotifyEvent::kind) != group.events.end();
}

/// What is wrong with the events of a group whose events are all known (§5, §6.1, §8); nullptr: nothing.
const char* fault_of(const NotifyGroup& group) {
  const bool selected = is_of_selected(group);
  if (has(group, Kind::message_new) != has(group, Kind::message_expunge))
    return "MessageNew and MessageExpunge are asked for together";
  if (has(group, Kind::flag_change) && !has(group, Kind::message_new))
    return "FlagChange goes with MessageNew and MessageExpunge";
  for (const auto& event : group.events) {
    if (selected && !is_of_message(event.kind)) return "of the selected mailbox only messages are told of";
    if (!selected && !event.fetch.empty()) return "items of new messages are those of the selected mailbox";
  }
  return nullptr;
}

}  // namespace

std::optional<Reply> NotifySet::why_not(const mail::imap::command::Notify& asked, const Limits& limits) {
  std::size_t names = 0, octets = 0;
  for (const auto& group : asked.groups) {
    const auto is_unknown = [](const NotifyEvent& event) {
      return event.kind == Kind::other || event.kind == Kind::annotation_change;
    };
    if (std::ranges::any_of(group.events, is_unknown))
      return Reply::no("one of the events is not told of here", std::string(known_events));
  }
  if (std::ranges::count_if(asked.groups, is_of_selected) > 1) return Reply::bad("the selected mailbox is named twice");
  for (const auto& group : asked.groups) {
    if (const auto* fault = fault_of(group)) return Reply::bad(fault);
    names += group.names.size();
    for (const auto& name : group.names) {
      if (!name.good()) return Reply::no(name.fault, "CANNOT");
      octets += name.utf8.size();
    }
  }
  if (names > limits.names || octets > limits.octets)
    return Reply::no("so many mailboxes are not watched by name", "NOTIFICATIONOVERFLOW");
  return std::nullopt;
}

void NotifySet::select(NotifyGroup asked) {
  if (asked.events.empty()) return;
  selected_ = asked.filter == Filter::selected ? Selected::at_once : Selected::delayed;
  selected_flags_ = has(asked, Kind::flag_change);
  for (auto& event : asked.events)
    for (auto& item : event.fetch)
      if (std::ranges::find(fetch_, item) == fetch_.end()) fetch_.push_back(std::move(item));
  if (fetch_.empty() || std::ranges::find(fetch_, FetchItem::Kind::uid, &FetchItem::kind) != fetch_.end()) return;
  FetchItem uid;  // sequence numbers change at any time
  uid.kind = FetchItem::Kind::uid;
  fetch_.insert(fetch_.begin(), std::move(uid));
}

std::expected<NotifySet, Reply> NotifySet::of(mail::imap::command::Notify asked, const Limits& limits) {
  if (auto refused = why_not(asked, limits)) return std::unexpected(std::move(*refused));
  NotifySet set;
  for (auto& from : asked.groups) {
    if (is_of_selected(from)) {
      set.select(std::move(from));
      continue;
    }
    Group group;
    group.filter = from.filter;
    group.none = from.events.empty();
    for (auto& name : from.names) {
      if (name.utf8.ends_with(mail::imap::hierarchy_delimiter)) name.utf8.pop_back();
      group.names.push_back(std::move(name.utf8));
    }
    std::ranges::sort(group.names);
    group.events = {has(from, Kind::message_new), has(from, Kind::flag_change), has(from, Kind::mailbox_name),
                    has(from, Kind::subscription_change), has(from, Kind::mailbox_metadata_change)};
    set.server_metadata_ = set.server_metadata_ || has(from, Kind::server_metadata_change);
    set.groups_.push_back(std::move(group));
  }
  return set;
}

/// `mailbox.name` with INBOX in capitals.
bool NotifySet::is_in(const Group& group, const Mailbox& mailbox) {
  switch (group.filter) {
    case Filter::inboxes:  // rules file mail into any mailbox: then it means the same as personal (§6.3)
    case Filter::personal:
      return true;
    case Filter::subscribed:
      return mailbox.subscribed;
    case Filter::mailboxes:
      return std::ranges::binary_search(group.names, mailbox.name);
    case Filter::subtree:
      for (auto end = mailbox.name.size(); end != std::string_view::npos && end > 0;
           end = mailbox.name.rfind(mail::imap::hierarchy_delimiter, end - 1))
        if (std::ranges::binary_search(group.names, mailbox.name.substr(0, end))) return true;
      return false;
    case Filter::selected:
    case Filter::selected_delayed:
      return false;
  }
  return false;
}

NotifySet::Events NotifySet::events_of(const Mailbox& mailbox) const {
  const auto name = mail::imap::normalise_inbox(mailbox.name);
  const Mailbox normal{name, mailbox.subscribed};
  Events all;
  for (const auto& group : groups_) {
    if (!is_in(group, normal)) continue;
    if (group.none) break;
    all.messages = all.messages || group.events.messages;
    all.flags = all.flags || group.events.flags;
    all.name = all.name || group.events.name;
    all.subscription = all.subscription || group.events.subscription;
    all.metadata = all.metadata || group.events.metadata;
  }
  return all;
}

bool NotifySet::any_metadata() const {
  return server_metadata_ || std::ranges::any_of(groups_, [](const Group& group) { return group.events.metadata; });
}

}  // namespace understudy::archive::access::imap
