#include "mail/mime/quoted_printable.hpp"

#include "mail/mime/transfer_decoder.hpp"

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
  return decode_transfer(text, Encoding::quoted_printable);
}

}  // namespace understudy::mail::mime
