/// Small functions on ASCII text. None depends on the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::base {

std::string to_lower(std::string_view text);  ///< A-Z only; other octets stay
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view text, std::string_view prefix);
std::string_view trim(std::string_view text);  ///< SP and HTAB at both ends
std::vector<std::string_view> split(std::string_view text, char separator);
/// Decimal digits only, no sign, no overflow.
std::optional<std::uint64_t> to_number(std::string_view text);
/// For logs and terminals: controls (of lines, terminals, direction) and octets that are not UTF-8 become \xNN, backslash two;
/// at most `limit` octets of `text` are shown, then "...".
std::string escape(std::string_view text, std::size_t limit = 256);
bool is_utf8(std::string_view text);  ///< well-formed (RFC 3629): no surrogates, no overlong forms
bool has_8bit(std::string_view text);

}  // namespace understudy::base
