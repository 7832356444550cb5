#include "mail/smtp/body_decoder.hpp"

#include "mail/smtp/errc.hpp"

namespace understudy::mail::smtp {

boost::system::error_code fault_in(const OctetFacts& facts, const BodyOptions& options) {
  if (facts.octets > options.max_octets) return errc::too_big;
  if (options.odd_octets == OddOctets::keep) return {};
  if (facts.has_bare_newline()) return errc::bare_newline;
  if (facts.has_nul) return errc::nul_octet;
  if (facts.longest_line > options.max_line) return errc::line_too_long;
  return {};
}

BodyDecoder::Progress BodyDecoder::feed(std::string_view in, std::string& out) {
  std::size_t pos = 0;
  while (pos < in.size() && at_ != At::ended) {
    const char next = in[pos];
    switch (at_) {
      case At::line_start:
        at_ = next == '.' ? At::dot : At::text;
        if (next == '.') ++pos;
        break;
      case At::dot:  // not kept: it ends the data, or was stuffed
        at_ = next == '\r' ? At::dot_cr : At::text;
        if (next == '\r') ++pos;
        break;
      case At::dot_cr:
        if (next == '\n') {
          at_ = At::ended;
          ++pos;
        } else {  // ".\r" with something else behind it: the dot was stuffed, the CR is data
          keep("\r", out);
          at_ = At::text;
        }
        break;
      case At::cr:
        if (next == '\n') {
          keep("\n", out);
          at_ = At::line_start;
          ++pos;
        } else {
          at_ = At::text;
        }
        break;
      case At::text:
        pos += feed_text(in.substr(pos), out);
        break;
      case At::ended:
        break;
    }
  }
  return {pos, at_ == At::ended ? State::ended : State::more};
}

// Takes as much as can be kept in one piece: to the end of `in`, or to a CRLF that a dot follows.
std::size_t BodyDecoder::feed_text(std::string_view in, std::string& out) {
  std::size_t end = 0;
  for (;;) {
    const auto newline = in.find('\n', end);
    if (newline == in.npos) {
      at_ = in.back() == '\r' ? At::cr : At::text;
      end = in.size();
      break;
    }
    end = newline + 1;
    const bool ends_line = newline > 0 && in[newline - 1] == '\r';  // at 0 it is bare: a CR before this piece is At::cr
    at_ = ends_line ? At::line_start : At::text;
    if (end == in.size() || (ends_line && in[end] == '.')) break;
  }
  keep(in.substr(0, end), out);
  return end;
}

void BodyDecoder::keep(std::string_view octets, std::string& out) {
  if (fault_) return;
  check_.feed(octets);
  fault_ = fault_in(check_.facts(), options_);
  if (!fault_) out.append(octets);
}

base::Result<> BodyDecoder::verdict() const {
  if (fault_) return base::fail("message", fault_);
  return {};
}

}  // namespace understudy::mail::smtp
