/// A message for a client that did not ask for UTF-8 in header fields (RFC 6856 §2.1): its own octets, but the header fields of
/// the message and of its parts that are not ASCII, which append_ascii() writes anew. Takes pieces of any size, never holds
/// more than one field, never does I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header/line.hpp"
#include "mail/header/range.hpp"

namespace understudy::mail::pop3 {

class Surrogate {  // one per response, one thread
 public:
  /// Octets of a field that is written anew; of a longer one each octet that is not ASCII becomes "?".
  static constexpr std::size_t longest_field = 64 * 1024;

  /// Where the headers are, in order; one that begins before another ends is passed over.
  Surrogate(std::vector<header::Range> headers, header::LineEnds ends);
  /// Appends what the next octets of the message become. Keeps no view.
  void feed(std::string_view octets, std::string& out);
  /// Appends what was held.
  void finish(std::string& out) { end_field(out); }

 private:
  void take_line(std::string_view octets, std::string& out);
  void end_field(std::string& out);

  std::vector<header::Range> headers_;
  char line_end_;
  std::size_t next_ = 0;  // of headers_: the one that is read, or comes next
  std::uint64_t position_ = 0;
  std::string field_;  // so far
  bool too_long_ = false;
  bool line_start_ = true;
};

}  // namespace understudy::mail::pop3
