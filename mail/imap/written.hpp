/// Strings as a client may write them in a command: atom, quoted or literal. For text_of() and tests.
#pragma once

#include <string>
#include <string_view>

namespace understudy::mail::imap {

/// Quoted where it is printable ASCII, else a non-synchronising literal ("{3+}" CRLF and the octets).
std::string written_string(std::string_view octets);

}  // namespace understudy::mail::imap
