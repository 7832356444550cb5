/// Base64 in even lines (RFC 2045 §6.8, RFC 4648 §4) to octets and back, octet for octet. Pure; speed matters: every attachment
/// passes.
#pragma once

#include <string>
#include <string_view>

#include "archive/store/content/form.hpp"

namespace understudy::archive::store::content {

/// Characters of the longest full line that a Form can tell.
inline constexpr std::size_t longest_base64_line = 252;

/// Octets that a full line of `characters` means.
constexpr std::size_t octets_of_line(std::size_t characters) {
  return characters / 4 * 3;
}

/// Whether these are four characters of the alphabet. Cheap: tells most text from base64.
bool is_group(std::string_view characters);
/// Appends what one full line means to `out`. false, and nothing appended: it is empty, has a character that is not of the
/// alphabet (padding is none), or a length that is not a multiple of 4.
bool decode_line(std::string_view line, std::string& out);
/// As decode_line(), for the last line of a run: padding is allowed where it is canonical (the bits it hides are zero), so that
/// encoding gives back the same characters.
bool decode_last_line(std::string_view line, std::string& out);
/// Appends what the full lines that `in` begins with mean, each with its line end of `form`, `room` octets at most, up to the
/// first line that is none. Gives the octets of `in` that these lines are.
std::size_t decode_lines(std::string_view in, const Form& form, std::size_t room, std::string& out);
/// Appends the message's octets of `stored`. The form must be a possible one.
void encode(const Form& form, std::string_view stored, std::string& out);

}  // namespace understudy::archive::store::content
