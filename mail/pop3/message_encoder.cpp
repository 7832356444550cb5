#include "mail/pop3/message_encoder.hpp"

#include <algorithm>

namespace understudy::mail::pop3 {

void MessageEncoder::feed(std::string_view octets, std::string& out) {
  while (!octets.empty() && !done_) {
    const char first = octets.front();
    if (first == '\r' || first == '\n') {
      octets.remove_prefix(1);
      if (first == '\n') {
        end_line(out);
      } else {
        put_held(out);
        held_cr_ = true;
      }
      continue;
    }
    const auto size = std::min(octets.find_first_of("\r\n"), octets.size());
    put(octets.substr(0, size), out);
    octets.remove_prefix(size);
  }
}

/// Octets within a line.
void MessageEncoder::put(std::string_view octets, std::string& out) {
  put_held(out);
  if (line_start_ && octets.front() == '.') out.push_back('.');
  out += octets;
  line_start_ = blank_ = false;
}

/// A CR that no LF followed.
void MessageEncoder::put_held(std::string& out) {
  if (!held_cr_) return;
  out.push_back('\r');
  held_cr_ = line_start_ = false;
}

void MessageEncoder::end_line(std::string& out) {
  out += "\r\n";
  const bool blank = blank_;
  held_cr_ = false;
  line_start_ = blank_ = true;
  if (!lines_left_) return;
  if (in_header_) {
    in_header_ = !blank;
  } else {
    --*lines_left_;
  }
  done_ = !in_header_ && *lines_left_ == 0;
}

void MessageEncoder::finish(std::string& out) {
  put_held(out);
  if (!line_start_) out += "\r\n";
  out += ".\r\n";
}

}  // namespace understudy::mail::pop3
