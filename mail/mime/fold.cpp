#include "mail/mime/fold.hpp"

#include <array>
#include <cstdint>

#include <unicase.h>
#include <uninorm.h>

namespace understudy::mail::mime {

void append_utf8(char32_t code, std::string& out) {
  const auto put = [&](char32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) return put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  if (code < 0x10000) return put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f)), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
}

namespace {

bool is_ascii(unsigned char c) {
  return c < 0x80;
}

/// Octets of the character that begins with `lead`, by what it says of itself; 0: none begins so.
std::size_t length_by(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

/// Whether `second` may follow `lead` (RFC 3629 §4): keeps out overlong forms, surrogates, and what is beyond U+10FFFF.
bool may_follow(unsigned char lead, unsigned char second) {
  if ((second & 0xc0) != 0x80) return false;
  if (lead == 0xe0) return second >= 0xa0;
  if (lead == 0xed) return second <= 0x9f;
  if (lead == 0xf0) return second >= 0x90;
  if (lead == 0xf4) return second <= 0x8f;
  return true;
}

struct Character {
  char32_t code = 0;
  std::size_t octets = 0;  ///< 0: no character
};

Character character_at(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto length = length_by(octet(0));
  if (length < 2 || length > text.size() || !may_follow(octet(0), octet(1))) return {};
  char32_t code = octet(0) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (octet(i) & 0x3fU);
  }
  return {code, length};
}

/// A stack instead of recursion: what is still to be folded, the next one on top.
void append_folded(char32_t code, std::string& out) {
  std::array<ucs4_t, 2 * UC_DECOMPOSITION_MAX_LENGTH> todo;
  std::size_t size = 0;
  todo[size++] = code;
  while (size > 0) {
    const ucs4_t title = uc_totitle(todo[--size]);
    std::array<ucs4_t, UC_DECOMPOSITION_MAX_LENGTH> parts;
    int tag = 0;
    const int count = uc_decomposition(title, &tag, parts.data());
    if (count < 0 || size + static_cast<std::size_t>(count) > todo.size()) {
      append_utf8(title, out);
      continue;
    }
    for (int i = count; i-- > 0;) todo[size++] = parts[static_cast<std::size_t>(i)];
  }
}

}  // namespace

void append_folded(std::string_view utf8, std::string& out) {
  std::size_t i = 0;
  while (i < utf8.size()) {
    auto end = i;
    while (end < utf8.size() && is_ascii(static_cast<unsigned char>(utf8[end]))) ++end;
    const auto old = out.size();
    out.append(utf8, i, end - i);
    for (auto at = old; at < out.size(); ++at) out[at] = fold_ascii(out[at]);
    i = end;
    if (i == utf8.size()) return;
    const auto character = character_at(utf8.substr(i));
    if (character.octets == 0) {
      out.push_back(utf8[i++]);
    } else {
      append_folded(character.code, out);
      i += character.octets;
    }
  }
}

std::string fold(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  append_folded(utf8, out);
  return out;
}

std::size_t character_size(std::string_view utf8) {
  if (utf8.empty()) return 0;
  return is_ascii(static_cast<unsigned char>(utf8.front())) ? 1 : character_at(utf8).octets;
}

std::size_t whole_characters(std::string_view utf8) {
  for (std::size_t back = 1; back <= 3 && back <= utf8.size(); ++back) {
    const auto lead = static_cast<unsigned char>(utf8[utf8.size() - back]);
    if ((lead & 0xc0) == 0x80) continue;
    const bool cut =
        length_by(lead) > back && (back == 1 || may_follow(lead, static_cast<unsigned char>(utf8[utf8.size() - back + 1])));
    return cut ? utf8.size() - back : utf8.size();
  }
  return utf8.size();
}

}  // namespace understudy::mail::mime
