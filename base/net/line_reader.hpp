/// Reads command lines and bodies from a Link through one bounded buffer, in linear time.
/// RFC 5321 §2.3.8 (CRLF, and nothing else, ends a line), §4.5.3.1 (limits), §4.5.3.2 (time-outs); RFC 3207 §4.2
/// (what was read ahead is dropped before TLS). Never changes an octet and never interprets a command.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/clock.hpp"
#include "base/net/link.hpp"

namespace understudy::net {

struct Line {
  std::string_view text;  ///< without its CRLF; valid until the next call to the reader
  /// The text holds a CR or LF of its own. Such a line is somebody's attempt to make two readers see different lines:
  /// the dialogue answers it with one 500 and acts on no part of it.
  bool has_bare_cr_or_lf = false;
  bool has_nul = false;
};

/// One per link, same executor. Memory: `capacity` octets, taken at the first read.
class LineReader {
 public:
  struct Limits {
    std::size_t capacity = 32 * 1024;  ///< octets; at least the longest line allowed
    std::size_t drain = 1024 * 1024;   ///< octets of one over-long line that are read past before errc::flood
  };
  LineReader(Link& link, const base::Clock& clock);
  LineReader(Link& link, const base::Clock& clock, Limits limits);

  /// The next line of at most `max_octets`, CRLF counted. `timeout` is for the whole line, so that a client who sends an
  /// octet a minute gains nothing. A line ends at the first CR LF; a CR or LF alone is part of it. An over-long line is
  /// read past and reported once, at its end, with errc::too_long; the next call reads the line after it. Past the drain
  /// limit: errc::flood. Errors of the link pass through; octets of an unfinished line are lost with it.
  Task<base::Result<Line>> read_line(std::size_t max_octets, Timeout timeout);

  /// The body path: look at buffered(), consume() what was eaten, fill() for more. No octet is copied in between.
  std::string_view buffered() const;                      ///< valid until fill(), read_line() or consume()
  void consume(std::size_t octets);                       ///< at most buffered().size()
  Task<base::Result<std::size_t>> fill(Timeout timeout);  ///< how many came; errc::too_long where the buffer is full

  /// Also to be asked before a handshake: what came ahead of it in the clear is nobody's command.
  bool has_buffered() const { return begin_ != end_; }

 private:
  Task<base::Result<>> drain_line(base::SteadyTime deadline);
  Task<base::Result<std::size_t>> fill_until(base::SteadyTime deadline);
  Line take_line(std::size_t text_octets);
  std::size_t find_end(std::size_t limit);

  Link& link_;
  const base::Clock& clock_;
  Limits limits_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t scanned_ = 0;  // octets after begin_ known to hold no line end
};

/// The least data rate of a body: after `grace` the average since the start must not fall under `octets_per_second`.
class RateFloor {
 public:
  RateFloor(std::uint64_t octets_per_second, Timeout grace, const base::Clock& clock);
  void count(std::uint64_t octets) { octets_ += octets; }
  /// How long the next read may last at most before the rule is broken; zero: it is broken (errc::too_slow).
  Timeout left() const;

 private:
  std::uint64_t octets_per_second_;
  Timeout grace_;
  const base::Clock& clock_;
  base::SteadyTime start_;
  std::uint64_t octets_ = 0;
};

}  // namespace understudy::net
