/// Base64 (RFC 4648 §4) and lower-case hexadecimal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace understudy::base {

std::string to_base64(std::string_view octets);
/// nullopt where a character, the padding or the length is wrong; no white space is allowed.
std::optional<std::string> from_base64(std::string_view text);
std::string to_hex(std::string_view octets);
std::optional<std::string> from_hex(std::string_view text);

}  // namespace understudy::base
