#include "mail/imap/written.hpp"

#include <algorithm>

namespace understudy::mail::imap {

std::string written_string(std::string_view octets) {
  const bool printable = std::ranges::all_of(octets, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!printable) return '{' + std::to_string(octets.size()) + "+}\r\n" + std::string(octets);
  std::string out = "\"";
  for (const char c : octets) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace understudy::mail::imap
