#include "mail/smtp/reply.hpp"

#include <algorithm>

namespace understudy::mail::smtp {
namespace {

constexpr std::size_t max_reply_line = 512;        // RFC 5321 §4.5.3.1.5, with the CRLF
constexpr std::size_t max_challenge_line = 12288;  // RFC 4954 §4: 334 carries a SASL challenge

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return out;
}

// At most `limit` octets, not ending inside a UTF-8 character.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return text.substr(0, limit);
}

}  // namespace

std::string Reply::wire() const {
  const auto limit = (code == 334 ? max_challenge_line : max_reply_line) - 2;
  std::string out;
  const auto count = std::max<std::size_t>(lines.size(), 1);
  for (std::size_t i = 0; i < count; ++i) {
    std::string line = std::to_string(code);
    line += i + 1 < count ? '-' : ' ';
    if (!status.empty()) line.append(status).append(" ");
    if (i < lines.size()) line += printable(lines[i]);
    out.append(cut(line, limit)).append("\r\n");
  }
  return out;
}

std::string Reply::text() const {
  std::string out = std::to_string(code);
  if (!status.empty()) out.append(" ").append(status);
  for (const auto& line : lines) out.append(" ").append(printable(line));
  return out;
}

}  // namespace understudy::mail::smtp
