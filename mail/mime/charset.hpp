/// Text in the charsets of mail as UTF-8 (RFC 2045, RFC 2978), by the C library's converters; no tables of our own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::mail::mime {

/// nullopt for a charset that is unknown or not used in mail. Octets that the charset does not know become U+FFFD.
std::optional<std::string> to_utf8(std::string_view octets, std::string_view charset);

/// The text as it is where it is UTF-8, else read as Windows-1252, which is what unlabelled 8-bit text mostly was.
std::string guessed_utf8(std::string_view octets);

/// to_utf8() for text that comes in pieces: the output is the same however it is cut, and never ends within a character.
class Utf8Converter {  // one per text, one thread
 public:
  /// nullopt where to_utf8() has none.
  static std::optional<Utf8Converter> open(std::string_view charset);
  Utf8Converter(Utf8Converter&&) noexcept;
  Utf8Converter& operator=(Utf8Converter&&) noexcept;
  ~Utf8Converter();

  /// Appends to `out`; keeps back a few octets, the start of a character.
  void feed(std::string_view octets, std::string& out);
  /// At the end of the text.
  void finish(std::string& out);

 private:
  class Handle;
  explicit Utf8Converter(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

/// guessed_utf8() for text that comes in pieces, decided for each character by itself: what is well-formed UTF-8 is taken for
/// it, every other octet for one of Windows-1252.
class Utf8Guesser {  // one per text, one thread
 public:
  void feed(std::string_view octets, std::string& out);
  void finish(std::string& out);

 private:
  std::string held_;  // the start of a character, at most 3 octets
};

}  // namespace understudy::mail::mime
