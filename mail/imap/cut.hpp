/// Cuts a text to a limit without cutting a UTF-8 character in two. Knows no other charset.
#pragma once

#include <cstddef>
#include <string_view>

namespace understudy::mail::imap {

/// At most `limit` octets of `text`. Where the cut falls among more than three octets 10xxxxxx it is no UTF-8: cut as it is.
constexpr std::string_view cut_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  auto end = limit;
  while (end > 0 && limit - end < 4 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, limit - end < 4 ? end : limit);
}

}  // namespace understudy::mail::imap
