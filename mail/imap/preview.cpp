#include "mail/imap/preview.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/mime/charset.hpp"
#include "mail/mime/html_text.hpp"
#include "mail/mime/transfer_decoder.hpp"

namespace understudy::mail::imap {
namespace {

/// Octets of text that are looked at, as the white space among them does not count in the result.
constexpr std::size_t most_text = 4 * 1024;

std::size_t character_size(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/// The text was cut somewhere, and half a character at its end would have all of it taken for another charset.
std::string_view without_half_character(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto octet = static_cast<unsigned char>(text[text.size() - back]);
    if ((octet & 0xc0) == 0x80) continue;
    return octet >= 0xc2 && character_size(octet) > back ? text.substr(0, text.size() - back) : text;
  }
  return text;
}

std::string as_utf8(std::string_view octets, const mime::ContentType& type) {
  const bool shifts = octets.find('\x1b') != std::string_view::npos;  // ISO-2022 is another charset in 7 bits
  if (!shifts && !base::has_8bit(octets)) return std::string(octets);
  const std::string* charset = type.parameters.find("charset");
  const bool labelled = charset && !base::iequals(*charset, "us-ascii") && !charset->empty();
  if (!labelled || base::iequals(*charset, "utf-8")) octets = without_half_character(octets);
  if (labelled)
    if (auto text = mime::to_utf8(octets, *charset)) return std::move(*text);
  return mime::guessed_utf8(octets);
}

bool is_white(std::string_view character) {
  return character.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos || character == "\u00a0";
}

/// Controls, and what mails are filled up with so that a preview shows nothing of the text.
bool is_nothing(std::string_view character) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return at(0) < 0x20 || at(0) == 0x7f;
  if (character.size() == 2 && at(0) == 0xc2 && at(1) < 0xa0) return true;
  constexpr std::array<std::string_view, 4> fillers = {"\u00ad", "\u034f", "\u200b", "\ufeff"};
  return std::ranges::find(fillers, character) != fillers.end();
}

/// One line. `text`: UTF-8, but for its end, where it may be cut.
std::string collapsed(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  bool space = false;
  while (!text.empty() && characters < preview_characters) {
    const auto size = character_size(static_cast<unsigned char>(text.front()));
    if (size > text.size()) break;
    const auto character = text.substr(0, size);
    text.remove_prefix(size);
    if (is_white(character)) {
      space = !out.empty();
    } else if (!is_nothing(character)) {
      if (space && characters + 2 > preview_characters) break;
      if (space) out.push_back(' ');
      characters += space ? 2 : 1;
      space = false;
      out += character;
    }
  }
  return out;
}

/// Of a document, as much as a preview can show.
std::string words_of(std::string_view html) {
  constexpr std::size_t step = 1024;
  mime::HtmlText document;
  std::string words;
  for (; !html.empty() && words.size() < most_text; html.remove_prefix(std::min(step, html.size())))
    document.feed(html.substr(0, step), words);
  document.finish(words);
  return words;
}

}  // namespace

bool is_for_preview(const mime::Part& part) {
  if (part.shape != mime::Part::Shape::leaf || part.type.type != "text") return false;
  if (part.type.subtype != "plain" && part.type.subtype != "html") return false;
  return !part.disposition || part.disposition->kind != "attachment";
}

std::string make_preview(std::string_view octets, mime::Encoding encoding, const mime::ContentType& type) {
  const bool html = type.subtype == "html";
  if (!html) octets = octets.substr(0, 4 * most_text);
  std::string decoded = mime::decode_transfer(octets, encoding);
  if (!html) decoded.resize(std::min(decoded.size(), most_text));
  std::string text = as_utf8(decoded, type);
  if (html) text = words_of(text);
  return collapsed(text);
}

}  // namespace understudy::mail::imap
