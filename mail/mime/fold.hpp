/// Text for comparing: without regard to case and to the form in which Unicode writes it. i;unicode-casemap (RFC 5051), of
/// which i;ascii-casemap (RFC 4790 §9.2) is the part for ASCII: folded texts are compared octet by octet, for equality, order
/// and substrings alike. Knows no language and no locale.
///
/// Each character becomes its title case and then its decomposition (canonical or for compatibility), as often as that changes
/// anything. No character looks at its neighbours, so the folded form of two texts one after the other is their folded forms
/// one after the other. Two things differ from RFC 5051, both so that more compares equal: what a decomposition brings out is
/// put into title case too, and Hangul syllables are decomposed. An octet that is not part of well-formed UTF-8 stays as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace understudy::mail::mime {

/// How much longer a folded text may be: U+FDFA has three octets and becomes eighteen characters.
constexpr std::size_t max_fold_growth = 11;

/// fold(fold(x)) is fold(x). Linear; a text of ASCII costs little more than a copy.
std::string fold(std::string_view utf8);

/// Appends fold(utf8). A character cut in two between two calls is folded as octets: see whole_characters().
void append_folded(std::string_view utf8, std::string& out);

/// How many octets at the front are not the beginning of a character whose end is missing: all, or up to 3 fewer.
std::size_t whole_characters(std::string_view utf8);

/// Octets of the well-formed character at the front (RFC 3629 §4); 0: none is there.
std::size_t character_size(std::string_view utf8);

/// `code`: no surrogate, at most U+10FFFF.
void append_utf8(char32_t code, std::string& out);

/// What fold() makes of an octet of ASCII.
constexpr char fold_ascii(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

}  // namespace understudy::mail::mime
