/// Cuts a stream of octets into lines with their offsets; pieces of any size. Keeps the front of a line only: memory is
/// bounded whatever the length of lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mail/header/line.hpp"

namespace understudy::mail::mime {

class LineSplitter {
 public:
  /// A line is kept up to `max_kept` octets.
  LineSplitter(header::LineEnds ends, std::size_t max_kept) : ends_(ends), max_kept_(max_kept) {}

  /// Takes octets off `in` up to the end of a line; true: line() and text() are of a new line, valid until the next call.
  bool next(std::string_view& in);
  /// At the end of the stream: true where a last line without a line end is left.
  bool last();

  const header::Line& line() const { return line_; }
  /// The line without its line end, cut at max_kept.
  std::string_view text() const { return text_; }
  /// Of the line that is being gathered, or was last: its first octets, with its line end's CRs, as many as are kept.
  std::string_view kept() const { return kept_; }
  /// How many octets of a line that has not ended are kept.
  std::size_t pending() const { return started_ ? kept_.size() : 0; }
  /// Octets taken so far.
  std::uint64_t position() const { return position_; }

 private:
  void append(std::string_view piece);
  void finish(bool terminated);

  header::LineEnds ends_;
  std::size_t max_kept_;
  std::uint64_t position_ = 0;
  std::uint64_t begin_ = 0;        // of the line that is being gathered
  std::uint64_t trailing_cr_ = 0;  // CRs at its end so far
  bool started_ = false;
  std::string kept_;
  header::Line line_;
  std::string_view text_;
};

}  // namespace understudy::mail::mime
