/// The body of a text part as UTF-8 for searching: transfer encoding (RFC 2045 §6), charset and HTML undone on the way. Takes
/// pieces of any size, keeps one block. What is wrong is taken as it stands; nothing is refused. Not for showing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/header/line.hpp"
#include "mail/mime/charset.hpp"
#include "mail/mime/html_text.hpp"
#include "mail/mime/structure.hpp"

namespace understudy::mail::imap {

class TextDecoder {  // one per part, one thread
 public:
  TextDecoder(const mime::Part& part, header::LineEnds ends);

  /// Octets of the body; `text` becomes what is known of it now, valid until the next call. May be empty, as text comes in
  /// blocks. White space may come out otherwise than it went in, but never where there was none.
  void feed(std::string_view octets, std::string_view& text);
  void finish(std::string_view& text);

 private:
  void decode();
  void decode_base64();
  void decode_quoted_printable();
  void decode_all_quoted_printable();
  std::string_view to_text(bool last);

  mime::Encoding encoding_;
  header::LineEnds ends_;
  std::optional<mime::Utf8Converter> converter_;  // else the guesser
  mime::Utf8Guesser guesser_;
  std::optional<mime::HtmlText> html_;
  std::string block_;    // octets that are not decoded yet
  std::string decoded_;  // without their transfer encoding
  std::string utf8_;
  std::string text_;
  std::uint32_t bits_ = 0;  // of base64
  unsigned bit_count_ = 0;
};

}  // namespace understudy::mail::imap
