/// Undoes dot stuffing in an SMTP DATA stream and finds its end.
/// RFC 5321 §2.3.8 (line ends), §4.5.2 (transparency), §4.1.1.4 (only CRLF "." CRLF ends it). Never does I/O, never changes an
/// octet of the message: a bare CR, a bare LF or a NUL is data or a fault, as the options say, and never part of an end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "mail/smtp/octet_check.hpp"
#include "mail/smtp/options.hpp"

namespace understudy::mail::smtp {

class BodyDecoder {  // one per message, one thread
 public:
  explicit BodyDecoder(const BodyOptions& options) : options_(options) {}

  enum class State { more, ended };
  struct Progress {
    std::size_t consumed = 0;  ///< octets of `in`; all of it unless the data ended before
    State state = State::more;
  };
  /// Eats a prefix of `in` (octets as received, pieces of any size), appends to `out`. Keeps no view of `in`. After a fault
  /// the rest is drained: found to its end, not kept. After State::ended nothing more is eaten.
  Progress feed(std::string_view in, std::string& out);

  /// Asked after the end, so that the dialogue stays in step: errc::bare_newline, nul_octet, line_too_long, too_big (of
  /// several, the one noticed first). Before the end: whether it is lost already, for a caller who wants to stop keeping it.
  base::Result<> verdict() const;

  const OctetFacts& facts() const { return check_.facts(); }  ///< of what was kept; all of it where verdict() is good

 private:
  enum class At { line_start, dot, dot_cr, text, cr, ended };

  std::size_t feed_text(std::string_view in, std::string& out);
  void keep(std::string_view octets, std::string& out);

  BodyOptions options_;
  OctetCheck check_;
  boost::system::error_code fault_;
  At at_ = At::line_start;  // the CRLF of the DATA command counts as one
};

/// The fault in what was seen so far, none where all is well. Shared by DATA and BDAT: the driver of a BDAT transaction feeds
/// its chunks to an OctetCheck, calls finish() after the last one, and asks here.
boost::system::error_code fault_in(const OctetFacts& facts, const BodyOptions& options);

}  // namespace understudy::mail::smtp
