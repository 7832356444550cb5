/// Encoded words (RFC 2047) as UTF-8, for names that are shown: also where they should not stand, as in file names.
#pragma once

#include <string>
#include <string_view>

namespace understudy::mail::mime {

/// Words in unknown charsets or broken encodings stay as they are. White space between two encoded words goes (§6.2), and
/// characters cut in two between them are put together. The result is UTF-8 and may hold control characters.
std::string decode_encoded_words(std::string_view text);

}  // namespace understudy::mail::mime
