#include "mail/address/address.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "mail/address/domain.hpp"

namespace understudy::mail::address {
namespace {

using base::errc;

constexpr std::size_t max_local = 64;
constexpr std::size_t max_domain = 255;
constexpr std::size_t max_address = 254;  // a path is 256 octets with its brackets

constexpr std::string_view atext_signs = "!#$%&'*+-/=?^_`{|}~";

bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet < 0x20 || octet == 0x7f;
}

bool is_atext(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) ||
         atext_signs.find(c) != std::string_view::npos;
}

/// ASCII and C1 controls; what is no UTF-8, or is UTF-8 where none is allowed.
bool has_bad_octets(std::string_view text, Utf8 utf8) {
  if (std::ranges::any_of(text, is_control)) return true;
  if (!base::has_8bit(text)) return false;
  if (utf8 == Utf8::refuse || !base::is_utf8(text)) return true;
  for (auto at = text.find('\xc2'); at != std::string_view::npos; at = text.find('\xc2', at + 1))
    if (static_cast<unsigned char>(text[at + 1]) < 0xa0) return true;
  return false;
}

/// Atoms and dots. A dot at an end or beside another is no Dot-string, but addresses with such dots exist and get mail.
bool is_plain_local(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c == '.' || is_atext(c); });
}

bool is_dot_string(std::string_view text) {
  return is_plain_local(text) && text.front() != '.' && text.back() != '.' && text.find("..") == std::string_view::npos;
}

/// The octets of a quoted string, or nothing where `text` is not exactly one.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  const auto inner = text.substr(1, text.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '"') return std::nullopt;
    if (inner[i] == '\\' && ++i == inner.size()) return std::nullopt;
    out.push_back(inner[i]);
  }
  return out;
}

/// Index of the first `wanted` outside quoted strings from `from` on; npos: none. A quoted string that does not end hides all.
std::size_t find_unquoted(std::string_view text, char wanted, std::size_t from = 0) {
  bool quoted = false;
  for (auto i = from; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == wanted) {
      return i;
    }
  }
  return std::string_view::npos;
}

std::size_t find_last_unquoted(std::string_view text, char wanted) {
  auto last = std::string_view::npos;
  for (auto at = find_unquoted(text, wanted); at != std::string_view::npos; at = find_unquoted(text, wanted, at + 1)) last = at;
  return last;
}

base::Result<std::string> parse_local(std::string_view text) {
  std::optional<std::string> local;
  if (is_plain_local(text)) {
    local = text;
  } else {
    local = unquote(text);
  }
  if (!local || local->empty()) return base::fail("local part", errc::malformed);
  if (local->size() > max_local) return base::fail("local part", errc::too_long);  // the octets meant, not their quoting
  return std::move(*local);
}

base::Result<std::string> parse_domain(std::string_view text) {
  if (text.size() > max_domain) return base::fail("domain", errc::too_long);
  if (is_address_literal(text) || is_ascii_domain(text)) return std::string(text);
  if (!base::has_8bit(text)) return base::fail("domain", errc::malformed);
  auto canonical = canonical_domain(text);
  if (!canonical) return base::fail("domain", canonical.error());
  return std::string(text);
}

/// What stands between the brackets at the front of `in`.
base::Result<std::string_view> bracketed(std::string_view in, std::string_view& rest) {
  if (!in.starts_with('<')) return base::fail("path", errc::malformed);
  const auto end = find_unquoted(in, '>');
  if (end == std::string_view::npos) return base::fail("path", errc::malformed);
  rest = in.substr(end + 1);
  return in.substr(1, end - 1);
}

/// An Address that was put together by hand may hold anything; nothing that could end a path or a line gets out.
std::string without_delimiters(std::string_view domain) {
  std::string out(domain);
  std::ranges::replace_if(
      out, [](char c) { return is_control(c) || std::string_view(" <>\"\\@").find(c) != std::string_view::npos; }, '?');
  return out;
}

std::string quoted_string(std::string_view local) {
  std::string out = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(is_control(c) ? '?' : c);
  }
  return out + '"';
}

}  // namespace

std::string Address::text() const {
  std::string out = is_dot_string(local) ? local : quoted_string(local);
  if (!domain.empty()) out += '@' + without_delimiters(domain);
  return out;
}

base::Result<Address> parse(std::string_view text, Utf8 utf8) {
  if (has_bad_octets(text, utf8)) return base::fail("address", errc::malformed);
  const auto at = find_last_unquoted(text, '@');
  if (at == std::string_view::npos) return base::fail("address without a domain", errc::malformed);
  auto local = parse_local(text.substr(0, at));
  if (!local) return base::fail("address", local.error());
  auto domain = parse_domain(text.substr(at + 1));
  if (!domain) return base::fail("address", domain.error());
  if (local->size() + 1 + domain->size() > max_address) return base::fail("address", errc::too_long);
  return Address{std::move(*local), std::move(*domain)};
}

base::Result<ReversePath> parse_reverse_path(std::string_view in, std::string_view& rest, Utf8 utf8) {
  auto inner = bracketed(in, rest);
  if (!inner) return base::fail("reverse-path", inner.error());
  if (inner->empty()) return ReversePath();
  auto address = parse(*inner, utf8);
  if (!address) return base::fail("reverse-path", address.error());
  return ReversePath(std::move(*address));
}

base::Result<Address> parse_forward_path(std::string_view in, std::string_view& rest, Utf8 utf8) {
  auto inner = bracketed(in, rest);
  if (!inner) return base::fail("forward-path", inner.error());
  if (base::iequals(*inner, "postmaster")) return Address{std::string(*inner), {}};
  auto address = parse(*inner, utf8);
  if (!address) return base::fail("forward-path", address.error());
  return std::move(*address);
}

std::string canonical_local(std::string_view local) {
  return base::to_lower(local);
}

Split split_detail(std::string_view local, char separator) {
  const std::string lower = canonical_local(local);
  const auto at = separator == 0 ? std::string::npos : lower.find(separator);
  if (at == std::string::npos || at == 0) return {lower, std::nullopt};
  return {lower.substr(0, at), lower.substr(at + 1)};
}

}  // namespace understudy::mail::address
