/// Lines of a message whose line ends may be anything: CRLF, LF, several CR before an LF, or bare CR throughout.
/// Never copies.
#pragma once

#include <cstdint>
#include <string_view>

namespace understudy::mail::header {

/// A bare CR ends a line only in a message without a single LF; elsewhere it is an octet like others, so that no sender can
/// make a field or a boundary that other programs do not see.
enum class LineEnds : std::uint8_t { lf, cr };

/// Looks through `message` until the first LF.
LineEnds line_ends_of(std::string_view message);

struct Line {
  std::uint64_t begin = 0;
  std::uint64_t text_end = 0;  ///< the CRs before the LF are part of the line end
  std::uint64_t end = 0;       ///< with the line end; the start of the next line

  std::string_view text(std::string_view message) const { return message.substr(begin, text_end - begin); }
  bool blank() const { return text_end == begin; }
};

/// The line that starts at `at` (at most message.size()).
Line line_at(std::string_view message, std::uint64_t at, LineEnds ends);

}  // namespace understudy::mail::header
