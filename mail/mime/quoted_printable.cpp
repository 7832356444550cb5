#include "mail/mime/quoted_printable.hpp"

#include <optional>

namespace understudy::mail::mime {
namespace {

constexpr std::size_t longest_line = 76;
constexpr std::string_view hex_digits = "0123456789ABCDEF";

/// White space is plain only where something on the same line follows it.
bool stays(std::string_view octets, std::size_t i) {
  const char c = octets[i];
  if (c == ' ' || c == '\t') return i + 1 < octets.size() && octets[i + 1] != '\r' && octets[i + 1] != '\n';
  return c > ' ' && c < 0x7f && c != '=';
}

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

void decode_line(std::string_view line, std::string& out) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto high = line[i] == '=' && i + 2 < line.size() ? hex_value(line[i + 1]) : std::nullopt;
    const auto low = high ? hex_value(line[i + 2]) : std::nullopt;
    if (low) {
      out.push_back(static_cast<char>(*high * 16 + *low));
      i += 2;
    } else {
      out.push_back(line[i]);
    }
  }
}

}  // namespace

std::string to_quoted_printable(std::string_view octets) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (octets.substr(i, 2) == "\r\n") {
      out += "\r\n";
      column = 0;
      ++i;
      continue;
    }
    const bool plain = stays(octets, i);
    const std::size_t width = plain ? 1 : 3;
    if (column + width > longest_line - 1) {
      out += "=\r\n";
      column = 0;
    }
    const auto octet = static_cast<unsigned char>(octets[i]);
    if (plain) {
      out.push_back(octets[i]);
    } else {
      out += {'=', hex_digits[octet >> 4], hex_digits[octet & 15]};
    }
    column += width;
  }
  return out;
}

std::string from_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    std::string_view line_end;
    if (newline != std::string_view::npos) {
      const bool crlf = line.ends_with('\r');
      if (crlf) line.remove_suffix(1);
      line_end = crlf ? "\r\n" : "\n";
    }
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    const auto last = line.find_last_not_of(" \t");
    line = line.substr(0, last == std::string_view::npos ? 0 : last + 1);
    const bool soft = line.ends_with('=');
    if (soft) line.remove_suffix(1);
    decode_line(line, out);
    if (!soft) out += line_end;
  }
  return out;
}

}  // namespace understudy::mail::mime
