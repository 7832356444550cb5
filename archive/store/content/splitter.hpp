/// Takes the octets of a message apart into what is its own and what other messages are likely to carry too: parts of some
/// size, decoded where they are base64 in even lines. Looks at lines, not at what a header says of them: a part whose header
/// lies is treated like any other. What comes out, put together again in order, is the octets that went in, always. Linear
/// time, memory bounded by SplitLimits; never fails by itself, never does I/O.
///
/// A region begins behind the first empty line of the message and behind the first empty line after each line that begins with
/// "--" (a delimiter of RFC 2046 §5.1.1, or something that looks like it: harmless). It ends before the next such line. The
/// lines between are header: literal. In a region, consecutive lines of base64 (RFC 2045 §6.8) of one length and one line end
/// are a run; the last may be shorter, padded, or without its end where the message ends. A run too small to be worthwhile is
/// text, like everything else. A run ends the text before it.
///
/// Runs and texts are cut from their beginning into parts as large as may be; what is left at their end is a part where it is
/// large enough, else literal. So the parts of an attachment are the same wherever it is found, and however the message came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/store/content/form.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::content {

struct SplitLimits {
  std::size_t part = 128 * 1024;      ///< stored octets of a part at most; at least `worthwhile` and a line (189) is taken
  std::size_t worthwhile = 8 * 1024;  ///< stored octets under which a run is text; at least 1
  std::size_t parts = 4096;           ///< of one message; all that follows is literal
  /// Octets under which text is literal; from `worthwhile` to `part`. Few texts of that size come twice, and each costs its
  /// record.
  std::size_t text = 32 * 1024;
};

/// Hears the pieces in the order of the message's octets. Views are good for the call only.
class PieceSink {
 public:
  virtual ~PieceSink() = default;
  /// Where it is cut depends on how the message came.
  virtual base::Result<> literal(std::string_view octets) = 0;
  /// `stored`: decoded where the form says so. Depends on the message's octets alone.
  virtual base::Result<> part(const Form& form, std::string_view stored) = 0;
};

class Splitter {  // one message, one thread
 public:
  /// `sink` must outlive it.
  explicit Splitter(PieceSink& sink, const SplitLimits& limits = {});
  /// Octets in order, pieces of any size. Keeps no view of them. What the sink refuses is given back; nothing may follow then.
  base::Result<> feed(std::string_view octets);
  /// The end of the message.
  base::Result<> finish();

 private:
  enum class Place : std::uint8_t { header, region };
  enum class Run : std::uint8_t {
    none,
    likely,  ///< lines that make a run, not yet worthwhile: they wait, they may be text
    certain  ///< worthwhile: only `decoded_` is kept of it
  };
  /// A line, or the next stretch of one that is too long to be of interest.
  struct Line {
    std::size_t octets = 0;  ///< with the line end; 0: it has not come yet
    Form::LastEnd end = Form::LastEnd::missing;
  };

  void pass_text();
  Line next_line() const;
  std::string_view join(const Line& line);
  base::Result<> take(const Line& line);
  base::Result<> take_region_line(std::string_view text, const Line& line);
  base::Result<> take_text_line(const Line& line);

  bool begin_run(std::string_view text);
  enum class RunLine : std::uint8_t { foreign, full, last };
  RunLine decode_run_line(std::string_view text, const Line& line);
  base::Result<> take_run_line(const Line& line);
  base::Result<> take_full_lines();
  base::Result<> end_run();
  base::Result<> hand_decoded();

  bool is_part(std::size_t stored, std::size_t least) const { return stored >= least && parts_ < limits_.parts; }
  base::Result<> cut_text();
  base::Result<> end_text();
  base::Result<> end_region();
  base::Result<> hand_literal();
  base::Result<> hand_text(std::size_t octets);
  base::Result<> hold();

  std::string_view front(std::size_t octets);
  void drop(std::size_t octets);
  void keep(std::size_t octets);

  PieceSink& sink_;
  SplitLimits limits_;
  std::size_t parts_ = 0;
  Place place_ = Place::header;
  bool in_long_line_ = false;

  /// What is not handed on yet is held_ and in_ together, one behind the other. First comes what is known to be literal, then
  /// text, then the lines of a likely run, then a line that has not come whole. Offsets count from the first octet of held_.
  std::string held_;
  std::string_view in_;       ///< of the feed at hand
  std::size_t text_ = 0;      ///< where text begins
  std::size_t text_end_ = 0;  ///< where it ends: where the likely run begins, else the line
  std::size_t line_ = 0;      ///< where the next line begins

  Run run_ = Run::none;
  Form form_;                 ///< of the run
  std::size_t capacity_ = 0;  ///< octets of a full part of the run: full lines
  std::string decoded_;       ///< of the run, what is not handed on
};

}  // namespace understudy::archive::store::content
