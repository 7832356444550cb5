/// Whether a message holds given texts: SEARCH TEXT, BODY, HEADER and their kin (RFC 3501 §6.4.4, RFC 9051 §6.4.4), by
/// i;unicode-casemap on what a reader sees. Takes the octets of the message once, in pieces; keeps a few blocks of them and the
/// header of one part, so memory does not grow with the message; linear time for each text that is looked for. Never fails:
/// what cannot be decoded is searched as it stands.
///
/// What is searched, each on its own, so that nothing is found across two of them:
/// - the fields of the header (TEXT; HEADER those of one name): "Name: value" on one line, encoded words decoded;
/// - the fields of all other parts' headers, and their file names (TEXT, BODY);
/// - the body of each text part (TEXT, BODY): transfer encoding and charset undone, of HTML only the text
/// (mail/mime/html_text.hpp);
///   the text around the parts of a multipart is not searched; parts of other types are passed over without being decoded, but
///   a message inside of a message is taken apart like the message itself.
/// A run of white space, line ends too, counts as one space on both sides.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header/line.hpp"
#include "mail/mime/structure.hpp"

namespace understudy::mail::imap {

/// A text in the form in which it is looked for: folded by mime::fold(), runs of white space one space.
class FoldedText {
 public:
  FoldedText() = default;
  /// `utf8`: as the client wrote it.
  explicit FoldedText(std::string_view utf8);
  std::string_view octets() const { return octets_; }
  bool empty() const { return octets_.empty(); }

 private:
  std::string octets_;
};

/// Whether a short text, such as a subject or a display name, holds `needle`. `haystack`: UTF-8 or with encoded words, folded
/// or not. An empty needle is in every text. No allocation where it is ASCII, of at most 1,024 octets and without encoded
/// words.
bool contains(std::string_view haystack, const FoldedText& needle);

/// What contains() looks for a needle in: decoded, folded, runs of white space one space.
std::string searchable_value(std::string_view haystack);

struct Needle {
  enum class Scope : std::uint8_t {
    text,    ///< header and body
    body,    ///< without the header of the message
    header,  ///< values of the message's fields of one name; an empty text asks only whether there is one
  };
  Scope scope = Scope::text;
  std::string field;  ///< scope header: its name, in any case
  FoldedText text;    ///< an empty one is found in every header and body
};

struct TextSearchLimits {
  /// What lies deeper is not searched; of headers this much is, per part, and of each line in them the first 64 KiB.
  mime::StructureLimits structure;
};

class TextSearch {  // one per message, one thread
 public:
  /// `ends`: see header::line_ends_of(); where only the first piece is at hand, that of the first piece.
  TextSearch(std::vector<Needle> needles, header::LineEnds ends, const TextSearchLimits& limits = {});
  ~TextSearch();
  TextSearch(TextSearch&&) noexcept;
  TextSearch& operator=(TextSearch&&) noexcept;

  /// Octets of the message, in order, pieces of any size. Keeps no view. Does nothing once decided().
  void feed(std::string_view octets);
  /// After the last octet; feed() is not allowed afterwards.
  void finish();

  /// Of the needle at `index`. False may turn into true until finish() or decided().
  bool found(std::size_t index) const;
  /// Nothing that may follow can change an answer: the rest need not be read.
  bool decided() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::mail::imap
