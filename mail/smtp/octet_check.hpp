/// Looks at the octets of one message as they pass and remembers what is odd about them. One implementation for DATA, BDAT
/// and the sending side. RFC 5321 §2.3.8 (CR and LF only as CRLF), §4.5.3.1.6 (line length). Never changes or keeps an octet.
#pragma once

#include <cstdint>
#include <string_view>

namespace understudy::mail::smtp {

/// A line ends at CRLF and nowhere else; a bare CR or LF is an octet of its line.
struct OctetFacts {
  bool has_bare_cr = false;
  bool has_bare_lf = false;
  bool has_nul = false;
  bool has_8bit = false;
  bool ends_in_crlf = true;        ///< or the message is empty: DATA can end here without adding a CRLF
  std::uint64_t longest_line = 0;  ///< octets, without the CRLF
  std::uint64_t octets = 0;        ///< all of them

  bool has_bare_newline() const { return has_bare_cr || has_bare_lf; }
  /// Octets that only BDAT can carry unchanged.
  bool needs_chunking() const { return has_bare_newline() || has_nul; }
  bool operator==(const OctetFacts&) const = default;
};

class OctetCheck {  // one per message, one thread
 public:
  /// The next octets of the message, unstuffed, in pieces of any size.
  void feed(std::string_view octets);
  /// The message is over: a CR at its very end is bare, and a last line without CRLF counts. Once.
  void finish();
  /// True of what was fed so far; a CR at the end of the last piece is not judged before its successor or finish().
  const OctetFacts& facts() const { return facts_; }

 private:
  void feed_lines(std::string_view octets);
  void end_line();

  OctetFacts facts_;
  std::uint64_t line_ = 0;   // octets of the line so far
  bool pending_cr_ = false;  // the last octet was a CR; it is not in line_ yet
};

}  // namespace understudy::mail::smtp
