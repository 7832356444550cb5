/// The MIME structure of a message (RFC 2045, RFC 2046; names by RFC 2183, RFC 2231) as exact ranges of its octets. Takes the
/// message in pieces, keeps no octet but the header of one part, so memory does not grow with the message; linear time, no
/// recursion on depth. Never fails and never changes or decodes content: what is no MIME is text.
///
/// The octets of a part are [delimiter][header][body]; those of the body of a multipart are [preamble] parts
/// [closing][epilogue]; the body of a message part is exactly one part without a delimiter. Together they are the octets of the
/// message. The line end before a boundary belongs to the delimiter (RFC 2046 §5.1.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header/range.hpp"
#include "mail/header/scan.hpp"
#include "mail/mime/content_type.hpp"
#include "mail/mime/line_splitter.hpp"

namespace understudy::mail::mime {

enum class Encoding : std::uint8_t { seven_bit, eight_bit, binary, quoted_printable, base64, other };

struct Part {
  /// What the body is taken for; a multipart without a boundary and anything below the limits is a leaf.
  enum class Shape : std::uint8_t { leaf, multipart, message };

  std::optional<std::size_t> parent;  ///< index; none: the message itself
  std::uint32_t depth = 0;            ///< 0: the message itself
  Shape shape = Shape::leaf;
  header::Range delimiter;  ///< the boundary line before the part; empty where none stands
  header::Range header;     ///< with its blank line
  header::Range body;
  header::Range preamble;  ///< multiparts: what stands before the first delimiter
  header::Range closing;   ///< multiparts: the closing delimiter, without its line end; empty: missing
  header::Range epilogue;  ///< multiparts: what follows the closing delimiter
  ContentType type;
  Encoding encoding = Encoding::seven_bit;
  std::optional<Disposition> disposition;
  std::optional<std::string> filename;  ///< see filename(): no path, to be escaped
  std::uint64_t lines = 0;              ///< line ends in the body
};

struct Structure {
  std::vector<Part> parts;  ///< in the order of the octets: parents before children; never empty
  std::uint64_t size = 0;   ///< of the message
  std::uint64_t lines = 0;  ///< line ends in the message
  /// Where a limit (depth, number of parts) was met first. What was not taken apart counts as body or epilogue of the parts
  /// around it.
  std::optional<std::uint64_t> unparsed;
};

struct StructureLimits {
  std::uint32_t depth = 100;
  std::size_t parts = 10'000;
  std::uint64_t parameter_octets = 4 * 1024 * 1024;  ///< of all parts together; beyond, parts have no parameters
  header::Limits header;
};

/// Hears what is in a message while it is taken apart, so that nothing of it must be kept in Part for the few who want more.
class StructureListener {
 public:
  virtual ~StructureListener() = default;
  /// Once for each part, in order; so_far.parts[index] has all that its header says, but no end of its body, and no shape yet.
  /// `header` has LF as line ends, whatever the message had, and lives as long as the call.
  virtual void on_header(const Structure& so_far, std::size_t index, const header::Header& header) = 0;
  /// The next octets of the body of the part that on_header() was last called for, where it is a leaf; of a multipart nothing.
  /// In order, in pieces of any size, with the line end that may belong to the delimiter behind them. Of a line on which it
  /// turned out that the header had ended at most the first 64 KiB.
  virtual void on_body(std::string_view) {}
};

class StructureParser {  // one per message, one thread
 public:
  /// `listener`, if any, must outlive the parser.
  explicit StructureParser(header::LineEnds ends, const StructureLimits& limits = {}, StructureListener* listener = nullptr);
  /// Octets of the message, in order, pieces of any size. Keeps no view.
  void feed(std::string_view octets);
  /// Ends it; feed() is not allowed afterwards.
  Structure finish();
  /// Found so far: what has begun has no ends yet.
  const std::vector<Part>& parts() const { return result_.parts; }
  /// The last of parts() is still in its header, and may be anything.
  bool in_header() const { return in_header_; }

 private:
  /// A part whose end has not been seen, and all around it.
  struct Open {
    std::size_t part;
    std::string boundary;  // of a multipart that is not closed; empty: none
    std::uint64_t lines_before = 0;
  };
  struct Match {
    std::size_t level = 0;
    enum class Kind : std::uint8_t { none, delimiter, closing } kind = Kind::none;
  };

  void on_line();
  void on_header_line();
  Match match(std::string_view text) const;
  void on_delimiter(const Match& match);
  void begin_part(std::optional<std::size_t> parent, std::uint64_t at);
  void end_headers(std::uint64_t at, std::uint64_t lines);
  void end_header(std::uint64_t at, std::uint64_t lines);
  void read_header(Part& part);
  void limit_parameters(Part& part);
  void open_body(std::uint64_t at);
  void close_above(std::size_t level, std::uint64_t at, std::uint64_t lines);

  void pass_body();
  void pass_late_body(std::string_view octets);
  bool in_leaf() { return !in_header_ && current().shape == Part::Shape::leaf; }
  Part& current() { return result_.parts[open_.back().part]; }

  StructureLimits limits_;
  LineSplitter splitter_;
  Structure result_;
  std::vector<Open> open_;                // from the message to the innermost part
  bool in_header_ = false;                // of the innermost part
  std::string header_;                    // its octets so far, up to the limit
  std::size_t junk_in_header_ = 0;        // where it stands in header_
  std::optional<std::uint64_t> junk_at_;  // a line that is no field; the next one decides whether the header ended before it
  std::uint64_t junk_lines_ = 0;
  std::uint64_t lines_ = 0;          // line ends before the current line
  std::uint64_t last_text_end_ = 0;  // of the line before
  std::uint64_t floor_ = 0;          // no delimiter begins before this
  std::uint64_t parameter_octets_ = 0;
  bool stopped_ = false;

  StructureListener* listener_;
  std::string_view piece_;     // the octets of the current line that came with this call of feed()
  std::size_t pending_ = 0;    // how many of its octets came before, and were kept
  bool front_passed_ = false;  // the listener has those
};

/// All at once. The line ends are those that header::scan() finds.
Structure parse_structure(std::string_view message, const StructureLimits& limits = {});

}  // namespace understudy::mail::mime
