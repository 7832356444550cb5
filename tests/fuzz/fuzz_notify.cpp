/// Any octets as what NOTIFY is told: what is taken is told of each mailbox as its groups say it one after the other, and what
/// is not taken has an answer.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "archive/access/imap/notify_set.hpp"
#include "fuzz_check.hpp"
#include "imap_written.hpp"
#include "mail/imap/command.hpp"

using namespace understudy::mail::imap;
using understudy::archive::access::imap::NotifySet;
using understudy::archive::access::imap::Reply;
using understudy::tests::ImapWriter;
using understudy::tests::must;
using Kind = NotifyEvent::Kind;
using Filter = NotifyGroup::Filter;

namespace {

bool has(const NotifyGroup& group, Kind kind) {
  return std::ranges::find(group.events, kind, &NotifyEvent::kind) != group.events.end();
}

bool is_named(const NotifyGroup& group, const std::string& mailbox) {
  return std::ranges::any_of(group.names, [&](const MailboxName& each) {
    auto name = each.utf8;
    if (name.ends_with('/')) name.pop_back();
    if (name.empty()) return false;
    return name == mailbox || (group.filter == Filter::subtree && mailbox.starts_with(name + "/"));
  });
}

/// As the groups are written, name by name (RFC 5465 §3.1, §6).
NotifySet::Events model(const command::Notify& asked, const std::string& mailbox, bool subscribed) {
  NotifySet::Events events;
  for (const auto& group : asked.groups) {
    const bool named = group.filter == Filter::subtree || group.filter == Filter::mailboxes;
    const bool wide = group.filter == Filter::inboxes || group.filter == Filter::personal;
    if (!wide && !(group.filter == Filter::subscribed && subscribed) && !(named && is_named(group, mailbox))) continue;
    if (group.events.empty()) break;
    events.messages |= has(group, Kind::message_new);
    events.flags |= has(group, Kind::flag_change);
    events.name |= has(group, Kind::mailbox_name);
    events.subscription |= has(group, Kind::subscription_change);
    events.metadata |= has(group, Kind::mailbox_metadata_change);
  }
  return events;
}

/// All that are named, what lies above and below them, and one that nobody named.
std::set<std::string> mailboxes_of(const command::Notify& asked) {
  std::set<std::string> out = {"INBOX", "nobody's"};
  for (const auto& group : asked.groups)
    for (const auto& name : group.names) {
      if (out.size() > 40) return out;
      const auto& text = name.utf8;
      const auto above = text.substr(0, text.rfind('/'));
      for (const auto& each : {text, text + "x", text + "/y/z", above})
        if (!each.empty() && !each.ends_with('/')) out.insert(normalise_inbox(each));
    }
  return out;
}

void check(const command::Notify& asked, const NotifySet& set) {
  for (const auto& mailbox : mailboxes_of(asked))
    for (const bool subscribed : {false, true}) must(set.events_of({mailbox, subscribed}) == model(asked, mailbox, subscribed));
  using Selected = NotifySet::Selected;
  for (const auto& group : asked.groups) {
    if (group.events.empty() || (group.filter != Filter::selected && group.filter != Filter::selected_delayed)) continue;
    must(set.selected() == (group.filter == Filter::selected ? Selected::at_once : Selected::delayed));
    must(set.selected_flags() == has(group, Kind::flag_change));
  }
  const auto& fetch = set.fetch();
  must(fetch.empty() || std::ranges::find(fetch, FetchItem::Kind::uid, &FetchItem::kind) != fetch.end());
}

void check(const Reply& refused, const command::Notify& asked) {
  must((refused.kind == Reply::Kind::no || refused.kind == Reply::Kind::bad) && !refused.text.empty());
  bool unknown = false;
  for (const auto& group : asked.groups) unknown = unknown || has(group, Kind::other) || has(group, Kind::annotation_change);
  must(refused.code.starts_with("BADEVENT ") == unknown);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = "a NOTIFY " + std::string(reinterpret_cast<const char*>(data), size);
  for (const auto form : {NameForm::utf7, NameForm::utf8}) {
    const ParseContext context{.names = form, .limits = {}};
    const auto got = parse_command(text, context);
    if (!got) continue;
    const auto& asked = std::get<command::Notify>(got->what);
    const NotifySet::Limits limits{.names = 5, .octets = 100};
    const auto set = NotifySet::of(asked, limits);
    if (!set) {
      check(set.error(), asked);
      continue;
    }
    std::size_t names = 0;
    for (const auto& group : asked.groups) names += group.names.size();
    must(names <= limits.names);
    check(asked, *set);
    const auto written = ImapWriter::text_of(*got, form);
    must(written.has_value());
    const auto again = parse_command(*written, context);
    must(again && ImapWriter::text_of(*again, form) == written);
  }
  return 0;
}
