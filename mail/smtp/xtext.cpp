#include "mail/smtp/xtext.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::mail::smtp {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool is_plain(char c) {
  return c > 0x20 && c < 0x7f && c != '+' && c != '=';
}

bool is_atom(std::string_view text) {
  constexpr std::string_view specials = "()<>@,;:\\\".[]+=";
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [&](char c) { return c > 0x20 && c < 0x7f && specials.find(c) == specials.npos; });
}

}  // namespace

std::optional<std::string> from_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_plain(text[i])) {
      out += text[i];
      continue;
    }
    if (text[i] != '+' || text.size() - i < 3) return std::nullopt;
    const auto high = hex_digits.find(text[i + 1]), low = hex_digits.find(text[i + 2]);
    if (high == hex_digits.npos || low == hex_digits.npos) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool is_xtext(std::string_view text) {
  return from_xtext(text).has_value();
}

bool is_orcpt(std::string_view text) {
  const auto semicolon = text.find(';');
  if (semicolon == text.npos || !is_atom(text.substr(0, semicolon))) return false;
  const auto address = text.substr(semicolon + 1);
  if (!base::iequals(text.substr(0, semicolon), "utf-8")) return is_xtext(address);
  const bool printable = std::none_of(address.begin(), address.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
  return printable && base::is_utf8(address);
}

}  // namespace understudy::mail::smtp
