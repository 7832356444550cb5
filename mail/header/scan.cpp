#include "mail/header/scan.hpp"

#include <optional>

#include "base/text.hpp"

namespace understudy::mail::header {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

/// Where the field name of the line stands, if the line starts a field.
std::optional<Range> field_name(std::string_view text, const Line& line, std::uint64_t& colon) {
  auto begin = line.begin;
  while (begin < line.text_end && text[begin] == '\r') ++begin;  // line ends written LF CR
  auto end = begin;
  while (end < line.text_end && text[end] > 32 && text[end] < 127 && text[end] != ':') ++end;
  colon = end;
  while (colon < line.text_end && is_space(text[colon])) ++colon;
  if (end == begin || colon == line.text_end || text[colon] != ':') return std::nullopt;
  return Range{begin, end};
}

class Scanner {
 public:
  Scanner(std::string_view text, std::uint64_t begin, LineEnds ends, const Limits& limits)
      : text_(text), begin_(begin), ends_(ends), limits_(limits) {
    header_.text = text;
  }

  Header run() {
    auto at = begin_;
    while (at < text_.size()) {
      const Line line = line_at(text_, at, ends_);
      if (line.blank()) return end_at(line.end, true);
      std::uint64_t colon = 0;
      const auto name = is_space(text_[line.begin]) ? std::nullopt : field_name(text_, line, colon);
      if (!name && !may_be_passed_over(line)) return end_at(line.begin, looked_at_ < text_.size());
      const Line last = last_of(line);
      if (name) keep({{line.begin, last.end}, *name, {colon + 1, last.text_end}});
      at = last.end;
    }
    header_.body = text_.size();
    return std::move(header_);
  }

 private:
  Header end_at(std::uint64_t body, bool certain) {
    header_.body = body;
    header_.ended = certain;
    return std::move(header_);
  }

  /// The line, or the last of its continuations.
  Line last_of(Line line) const {
    while (line.end < text_.size() && is_space(text_[line.end])) line = line_at(text_, line.end, ends_);
    return line;
  }

  bool may_be_passed_over(const Line& line) {
    looked_at_ = line.end;
    if (line.begin == begin_) return is_mbox_separator(line.text(text_));
    const Line next = line_at(text_, last_of(line).end, ends_);
    looked_at_ = next.end;
    return begins_field(next.text(text_));
  }

  void keep(const Field& field) {
    if (header_.fields.size() >= limits_.fields || field.whole.end - begin_ > limits_.octets) header_.truncated = true;
    if (!header_.truncated) header_.fields.push_back(field);
  }

  std::string_view text_;
  std::uint64_t begin_;
  LineEnds ends_;
  Limits limits_;
  std::uint64_t looked_at_ = 0;  // the end of what decided that a line is no field; at the end of the text it may be cut off
  Header header_;
};

}  // namespace

bool begins_field(std::string_view line) {
  std::uint64_t colon = 0;
  return field_name(line, {0, line.size(), line.size()}, colon).has_value();
}

bool is_mbox_separator(std::string_view line) {
  return line.starts_with("From ") || line.starts_with(">From ");
}

Header scan(std::string_view text, const Limits& limits) {
  return scan(text, 0, line_ends_of(text.substr(0, limits.octets)), limits);
}

Header scan(std::string_view text, std::uint64_t begin, LineEnds ends, const Limits& limits) {
  return Scanner(text, begin, ends, limits).run();
}

std::string unfold(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size();) {
    if (value[i] != '\r' && value[i] != '\n') {
      out.push_back(value[i++]);
      continue;
    }
    while (i < value.size() && (value[i] == '\r' || value[i] == '\n')) ++i;
    if (i < value.size() && !is_space(value[i])) out.push_back(' ');
  }
  return std::string(base::trim(out));
}

}  // namespace understudy::mail::header
