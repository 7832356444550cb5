/// Text in the charsets of mail as UTF-8 (RFC 2045, RFC 2978), by the C library's converters; no tables of our own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace understudy::mail::mime {

/// nullopt for a charset that is unknown or not used in mail. Octets that the charset does not know become U+FFFD.
std::optional<std::string> to_utf8(std::string_view octets, std::string_view charset);

/// The text as it is where it is UTF-8, else read as Windows-1252, which is what unlabelled 8-bit text mostly was.
std::string guessed_utf8(std::string_view octets);

}  // namespace understudy::mail::mime
