/// A command of IMAP as a client may write it, from its value: what fuzzers read again, so that nothing of a command gets lost
/// between its text and its value, whatever the text was. Every command has its line here.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mail/imap/command.hpp"
#include "mail/imap/written.hpp"

namespace understudy::tests {

class ImapWriter {  // one per command
 public:
  explicit ImapWriter(mail::imap::NameForm form) : form_(form) {}

  /// Behind the tag "a". Nothing where a mailbox of it has a fault: such a name is known by its octets alone.
  static std::optional<std::string> text_of(const mail::imap::Command& command, mail::imap::NameForm form) {
    ImapWriter writer(form);
    std::string text = "a " + std::visit([&](const auto& what) { return writer.write(what); }, command.what);
    if (writer.faulty_) return std::nullopt;
    return text;
  }

 private:
  using Name = mail::imap::MailboxName;

  static std::string string(std::string_view octets) {
    if (octets.find('\0') == octets.npos) return mail::imap::written_string(octets);
    return "~{" + std::to_string(octets.size()) + "+}\r\n" + std::string(octets);
  }

  std::string name(const Name& name) {
    if (!name.good()) faulty_ = true;
    return string(name.good() && form_ == mail::imap::NameForm::utf7 ? mail::imap::to_utf7(name.utf8) : name.utf8);
  }

  template <class Items, class Write>
  static std::string list(const Items& items, Write write) {
    std::string out;
    for (const auto& item : items) out += (out.empty() ? "(" : " ") + write(item);
    return out.empty() ? "()" : out + ")";
  }
  static std::string words(const std::vector<std::string>& items) {
    return list(items, [](const std::string& word) { return word; });
  }
  static std::string strings(const std::vector<std::string>& items) { return list(items, string); }
  std::string names(const std::vector<Name>& items) {
    return list(items, [&](const Name& each) { return name(each); });
  }
  static std::string items(const std::vector<mail::imap::FetchItem>& items) {
    return list(items, [](const auto& item) { return mail::imap::text_of(item); });
  }
  static std::string status(const std::vector<mail::imap::StatusItem>& items) {
    static constexpr std::array known = {"MESSAGES",        "RECENT", "UIDNEXT",       "UIDVALIDITY", "UNSEEN",     "DELETED",
                                         "DELETED-STORAGE", "SIZE",   "HIGHESTMODSEQ", "MAILBOXID",   "APPENDLIMIT"};
    return list(items, [](auto item) { return std::string(known.at(static_cast<std::size_t>(item))); });
  }
  static std::string range(const mail::imap::PartialRange& range) {
    const std::string sign = range.from_end ? "-" : "";
    return sign + std::to_string(range.first) + ":" + sign + std::to_string(range.last);
  }

  std::string options(const mail::imap::ReturnOptions& o) {
    if (!o.given) return " ";
    std::vector<std::string> out;
    if (o.min) out.emplace_back("MIN");
    if (o.max) out.emplace_back("MAX");
    if (o.all) out.emplace_back("ALL");
    if (o.count) out.emplace_back("COUNT");
    if (o.save) out.emplace_back("SAVE");
    if (o.partial) out.push_back("PARTIAL " + range(*o.partial));
    return " RETURN " + words(out) + " ";
  }
  /// The top of a search without its parentheses, which would be one level more.
  static std::string keys(const mail::imap::SearchKey& key) {
    const std::string text = mail::imap::text_of(key);
    return text.substr(1, text.size() - 2);
  }
  static std::string uid(bool is) { return is ? "UID " : ""; }

  static std::string part(const mail::imap::AppendPart& part, bool utf8, bool catenate) {
    if (part.kind == mail::imap::AppendPart::Kind::url) return "URL " + string(part.url);
    const std::string head = (part.binary ? "~{" : "{") + std::to_string(part.octets) + "}\r\n";
    if (utf8 && part.binary) return "UTF8 (" + head + ")";
    return catenate ? "TEXT " + head : head;
  }
  static std::string message(const mail::imap::AppendMessage& message) {
    std::string out;
    if (!message.flags.empty()) out += " " + words(message.flags);
    if (message.date) out += " \"" + mail::imap::format_date_time(message.date->moment, message.date->zone) + "\"";
    const auto each = [&](const auto& p) { return part(p, message.utf8, message.catenate); };
    return out + (message.catenate ? " CATENATE " + list(message.parts, each) : " " + each(message.parts.at(0)));
  }

  static std::string event(const mail::imap::NotifyEvent& event) {
    return event.fetch.empty() ? event.name : event.name + " " + items(event.fetch);
  }
  std::string group(const mail::imap::NotifyGroup& group) {
    static constexpr std::array filters = {"selected",   "selected-delayed", "inboxes",  "personal",
                                           "subscribed", "subtree",          "mailboxes"};
    std::string out = "(" + std::string(filters.at(static_cast<std::size_t>(group.filter)));
    if (!group.names.empty()) out += " " + names(group.names);
    return out + " " + (group.events.empty() ? "NONE" : list(group.events, event)) + ")";
  }

  // clang-format off
  std::string write(const mail::imap::command::Capability&) { return "CAPABILITY"; }
  std::string write(const mail::imap::command::Noop&) { return "NOOP"; }
  std::string write(const mail::imap::command::Logout&) { return "LOGOUT"; }
  std::string write(const mail::imap::command::StartTls&) { return "STARTTLS"; }
  std::string write(const mail::imap::command::Check&) { return "CHECK"; }
  std::string write(const mail::imap::command::Close&) { return "CLOSE"; }
  std::string write(const mail::imap::command::Unselect&) { return "UNSELECT"; }
  std::string write(const mail::imap::command::Namespace&) { return "NAMESPACE"; }
  std::string write(const mail::imap::command::Idle&) { return "IDLE"; }
  std::string write(const mail::imap::command::CompressDeflate&) { return "COMPRESS DEFLATE"; }
  std::string write(const mail::imap::command::Delete& c) { return "DELETE " + name(c.mailbox); }
  std::string write(const mail::imap::command::Subscribe& c) { return "SUBSCRIBE " + name(c.mailbox); }
  std::string write(const mail::imap::command::Unsubscribe& c) { return "UNSUBSCRIBE " + name(c.mailbox); }
  std::string write(const mail::imap::command::GetQuota& c) { return "GETQUOTA " + string(c.root); }
  std::string write(const mail::imap::command::GetQuotaRoot& c) { return "GETQUOTAROOT " + name(c.mailbox); }
  std::string write(const mail::imap::command::GetAcl& c) { return "GETACL " + name(c.mailbox); }
  std::string write(const mail::imap::command::MyRights& c) { return "MYRIGHTS " + name(c.mailbox); }
  // clang-format on

  std::string write(const mail::imap::command::Id& c) {
    std::string out;
    for (const auto& [field, value] : c.fields)
      out += (out.empty() ? "" : " ") + string(field) + " " + (value ? string(*value) : "NIL");
    return "ID (" + out + ")";
  }
  std::string write(const mail::imap::command::Authenticate& c) {
    return "AUTHENTICATE " + c.mechanism + (c.initial ? " " + *c.initial : "");
  }
  std::string write(const mail::imap::command::Login& c) { return "LOGIN " + string(c.user) + " " + string(c.password); }
  std::string write(const mail::imap::command::Enable& c) {
    std::string out = "ENABLE";
    for (const auto& capability : c.capabilities) out += " " + capability;
    return out;
  }

  std::string write(const mail::imap::command::Select& c) {
    std::vector<std::string> parameters;
    if (c.condstore) parameters.emplace_back("CONDSTORE");
    if (c.qresync) {
      std::string q = "QRESYNC (" + std::to_string(c.qresync->uid_validity) + " " + std::to_string(c.qresync->mod_sequence);
      if (c.qresync->known_uids) q += " " + c.qresync->known_uids->text();
      if (!c.qresync->match_uids.empty())
        q += " (" + c.qresync->match_sequence.text() + " " + c.qresync->match_uids.text() + ")";
      parameters.push_back(q + ")");
    }
    return (c.read_only ? "EXAMINE " : "SELECT ") + name(c.mailbox) + (parameters.empty() ? "" : " " + words(parameters));
  }
  std::string write(const mail::imap::command::Create& c) {
    return "CREATE " + name(c.mailbox) + (c.special_use.empty() ? "" : " (USE " + words(c.special_use) + ")");
  }
  std::string write(const mail::imap::command::Rename& c) { return "RENAME " + name(c.from) + " " + name(c.to); }
  std::string write(const mail::imap::command::List& c) {
    std::vector<std::string> select, wanted;
    if (c.select_subscribed) select.emplace_back("SUBSCRIBED");
    if (c.select_remote) select.emplace_back("REMOTE");
    if (c.select_special_use) select.emplace_back("SPECIAL-USE");
    if (c.select_recursive) select.emplace_back("RECURSIVEMATCH");
    if (c.return_subscribed) wanted.emplace_back("SUBSCRIBED");
    if (c.return_children) wanted.emplace_back("CHILDREN");
    if (c.return_special_use) wanted.emplace_back("SPECIAL-USE");
    if (c.return_my_rights) wanted.emplace_back("MYRIGHTS");
    if (!c.return_status.empty()) wanted.push_back("STATUS " + status(c.return_status));
    if (!c.return_metadata.empty()) wanted.push_back("METADATA " + strings(c.return_metadata));
    if (!c.extended) return "LIST " + name(c.reference) + " " + name(c.patterns.at(0));
    return "LIST " + words(select) + " " + name(c.reference) + " " + names(c.patterns) + " RETURN " + words(wanted);
  }
  std::string write(const mail::imap::command::Lsub& c) { return "LSUB " + name(c.reference) + " " + name(c.pattern); }
  std::string write(const mail::imap::command::Status& c) { return "STATUS " + name(c.mailbox) + " " + status(c.items); }

  std::string write(const mail::imap::command::Append& c) {
    std::string out = "APPEND " + name(c.mailbox);
    for (const auto& each : c.messages) out += message(each);
    return out;
  }
  std::string write(const mail::imap::command::Replace& c) {
    const auto target = c.target == 0 ? "*" : std::to_string(c.target);
    return uid(c.uid) + "REPLACE " + target + " " + name(c.mailbox) + message(c.message);
  }
  std::string write(const mail::imap::command::Expunge& c) { return c.uids ? "UID EXPUNGE " + c.uids->text() : "EXPUNGE"; }
  std::string write(const mail::imap::command::Search& c) {
    const auto charset = c.charset.empty() ? "" : "CHARSET " + string(c.charset) + " ";
    return uid(c.uid) + "SEARCH" + options(c.options) + charset + keys(c.key);
  }
  std::string write(const mail::imap::command::Sort& c) {
    static constexpr std::array known = {"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"};
    const auto key = [](const mail::imap::SortKey& k) {
      return std::string(k.reverse ? "REVERSE " : "") + known.at(static_cast<std::size_t>(k.kind));
    };
    return uid(c.uid) + "SORT" + options(c.options) + list(c.order, key) + " " + string(c.charset) + " " + keys(c.key);
  }
  std::string write(const mail::imap::command::Thread& c) {
    return uid(c.uid) + "THREAD " + c.algorithm + " " + string(c.charset) + " " + keys(c.key);
  }
  std::string write(const mail::imap::command::Fetch& c) {
    std::vector<std::string> modifiers;
    if (c.changed_since) modifiers.push_back("CHANGEDSINCE " + std::to_string(*c.changed_since));
    if (c.vanished) modifiers.emplace_back("VANISHED");
    if (c.partial) modifiers.push_back("PARTIAL " + range(*c.partial));
    const auto behind = modifiers.empty() ? "" : " " + words(modifiers);
    return uid(c.uid) + "FETCH " + c.messages.text() + " " + items(c.items) + behind;
  }
  std::string write(const mail::imap::command::Store& c) {
    static constexpr std::array modes = {"", "+", "-"};
    const auto unless = c.unchanged_since ? "(UNCHANGEDSINCE " + std::to_string(*c.unchanged_since) + ") " : "";
    return uid(c.uid) + "STORE " + c.messages.text() + " " + unless + modes.at(static_cast<std::size_t>(c.mode)) + "FLAGS" +
           (c.silent ? ".SILENT " : " ") + words(c.flags);
  }
  std::string write(const mail::imap::command::Copy& c) {
    return uid(c.uid) + (c.move ? "MOVE " : "COPY ") + c.messages.text() + " " + name(c.mailbox);
  }

  std::string write(const mail::imap::command::SetQuota& c) {
    const auto limit = [](const auto& each) { return each.first + " " + std::to_string(each.second); };
    return "SETQUOTA " + string(c.root) + " " + list(c.limits, limit);
  }
  std::string write(const mail::imap::command::SetAcl& c) {
    static constexpr std::array modes = {"", "+", "-"};
    const auto rights = modes.at(static_cast<std::size_t>(c.mode)) + c.rights;
    return "SETACL " + name(c.mailbox) + " " + string(c.identifier) + " " + string(rights);
  }
  std::string write(const mail::imap::command::DeleteAcl& c) {
    return "DELETEACL " + name(c.mailbox) + " " + string(c.identifier);
  }
  std::string write(const mail::imap::command::ListRights& c) {
    return "LISTRIGHTS " + name(c.mailbox) + " " + string(c.identifier);
  }
  std::string write(const mail::imap::command::GetMetadata& c) {
    static constexpr std::array depths = {"0", "1", "infinity"};
    const auto size = c.max_size ? "MAXSIZE " + std::to_string(*c.max_size) + " " : "";
    return "GETMETADATA (" + size + "DEPTH " + depths.at(static_cast<std::size_t>(c.depth)) + ") " + name(c.mailbox) + " " +
           strings(c.entries);
  }
  std::string write(const mail::imap::command::SetMetadata& c) {
    const auto entry = [](const auto& each) { return string(each.first) + " " + (each.second ? string(*each.second) : "NIL"); };
    return "SETMETADATA " + name(c.mailbox) + " " + list(c.entries, entry);
  }
  std::string write(const mail::imap::command::Notify& c) {
    if (c.groups.empty()) return "NOTIFY NONE";
    std::string out = c.status ? "NOTIFY SET STATUS" : "NOTIFY SET";
    for (const auto& each : c.groups) out += " " + group(each);
    return out;
  }

  mail::imap::NameForm form_;
  bool faulty_ = false;
};

}  // namespace understudy::tests
