// FETCH, STORE, COPY, MOVE, UID EXPUNGE: RFC 9051 §6.4, CONDSTORE and QRESYNC (RFC 7162), PARTIAL (RFC 9394).
#include <algorithm>

#include "mail/imap/parsers.hpp"

namespace understudy::mail::imap::parsers {
namespace {

bool read_set(TokenReader& in, SequenceSet& out) {
  if (!in.space()) return false;
  auto set = in.sequence_set();
  if (!set) return false;
  out = std::move(*set);
  return true;
}

bool read_macro(TokenReader& in, std::vector<FetchItem>& out) {
  using enum FetchItem::Kind;
  std::vector<FetchItem::Kind> kinds;
  if (in.take_word("ALL"))
    kinds = {flags, internal_date, rfc822_size, envelope};
  else if (in.take_word("FAST"))
    kinds = {flags, internal_date, rfc822_size};
  else if (in.take_word("FULL"))
    kinds = {flags, internal_date, rfc822_size, envelope, body};
  for (const auto kind : kinds) out.push_back({.kind = kind});
  return !kinds.empty();
}

bool read_item(TokenReader& in, std::vector<FetchItem>& out) {
  FetchItem item;
  if (!read_fetch_item(in, item)) return false;
  if (std::ranges::find(out, item) == out.end()) out.push_back(std::move(item));
  return true;
}

bool read_items(TokenReader& in, std::vector<FetchItem>& out) {
  if (in.is('(')) return in.list(in.limits().fetch_items, TokenReader::Empty::no, [&] { return read_item(in, out); });
  return read_macro(in, out) || read_item(in, out);
}

bool read_fetch_modifier(TokenReader& in, command::Fetch& out) {
  if (in.take_word("VANISHED")) return out.vanished = true;
  if (in.take_word("CHANGEDSINCE")) {
    if (!in.space()) return false;
    out.changed_since = in.number64();
    return out.changed_since.has_value();
  }
  if (!in.take_word("PARTIAL")) return in.fail("A FETCH modifier is not known");
  if (out.partial) return in.fail("PARTIAL stands there twice");
  if (!in.space()) return false;
  out.partial = in.partial_range();
  return out.partial.has_value();
}

}  // namespace

bool read(TokenReader& in, command::Fetch& out) {
  if (!read_set(in, out.messages) || !in.space() || !read_items(in, out.items)) return false;
  if (!in.take(' ')) return true;
  const auto modifier = [&] { return read_fetch_modifier(in, out); };
  if (!in.list(in.limits().list_items, TokenReader::Empty::no, modifier)) return false;
  if (out.vanished && (!out.uid || !out.changed_since)) return in.fail("VANISHED needs UID FETCH and CHANGEDSINCE");
  if (out.partial && !out.uid) return in.fail("PARTIAL needs UID FETCH");
  return true;
}

bool read(TokenReader& in, command::Store& out) {
  if (!read_set(in, out.messages) || !in.space()) return false;
  if (in.take('(')) {
    if (!in.take_word("UNCHANGEDSINCE")) return in.fail("A STORE modifier is not known");
    if (!in.space()) return false;
    out.unchanged_since = in.number64();
    if (!out.unchanged_since || !in.expect(')') || !in.space()) return false;
  }
  if (in.take('+'))
    out.mode = command::Store::Mode::add;
  else if (in.take('-'))
    out.mode = command::Store::Mode::remove;
  if (in.take_word("FLAGS.SILENT"))
    out.silent = true;
  else if (!in.take_word("FLAGS"))
    return in.fail("STORE takes FLAGS, +FLAGS or -FLAGS");
  return in.space() && in.flags(out.flags, TokenReader::Bare::allowed);
}

bool read(TokenReader& in, command::Copy& out) {
  return read_set(in, out.messages) && read_mailbox(in, out.mailbox);
}

bool read(TokenReader& in, command::Expunge& out) {
  SequenceSet uids;
  if (!read_set(in, uids)) return false;
  out.uids = std::move(uids);
  return true;
}

}  // namespace understudy::mail::imap::parsers
