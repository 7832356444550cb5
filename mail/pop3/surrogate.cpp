#include "mail/pop3/surrogate.hpp"

#include <algorithm>
#include <utility>

#include "mail/pop3/ascii_field.hpp"

namespace understudy::mail::pop3 {

Surrogate::Surrogate(std::vector<header::Range> headers, header::LineEnds ends)
    : headers_(std::move(headers)), line_end_(ends == header::LineEnds::lf ? '\n' : '\r') {}

void Surrogate::feed(std::string_view octets, std::string& out) {
  while (!octets.empty()) {
    while (next_ < headers_.size() && headers_[next_].end <= position_) ++next_;
    const bool none = next_ == headers_.size();
    const bool inside = !none && position_ >= headers_[next_].begin;
    const auto until = none ? position_ + octets.size() : inside ? headers_[next_].end : headers_[next_].begin;
    auto piece = octets.substr(0, std::min<std::uint64_t>(octets.size(), until - position_));
    octets.remove_prefix(piece.size());
    position_ += piece.size();
    if (!inside) {
      out += piece;
      continue;
    }
    while (!piece.empty()) {
      const auto size = std::min(piece.find(line_end_), piece.size() - 1) + 1;
      take_line(piece.substr(0, size), out);
      piece.remove_prefix(size);
    }
    if (position_ == until) end_field(out);
  }
}

/// A line, or some of it.
void Surrogate::take_line(std::string_view octets, std::string& out) {
  if (line_start_ && octets.front() != ' ' && octets.front() != '\t') end_field(out);
  line_start_ = octets.back() == line_end_;
  if (!too_long_ && field_.size() + octets.size() > longest_field) {
    too_long_ = true;
    for (char& c : field_) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
    out += std::exchange(field_, {});
  }
  if (!too_long_) {
    field_ += octets;
    return;
  }
  for (const char c : octets) out.push_back(static_cast<unsigned char>(c) < 0x80 ? c : '?');
}

void Surrogate::end_field(std::string& out) {
  append_ascii(field_, out);
  field_.clear();
  too_long_ = false;
  line_start_ = true;
}

}  // namespace understudy::mail::pop3
