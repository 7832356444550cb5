/// Header fields of a message as ranges of its octets (RFC 5322 §2.2, §3.5 and the obsolete forms of §4.5).
/// Takes everything that mail systems pass on: any line end, white space before the colon, 8-bit and control octets in
/// values, an mbox "From " line on top. Never copies, never fails, linear in the size of the header.
///
/// Where a line is no field: it is passed over when a field follows it at once (a long line that somebody wrapped); otherwise
/// the header ends there and the line belongs to the body. A header whose first line is no field is empty.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header/line.hpp"
#include "mail/header/range.hpp"

namespace understudy::mail::header {

struct Limits {
  std::uint64_t octets = 1024 * 1024;
  std::size_t fields = 10'000;
};

struct Field {
  Range whole;  ///< the field with its line ends
  Range name;   ///< without white space before the colon
  Range value;  ///< after the colon, with its folding, without the last line end
};

struct Header {
  std::string_view text;      ///< what was scanned; the caller keeps it alive
  std::vector<Field> fields;  ///< in order
  std::uint64_t body = 0;     ///< the first octet after the header and its blank line
  bool ended = false;         ///< its end was seen; a last line that may be cut off proves nothing
  bool truncated = false;     ///< a limit was met: later fields are there, but not listed; `body` is right all the same

  std::string_view name(const Field& field) const { return field.name.of(text); }
  std::string_view value(const Field& field) const { return field.value.of(text); }
};

/// `text` begins with the header. The form with `begin` and `ends` scans a part inside of a message; offsets count from the
/// start of `text` in both.
Header scan(std::string_view text, const Limits& limits = {});
Header scan(std::string_view text, std::uint64_t begin, LineEnds ends, const Limits& limits);

/// Whether a line, without its line end, begins a field: a name of printable ASCII, perhaps white space, a colon.
bool begins_field(std::string_view line);
/// The line that mbox files put before a message; also the form that is quoted with ">".
bool is_mbox_separator(std::string_view line);

/// RFC 5322 §2.2.3: the value on one line. Line ends inside go; one that no white space follows becomes a space, so that
/// nothing grows together. White space at both ends is cut.
std::string unfold(std::string_view value);

}  // namespace understudy::mail::header
