// Quota (RFC 9208), rights (RFC 4314), metadata (RFC 5464).
#include <algorithm>

#include "base/text.hpp"
#include "mail/imap/parsers.hpp"

namespace understudy::mail::imap::parsers {
namespace {

bool read_string(TokenReader& in, std::string& out) {
  if (!in.space()) return false;
  auto text = in.astring();
  if (text) out = std::move(*text);
  return text.has_value();
}

/// RFC 5464 §3: components between slashes, printable ASCII, no wildcards; case does not matter.
bool read_entry(TokenReader& in, std::string& out) {
  const auto name = in.astring();
  if (!name) return false;
  const bool clean = std::ranges::all_of(*name, [](char c) { return c >= 0x20 && c < 0x7f && c != '*' && c != '%'; });
  if (!clean || !name->starts_with('/') || name->ends_with('/') || name->find("//") != name->npos)
    return in.fail("The name of an entry is not understood");
  out = base::to_lower(*name);
  return true;
}

bool read_metadata_option(TokenReader& in, command::GetMetadata& out) {
  using Depth = command::GetMetadata::Depth;
  if (in.take_word("MAXSIZE")) {
    if (!in.space()) return false;
    out.max_size = in.number(0, UINT32_MAX);
    return out.max_size.has_value();
  }
  if (!in.take_word("DEPTH")) return in.fail("A GETMETADATA option is not known");
  if (!in.space()) return false;
  if (in.take_word("INFINITY"))
    out.depth = Depth::infinity;
  else if (in.take_word("0"))
    out.depth = Depth::zero;
  else if (in.take_word("1"))
    out.depth = Depth::one;
  else
    return in.fail("DEPTH is 0, 1 or infinity");
  return true;
}

bool read_metadata_options(TokenReader& in, command::GetMetadata& out) {
  return in.list(in.limits().list_items, TokenReader::Empty::no, [&] { return read_metadata_option(in, out); });
}

/// A list that begins with a letter is one of options: entries begin with "/", as they are or in a string.
bool options_follow(const TokenReader& in) {
  TokenReader ahead = in;
  return ahead.take('(') && (ahead.take_word("MAXSIZE") || ahead.take_word("DEPTH"));
}

}  // namespace

bool read_entries(TokenReader& in, std::vector<std::string>& out) {
  const auto entry = [&] {
    std::string name;
    if (!read_entry(in, name)) return false;
    out.push_back(std::move(name));
    return true;
  };
  return in.is('(') ? in.list(in.limits().list_items, TokenReader::Empty::no, entry) : entry();
}

bool read(TokenReader& in, command::GetQuota& out) {
  return read_string(in, out.root);
}

bool read(TokenReader& in, command::SetQuota& out) {
  if (!read_string(in, out.root) || !in.space()) return false;
  return in.list(in.limits().list_items, TokenReader::Empty::allowed, [&] {
    const auto resource = in.atom();
    if (!resource || !in.space()) return false;
    const auto limit = in.number64();
    if (limit) out.limits.emplace_back(to_upper(*resource), *limit);
    return limit.has_value();
  });
}

bool read(TokenReader& in, command::SetAcl& out) {
  using Mode = command::SetAcl::Mode;
  std::string rights;
  if (!read_mailbox(in, out.mailbox) || !read_string(in, out.identifier) || !read_string(in, rights)) return false;
  if (rights.starts_with('+')) out.mode = Mode::add;
  if (rights.starts_with('-')) out.mode = Mode::remove;
  out.rights = out.mode == Mode::replace ? rights : rights.substr(1);
  const bool known = std::ranges::all_of(out.rights, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  return known || in.fail("Rights are lower-case letters and digits");  // RFC 4314 §3.1
}

bool read(TokenReader& in, command::DeleteAcl& out) {
  return read_mailbox(in, out.mailbox) && read_string(in, out.identifier);
}

bool read(TokenReader& in, command::ListRights& out) {
  return read_mailbox(in, out.mailbox) && read_string(in, out.identifier);
}

// The options stand in front of the mailbox in the grammar of RFC 5464 §5, and behind it in its examples: both are taken.
bool read(TokenReader& in, command::GetMetadata& out) {
  if (!in.space()) return false;
  if (in.is('(') && (!read_metadata_options(in, out) || !in.space())) return false;
  auto name = in.mailbox();
  if (!name || !in.space()) return false;
  out.mailbox = std::move(*name);
  if (options_follow(in) && (!read_metadata_options(in, out) || !in.space())) return false;
  return read_entries(in, out.entries);
}

bool read(TokenReader& in, command::SetMetadata& out) {
  if (!read_mailbox(in, out.mailbox) || !in.space()) return false;
  return in.list(in.limits().list_items, TokenReader::Empty::no, [&] {
    std::string name;
    std::optional<std::string> value;
    if (!read_entry(in, name) || !in.space() || !in.nstring(value, TokenReader::Binary::allowed)) return false;
    out.entries.emplace_back(std::move(name), std::move(value));
    return true;
  });
}

}  // namespace understudy::mail::imap::parsers
