/// Takes the octets of a message apart into what is its own and what other messages are likely to carry too: parts of some size,
/// decoded where they are base64 in even lines. Looks at lines, not at what a header says of them: a part whose header lies is
/// treated like any other. What comes out, put together again in order, is the octets that went in, always. Linear time, memory
/// bounded by Limits; never fails by itself, never does I/O.
///
/// A region begins behind the first empty line of the message and behind the first empty line after each line that begins with
/// "--" (a delimiter of RFC 2046 §5.1.1, or something that looks like it: harmless). It ends before the next such line. The lines between are
/// header: literal. In a region, consecutive lines of base64 of one length (the last may be shorter, canonical padding included)
/// are a run; everything else is text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/store/content/form.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::content {

struct SplitLimits {
  std::size_t part = 128 * 1024;     ///< stored octets of a part at most; a longer region is cut into these from its beginning
  std::size_t worthwhile = 8 * 1024;  ///< stored octets under which a run or a region's text is literal
};

/// Hears the pieces in the order of the message's octets.
class PieceSink {
 public:
  virtual ~PieceSink() = default;
  virtual base::Result<> literal(std::string_view octets) = 0;
  /// `stored`: decoded where the form says so.
  virtual base::Result<> part(const Form& form, std::string_view stored) = 0;
};

class Splitter {  // one message, one thread
 public:
  explicit Splitter(PieceSink& sink, const SplitLimits& limits = {});
  /// Octets in order, pieces of any size. Keeps no view of them. What the sink refuses is given back; nothing may follow then.
  base::Result<> feed(std::string_view octets);
  /// The end of the message.
  base::Result<> finish();
};

}  // namespace understudy::archive::store::content
