/// The encoding of parameter values that may hold anything: RFC 3461 §4 (xtext), RFC 6533 §3 (its UTF-8 kin for ORCPT).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace understudy::mail::smtp {

/// Printable ASCII without space, "+" and "=", or "+" with two upper-case hexadecimal digits. Also true of nothing at all.
bool is_xtext(std::string_view text);
/// nullopt where is_xtext() is false. May hold any octet, also line ends: never put on a wire as it is.
std::optional<std::string> from_xtext(std::string_view text);

/// A value of ORCPT: an address type, ";", and the address as xtext; with type "utf-8" also as UTF-8 in clear (RFC 6533).
bool is_orcpt(std::string_view text);

}  // namespace understudy::mail::smtp
