/// A header field in ASCII, for clients that know no UTF-8 in header fields: RFC 6856 §2.1 demands it of POP3, RFC 6857 and
/// RFC 6858 say how. Nothing of a field is lost to a reader but comments: text becomes encoded words (RFC 2047), an address
/// that ASCII cannot say becomes text beside an address that is nobody's, parameters are written as RFC 2231 has them, and a
/// field that may hold none of these goes as text under the name "Downgraded-" and its own. Never does I/O, never fails.
#pragma once

#include <string>
#include <string_view>

namespace understudy::mail::pop3 {

/// What stands instead of an address that ASCII cannot say (RFC 6858 §2.1, RFC 2606).
inline constexpr std::string_view nobodys_address = "invalid@internationalized-address.invalid";

/// Appends `field` to `out`. `field` is a whole one with its folding and its line end (CRLF, LF, CR or none), and comes out as
/// it is where it is ASCII; what is no field has "?" for each octet that is not. Octets that are no UTF-8 are read as
/// mime::guessed_utf8() does. Written lines have at most 76 octets where the words allow it. Linear.
void append_ascii(std::string_view field, std::string& out);

}  // namespace understudy::mail::pop3
