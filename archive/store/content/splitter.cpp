#include "archive/store/content/splitter.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "archive/store/content/base64_lines.hpp"

namespace understudy::archive::store::content {
namespace {

/// A line with more octets is neither empty nor base64: it need not wait for its end.
constexpr std::size_t longest_line = longest_base64_line + 2;

bool is_delimiter(std::string_view line) {
  return line.starts_with("--");
}

std::string_view line_end(Form::Kind kind) {
  return kind == Form::Kind::base64_crlf ? "\r\n" : "\n";
}

Form::Kind kind_of(std::string_view line) {
  return line.ends_with("\r\n") ? Form::Kind::base64_crlf : Form::Kind::base64_lf;
}

/// Whether a whole line, with its end, can be the first of a run as far as its length and both its edges tell.
bool may_begin_run(std::string_view line) {
  if (line.size() > longest_line) return false;
  line.remove_suffix(line_end(kind_of(line)).size());
  return line.size() % 4 == 0 && line.size() <= longest_base64_line && is_group(line.substr(0, 4)) &&
         is_group(line.substr(line.size() - 4));
}

SplitLimits possible(SplitLimits limits) {
  limits.worthwhile = std::max<std::size_t>(limits.worthwhile, 1);
  limits.part = std::max(limits.part, limits.worthwhile + octets_of_line(longest_base64_line));
  limits.text = std::clamp(limits.text, limits.worthwhile, limits.part);
  return limits;
}

}  // namespace

Splitter::Splitter(PieceSink& sink, const SplitLimits& limits) : sink_(sink), limits_(possible(limits)) {}

base::Result<> Splitter::feed(std::string_view octets) {
  in_ = octets;
  for (;;) {
    if (run_ == Run::certain) {
      if (auto taken = take_full_lines(); !taken) return taken;
    } else if (run_ == Run::none && place_ == Place::region) {
      pass_text();
      if (auto cut = cut_text(); !cut) return cut;
    }
    const Line line = next_line();
    if (line.octets == 0) return hold();
    if (auto taken = take(line); !taken) return taken;
  }
}

base::Result<> Splitter::finish() {
  in_ = {};
  if (line_ < held_.size()) {
    const Line last{held_.size() - line_, Form::LastEnd::missing};
    if (auto taken = take(last); !taken) return taken;
  }
  if (auto ended = end_region(); !ended) return ended;
  return hand_literal();
}

/// Goes over the lines in in_ that are text at first sight; the rest of the lines would be as well without it, only slower.
void Splitter::pass_text() {
  if (in_long_line_ || line_ < held_.size()) return;
  std::string_view left = in_.substr(line_ - held_.size());
  while (!left.empty()) {
    const void* newline = std::memchr(left.data(), '\n', left.size());
    if (!newline) break;
    const auto octets = static_cast<std::size_t>(static_cast<const char*>(newline) - left.data()) + 1;
    if (is_delimiter(left)) break;
    if (may_begin_run(left.substr(0, octets))) break;
    left.remove_prefix(octets);
  }
  line_ = held_.size() + in_.size() - left.size();
  text_end_ = line_;
}

Splitter::Line Splitter::next_line() const {
  const std::size_t searched = std::max(line_, held_.size());
  const std::string_view left = in_.substr(searched - held_.size());
  if (left.empty()) return {};
  const void* newline = std::memchr(left.data(), '\n', left.size());
  if (newline) {
    const auto found = static_cast<std::size_t>(static_cast<const char*>(newline) - left.data()) + 1;
    return {searched + found - line_, Form::LastEnd::there};
  }
  const std::size_t octets = searched + left.size() - line_;
  if (in_long_line_ || octets > longest_line) return {octets, Form::LastEnd::missing};
  return {};
}

/// The line's octets, or so many that its end makes no difference any more.
std::string_view Splitter::join(const Line& line) {
  const std::size_t octets = std::min(line.octets, longest_line + 1);
  if (line_ >= held_.size()) return in_.substr(line_ - held_.size(), octets);
  if (line_ + octets > held_.size()) keep(line_ + octets - held_.size());
  return std::string_view(held_).substr(line_, octets);
}

base::Result<> Splitter::take(const Line& line) {
  const bool begins = !std::exchange(in_long_line_, line.end == Form::LastEnd::missing);
  const std::string_view text = begins ? join(line) : std::string_view();
  if (place_ == Place::region) {
    if (!begins) return take_text_line(line);
    if (!is_delimiter(text)) return take_region_line(text, line);
    if (auto ended = end_region(); !ended) return ended;
    place_ = Place::header;
  } else if (text == "\r\n" || text == "\n") {
    place_ = Place::region;
  }
  line_ += line.octets;
  text_ = text_end_ = line_;
  return {};
}

base::Result<> Splitter::take_region_line(std::string_view text, const Line& line) {
  if (run_ != Run::none) {
    const RunLine read = decode_run_line(text, line);
    if (read != RunLine::foreign) {
      if (auto taken = take_run_line(line); !taken || read == RunLine::full) return taken;
      if (auto ended = end_run(); !ended) return ended;
      return cut_text();
    }
    if (auto ended = end_run(); !ended) return ended;
  }
  if (!begin_run(text)) return take_text_line(line);
  if (auto cut = cut_text(); !cut) return cut;
  return take_run_line(line);
}

base::Result<> Splitter::take_text_line(const Line& line) {
  line_ += line.octets;
  text_end_ = line_;
  return cut_text();
}

/// Whether a run begins with this line; it is decoded then.
bool Splitter::begin_run(std::string_view text) {
  if (parts_ >= limits_.parts || !text.ends_with('\n') || !may_begin_run(text)) return false;
  const Form::Kind kind = kind_of(text);
  text.remove_suffix(line_end(kind).size());
  if (!decode_line(text, decoded_)) return false;
  form_ = {kind, static_cast<std::uint8_t>(text.size()), Form::LastEnd::there};
  const std::size_t octets = octets_of_line(text.size());
  capacity_ = limits_.part / octets * octets;
  run_ = Run::likely;
  return true;
}

Splitter::RunLine Splitter::decode_run_line(std::string_view text, const Line& line) {
  if (line.end == Form::LastEnd::there) {
    const auto end = line_end(form_.kind);
    if (!text.ends_with(end)) return RunLine::foreign;
    text.remove_suffix(end.size());
    if (text.size() == form_.line && decode_line(text, decoded_)) return RunLine::full;
  }
  if (text.size() > form_.line || !decode_last_line(text, decoded_)) return RunLine::foreign;
  form_.last_end = line.end;
  return RunLine::last;
}

/// The line has been decoded.
base::Result<> Splitter::take_run_line(const Line& line) {
  line_ += line.octets;
  if (run_ == Run::likely) {
    if (decoded_.size() < limits_.worthwhile) return {};
    if (auto ended = end_text(); !ended) return ended;
    if (auto handed = hand_literal(); !handed) return handed;
    run_ = Run::certain;
    decoded_.reserve(capacity_);
  }
  drop(line_);
  if (decoded_.size() < capacity_) return {};
  return hand_decoded();
}

/// The lines of a certain run that in_ has; take() does the same with one.
base::Result<> Splitter::take_full_lines() {
  if (!held_.empty()) return {};
  for (;;) {
    in_.remove_prefix(decode_lines(in_, form_, capacity_ - decoded_.size(), decoded_));
    if (decoded_.size() < capacity_) return {};
    if (auto handed = hand_decoded(); !handed) return handed;
  }
}

/// The line at hand is none of the run's. What was only likely is text.
base::Result<> Splitter::end_run() {
  const Run run = std::exchange(run_, Run::none);
  if (run == Run::certain) return hand_decoded();
  decoded_.clear();
  text_end_ = line_;
  return {};
}

base::Result<> Splitter::hand_decoded() {
  if (decoded_.empty()) return {};
  base::Result<> handed;
  if (is_part(decoded_.size(), limits_.worthwhile)) {
    ++parts_;
    handed = sink_.part(form_, decoded_);
  } else {
    std::string lines;
    encode(form_, decoded_, lines);
    handed = sink_.literal(lines);
  }
  decoded_.clear();
  return handed;
}

/// Full parts of the text at hand.
base::Result<> Splitter::cut_text() {
  while (text_end_ - text_ >= limits_.part && is_part(limits_.part, limits_.text)) {
    if (auto handed = hand_literal(); !handed) return handed;
    if (auto handed = hand_text(limits_.part); !handed) return handed;
  }
  return {};
}

base::Result<> Splitter::end_text() {
  if (auto cut = cut_text(); !cut) return cut;
  if (is_part(text_end_ - text_, limits_.text)) {
    if (auto handed = hand_literal(); !handed) return handed;
    return hand_text(text_end_);
  }
  text_ = text_end_;
  return {};
}

base::Result<> Splitter::end_region() {
  if (auto ended = end_run(); !ended) return ended;
  return end_text();
}

base::Result<> Splitter::hand_literal() {
  const std::size_t held = std::min(text_, held_.size());
  if (held > 0)
    if (auto handed = sink_.literal(std::string_view(held_).substr(0, held)); !handed) return handed;
  if (text_ > held)
    if (auto handed = sink_.literal(in_.substr(0, text_ - held)); !handed) return handed;
  drop(text_);
  return {};
}

/// The first octets are text: a part.
base::Result<> Splitter::hand_text(std::size_t octets) {
  ++parts_;
  auto handed = sink_.part({}, front(octets));
  drop(octets);
  return handed;
}

/// Before in_ goes away.
base::Result<> Splitter::hold() {
  if (parts_ >= limits_.parts) text_ = text_end_;
  if (auto handed = hand_literal(); !handed) return handed;
  keep(in_.size());
  return {};
}

/// The first octets in one piece.
std::string_view Splitter::front(std::size_t octets) {
  if (held_.empty()) return in_.substr(0, octets);
  if (octets > held_.size()) keep(octets - held_.size());
  return std::string_view(held_).substr(0, octets);
}

void Splitter::drop(std::size_t octets) {
  const std::size_t held = std::min(octets, held_.size());
  held_.erase(0, held);
  in_.remove_prefix(octets - held);
  for (std::size_t* offset : {&text_, &text_end_, &line_}) *offset -= std::min(octets, *offset);
}

/// Moves octets from in_ to held_. That never holds more than a text, a likely run and a line: a large text gets this at once,
/// since a string that grows by itself takes up to twice of what it needs.
void Splitter::keep(std::size_t octets) {
  const std::size_t bound = limits_.part + 2 * limits_.worthwhile + 4 * longest_line;
  if (held_.size() + octets > bound / 4 && held_.capacity() < bound) held_.reserve(bound);
  held_.append(in_.substr(0, octets));
  in_.remove_prefix(octets);
}

}  // namespace understudy::archive::store::content
