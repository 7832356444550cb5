#include "mail/imap/wire.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::mail::imap {
namespace {

constexpr auto npos = std::string_view::npos;

/// Octets that a quoted string may hold; `to_escape`: how many need a backslash.
bool fits_quotes(std::string_view text, std::size_t& to_escape) {
  if (text.size() > longest_quoted) return false;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet >= 0x7f) return false;
    to_escape += c == '"' || c == '\\';
  }
  return true;
}

bool ends_word(char c) {
  return c == ' ' || c == '(' || c == ')' || c == '"' || c == '{' || c == '\r' || c == '\n';
}

}  // namespace

void put_text(std::string& out, std::string_view text) {
  std::size_t to_escape = 0;
  if (!fits_quotes(text, to_escape)) {
    const auto start = out.size();
    put_literal(out, text);
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\0', '\x80');
    return;
  }
  out.push_back('"');
  if (to_escape == 0) {
    out += text;
  } else {
    for (const char c : text) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void put_astring(std::string& out, std::string_view text) {
  const auto is_atom = [](unsigned char c) {
    return c > 0x20 && c < 0x7f && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
  };
  if (!text.empty() && text.size() <= longest_quoted && std::ranges::all_of(text, is_atom))
    out += text;
  else
    put_text(out, text);
}

void put_optional_text(std::string& out, std::optional<std::string_view> text) {
  if (text) {
    put_text(out, *text);
  } else {
    out += "NIL";
  }
}

void put_literal(std::string& out, std::string_view octets) {
  out.push_back('{');
  out += std::to_string(octets.size());
  out += "}\r\n";
  out += octets;
}

std::string_view WireText::text(std::string& scratch) const {
  if (!escaped) return inner;
  scratch.clear();
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\\' && i + 1 < inner.size()) ++i;
    scratch.push_back(inner[i]);
  }
  return scratch;
}

std::string WireText::str() const {
  std::string scratch;
  return std::string(text(scratch));
}

bool WireReader::take(char c) {
  if (!next_is(c)) return false;
  ++at_;
  return true;
}

WireText WireReader::fail() {
  ok_ = false;
  at_ = in_.size();
  return {};
}

WireText WireReader::text() {
  if (next_is('"')) return quoted();
  if (next_is('{')) return literal();
  if (!base::iequals(in_.substr(std::min(at_, in_.size()), 3), "NIL")) return fail();
  at_ += 3;
  return {};
}

WireText WireReader::quoted() {
  const auto start = at_ + 1;
  bool escaped = false;
  for (auto i = start;; i += 2) {
    i = in_.find_first_of("\"\\", i);
    if (i == npos) return fail();
    if (in_[i] == '"') {
      at_ = i + 1;
      return {in_.substr(start, i - start), false, escaped};
    }
    escaped = true;  // by a backslash: what stands behind it is passed over, too
  }
}

WireText WireReader::literal() {
  const auto close = in_.find('}', at_);
  if (close == npos || close - at_ > 20) return fail();
  const auto size = base::to_number(in_.substr(at_ + 1, close - at_ - 1));
  if (!size || in_.substr(close + 1, 2) != "\r\n" || *size > in_.size() - close - 3) return fail();
  at_ = close + 3 + *size;
  return {in_.substr(close + 3, *size), false, false};
}

void WireReader::skip_word() {
  const auto start = at_;
  while (at_ < in_.size() && !ends_word(in_[at_])) ++at_;
  if (at_ == start) fail();
}

std::string_view WireReader::value() {
  const auto start = std::min(at_, in_.size());
  std::size_t depth = 0;
  do {
    if (take('(')) {
      ++depth;
    } else if (next_is(')') && depth > 0) {
      ++at_;
      --depth;
    } else if (next_is(' ') && depth > 0) {
      ++at_;
    } else if (next_is('"') || next_is('{')) {
      text();
    } else {
      skip_word();
    }
  } while (depth > 0 && ok_);
  return ok_ ? in_.substr(start, at_ - start) : std::string_view();
}

}  // namespace understudy::mail::imap
