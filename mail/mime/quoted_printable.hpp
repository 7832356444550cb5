/// Quoted-printable (RFC 2045 §6.7).
#pragma once

#include <string>
#include <string_view>

namespace understudy::mail::mime {

/// CRLF stays a line end; every other octet that is not printable ASCII, a bare CR or LF too, is encoded. Lines are at most
/// 76 octets.
std::string to_quoted_printable(std::string_view octets);

/// Takes what is wrong as it stands (RFC 2045 §6.7, robust decoding): nothing is refused or dropped but white space at line
/// ends.
std::string from_quoted_printable(std::string_view text);

}  // namespace understudy::mail::mime
