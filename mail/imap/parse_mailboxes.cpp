// SELECT, CREATE, RENAME, LSUB, STATUS, LIST: RFC 9051 §6.3 and what command.hpp names.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/imap/parsers.hpp"

namespace understudy::mail::imap::parsers {
namespace {

using Empty = TokenReader::Empty;

bool read_qresync(TokenReader& in, command::QResync& out) {
  if (!in.space() || !in.expect('(')) return false;
  const auto validity = in.nz_number();
  if (!validity || !in.space()) return false;
  const auto sequence = in.number(1, INT64_MAX);
  if (!sequence) return false;
  out.uid_validity = *validity;
  out.mod_sequence = *sequence;
  bool more = in.take(' ');
  if (more && !in.is('(')) {
    out.known_uids = in.known_set();
    if (!out.known_uids) return false;
    more = in.take(' ');
  }
  if (more) {
    if (!in.expect('(')) return false;
    auto sequences = in.known_set();
    if (!sequences || !in.space()) return false;
    auto uids = in.known_set();
    if (!uids || !in.expect(')')) return false;
    if (sequences->count() != uids->count()) return in.fail("QRESYNC: as many sequence numbers as UIDs are needed");
    out.match_sequence = std::move(*sequences);
    out.match_uids = std::move(*uids);
  }
  return in.expect(')');
}

std::string special_use_of(std::string_view flag) {
  constexpr std::array<std::string_view, 8> known = {"\\All",  "\\Archive", "\\Drafts", "\\Flagged",
                                                     "\\Junk", "\\Sent",    "\\Trash",  "\\Important"};
  const auto found = std::ranges::find_if(known, [&](std::string_view use) { return base::iequals(use, flag); });
  return std::string(found == known.end() ? flag : *found);
}

bool read_status_item(TokenReader& in, std::vector<StatusItem>& out) {
  struct Name {
    std::string_view name;
    StatusItem item;
  };
  constexpr std::array<Name, 11> names = {{{"MESSAGES", StatusItem::messages},
                                           {"RECENT", StatusItem::recent},
                                           {"UIDNEXT", StatusItem::uid_next},
                                           {"UIDVALIDITY", StatusItem::uid_validity},
                                           {"UNSEEN", StatusItem::unseen},
                                           {"DELETED", StatusItem::deleted},
                                           {"DELETED-STORAGE", StatusItem::deleted_storage},
                                           {"SIZE", StatusItem::size},
                                           {"HIGHESTMODSEQ", StatusItem::highest_mod_sequence},
                                           {"MAILBOXID", StatusItem::mailbox_id},
                                           {"APPENDLIMIT", StatusItem::append_limit}}};
  const auto found = std::ranges::find_if(names, [&](const Name& name) { return in.take_word(name.name); });
  if (found == names.end()) return in.fail("A STATUS item is not known");
  if (std::ranges::find(out, found->item) == out.end()) out.push_back(found->item);
  return true;
}

bool read_selection(TokenReader& in, command::List& out) {
  const auto option = [&] {
    if (in.take_word("SUBSCRIBED")) return out.select_subscribed = true;
    if (in.take_word("REMOTE")) return out.select_remote = true;
    if (in.take_word("RECURSIVEMATCH")) return out.select_recursive = true;
    if (in.take_word("SPECIAL-USE")) return out.select_special_use = true;
    return in.fail("A LIST selection option is not known");
  };
  if (!in.list(in.limits().list_items, Empty::allowed, option) || !in.space()) return false;
  if (out.select_recursive && !out.select_subscribed && !out.select_special_use)
    return in.fail("RECURSIVEMATCH needs another selection option");  // RFC 5258 §3.5
  return true;
}

bool read_patterns(TokenReader& in, std::vector<MailboxName>& out) {
  const auto pattern = [&] {
    auto name = in.pattern();
    if (name) out.push_back(std::move(*name));
    return name.has_value();
  };
  return in.is('(') ? in.list(in.limits().patterns, Empty::no, pattern) : pattern();
}

bool read_return(TokenReader& in, command::List& out) {
  const auto option = [&] {
    if (in.take_word("SUBSCRIBED")) return out.return_subscribed = true;
    if (in.take_word("CHILDREN")) return out.return_children = true;
    if (in.take_word("SPECIAL-USE")) return out.return_special_use = true;
    if (in.take_word("MYRIGHTS")) return out.return_my_rights = true;
    if (in.take_word("STATUS")) return in.space() && read_status_items(in, out.return_status);
    if (in.take_word("METADATA")) return in.space() && read_entries(in, out.return_metadata);
    return in.fail("A LIST return option is not known");
  };
  if (!in.take_word("RETURN")) return in.fail("RETURN is missing");
  return in.space() && in.list(in.limits().list_items, Empty::allowed, option);
}

bool read_name(TokenReader& in, MailboxName& out) {
  auto name = in.mailbox();
  if (name) out = std::move(*name);
  return name.has_value();
}

}  // namespace

bool read_mailbox(TokenReader& in, MailboxName& out) {
  return in.space() && read_name(in, out);
}

bool read_status_items(TokenReader& in, std::vector<StatusItem>& out) {
  return in.list(in.limits().list_items, Empty::no, [&] { return read_status_item(in, out); });
}

bool read(TokenReader& in, command::Select& out) {
  if (!read_mailbox(in, out.mailbox)) return false;
  if (!in.take(' ')) return true;
  return in.list(in.limits().list_items, Empty::no, [&] {
    if (in.take_word("CONDSTORE")) return out.condstore = true;
    if (!in.take_word("QRESYNC")) return in.fail("A SELECT parameter is not known");
    if (out.qresync) return in.fail("QRESYNC stands there twice");
    return out.condstore = read_qresync(in, out.qresync.emplace());
  });
}

bool read(TokenReader& in, command::Create& out) {
  if (!read_mailbox(in, out.mailbox)) return false;
  if (!in.take(' ')) return true;
  if (!in.expect('(')) return false;
  if (!in.take_word("USE")) return in.fail("A CREATE parameter is not known");
  if (!in.space()) return false;
  const auto use = [&] {
    if (!in.is('\\')) return in.fail("A special use begins with a backslash");
    const auto flag = in.flag();
    if (flag) out.special_use.push_back(special_use_of(*flag));
    return flag.has_value();
  };
  return in.list(in.limits().list_items, Empty::allowed, use) && in.expect(')');
}

bool read(TokenReader& in, command::Rename& out) {
  return read_mailbox(in, out.from) && read_mailbox(in, out.to);
}

bool read(TokenReader& in, command::Lsub& out) {
  if (!read_mailbox(in, out.reference) || !in.space()) return false;
  auto pattern = in.pattern();
  if (pattern) out.pattern = std::move(*pattern);
  return pattern.has_value();
}

bool read(TokenReader& in, command::Status& out) {
  return read_mailbox(in, out.mailbox) && in.space() && read_status_items(in, out.items);
}

bool read(TokenReader& in, command::List& out) {
  if (!in.space()) return false;
  if (in.is('(')) {
    out.extended = true;
    if (!read_selection(in, out)) return false;
  }
  if (!read_name(in, out.reference) || !in.space()) return false;
  out.extended = out.extended || in.is('(');
  if (!read_patterns(in, out.patterns)) return false;
  if (!in.take(' ')) return true;
  out.extended = true;
  return read_return(in, out);
}

}  // namespace understudy::mail::imap::parsers
