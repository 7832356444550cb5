/// Strings of IMAP responses: written, and read back from what was written (RFC 3501 §4.3, §9; RFC 9051 §4.3, §9). What is
/// written is right for IMAP4rev1 and IMAP4rev2 alike, whatever was enabled: octets over 0x7f stand in literals only.
/// Knows no commands and no responses as a whole. No recursion.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::mail::imap {

/// Longer strings are literals, so that no line grows without bound.
constexpr std::size_t longest_quoted = 1'000;

/// "text" where it is printable ASCII of at most longest_quoted octets, else {n}CRLF and the octets. A literal may not hold NUL
/// (RFC 3501 §4.3): it becomes 0x80, as Dovecot writes it. For texts of ENVELOPE and BODYSTRUCTURE, not for octets of a
/// message.
void put_text(std::string& out, std::string_view text);
/// An atom where it is one, else as put_text().
void put_astring(std::string& out, std::string_view text);
/// NIL for nullopt; an empty string is "".
void put_optional_text(std::string& out, std::optional<std::string_view> text);
/// {n}CRLF and the octets as they are.
void put_literal(std::string& out, std::string_view octets);

/// A string or NIL in its written form; views into the wire form.
struct WireText {
  std::string_view inner;  ///< between the quotes, with its backslashes; or the octets of the literal
  bool nil = true;
  bool escaped = false;  ///< a backslash stands in `inner`

  /// The octets meant; empty for NIL. Written into `scratch` only where something is escaped; valid as long as both.
  std::string_view text(std::string& scratch) const;
  std::string str() const;
};

/// Reads values in their written form one after another. Anything that is wrong ends the input: ok() is false from then on.
class WireReader {
 public:
  explicit WireReader(std::string_view in) : in_(in) {}

  /// Takes `c` where it is next.
  bool take(char c);
  bool next_is(char c) const { return at_ < in_.size() && in_[at_] == c; }
  /// A quoted string, a literal or NIL.
  WireText text();
  /// The written form of the next value: a string, a number, NIL, or a list with all that is in it, nested to any depth.
  std::string_view value();
  bool at_end() const { return at_ >= in_.size(); }
  std::size_t position() const { return at_; }
  bool ok() const { return ok_; }

 private:
  WireText quoted();
  WireText literal();
  void skip_word();
  WireText fail();

  std::string_view in_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace understudy::mail::imap
