// NOTIFY: RFC 5465 §8.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/imap/parsers.hpp"

namespace understudy::mail::imap::parsers {
namespace {

using Kind = NotifyEvent::Kind;
using Filter = NotifyGroup::Filter;

struct EventName {
  std::string_view name;
  Kind kind;
};
constexpr std::array<EventName, 8> event_names = {{{"MessageNew", Kind::message_new},
                                                   {"MessageExpunge", Kind::message_expunge},
                                                   {"FlagChange", Kind::flag_change},
                                                   {"AnnotationChange", Kind::annotation_change},
                                                   {"MailboxName", Kind::mailbox_name},
                                                   {"SubscriptionChange", Kind::subscription_change},
                                                   {"MailboxMetadataChange", Kind::mailbox_metadata_change},
                                                   {"ServerMetadataChange", Kind::server_metadata_change}}};

struct FilterName {
  std::string_view name;
  Filter filter;
};
constexpr std::array<FilterName, 7> filter_names = {{{"SELECTED", Filter::selected},
                                                     {"SELECTED-DELAYED", Filter::selected_delayed},
                                                     {"INBOXES", Filter::inboxes},
                                                     {"PERSONAL", Filter::personal},
                                                     {"SUBSCRIBED", Filter::subscribed},
                                                     {"SUBTREE", Filter::subtree},
                                                     {"MAILBOXES", Filter::mailboxes}}};

bool read_event_items(TokenReader& in, std::vector<FetchItem>& out) {
  return in.list(in.limits().fetch_items, TokenReader::Empty::no, [&] {
    FetchItem item;
    if (!read_fetch_item(in, item)) return false;
    if (std::ranges::find(out, item) == out.end()) out.push_back(std::move(item));
    return true;
  });
}

bool read_event(TokenReader& in, NotifyEvent& out) {
  const auto name = in.atom();
  if (!name) return false;
  if (name->size() > in.limits().flag) return in.fail("The name of an event is too long");
  out.name = *name;
  const auto found = std::ranges::find_if(event_names, [&](const EventName& e) { return base::iequals(e.name, *name); });
  if (found != event_names.end()) out.kind = found->kind;
  if (out.kind != Kind::message_new || !in.follows(" (")) return true;
  return in.space() && read_event_items(in, out.fetch);
}

bool read_names(TokenReader& in, std::vector<MailboxName>& out) {
  const auto one = [&] {
    auto name = in.mailbox();
    if (name) out.push_back(std::move(*name));
    return name.has_value();
  };
  if (!in.space()) return false;
  return in.is('(') ? in.list(in.limits().list_items, TokenReader::Empty::no, one) : one();
}

/// Each of the lists has its own limit; this is that of all together. `held`: names, events and items so far.
bool hold(TokenReader& in, std::size_t& held, std::size_t more) {
  held += more;
  return held <= in.limits().list_items || in.fail("NOTIFY: too many names and events");
}

/// "(" filter SP events ")"
bool read_group(TokenReader& in, NotifyGroup& out, std::size_t& held) {
  if (!in.expect('(')) return false;
  const auto found = std::ranges::find_if(filter_names, [&](const FilterName& f) { return in.take_word(f.name); });
  if (found == filter_names.end()) return in.fail("NOTIFY: which mailboxes is not understood");
  out.filter = found->filter;
  const bool named = out.filter == Filter::subtree || out.filter == Filter::mailboxes;
  if (named && !read_names(in, out.names)) return false;
  if (!hold(in, held, out.names.size()) || !in.space()) return false;
  if (in.take_word("NONE")) return in.expect(')');
  return in.list(in.limits().list_items, TokenReader::Empty::no, [&] {
    out.events.emplace_back();
    return read_event(in, out.events.back()) && hold(in, held, 1 + out.events.back().fetch.size());
  }) && in.expect(')');
}

}  // namespace

bool read(TokenReader& in, command::Notify& out) {
  if (!in.space()) return false;
  if (in.take_word("NONE")) return true;
  if (!in.take_word("SET")) return in.fail("NOTIFY takes SET or NONE");
  if (!in.space()) return false;
  if (in.take_word("STATUS")) {
    out.status = true;
    if (!in.space()) return false;
  }
  std::size_t held = 0;
  do {
    if (out.groups.size() >= in.limits().list_items) return in.fail("NOTIFY: too many groups of mailboxes");
    out.groups.emplace_back();
    if (!read_group(in, out.groups.back(), held)) return false;
  } while (in.take(' '));
  return true;
}

}  // namespace understudy::mail::imap::parsers
