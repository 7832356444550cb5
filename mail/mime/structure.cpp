#include "mail/mime/structure.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/header/fields.hpp"
#include "mail/header/lexer.hpp"

namespace understudy::mail::mime {
namespace {

constexpr std::size_t max_boundary = 1024;  // RFC 2046 says 70; longer ones are met
constexpr std::size_t max_kept_line = 64 * 1024;

Encoding encoding_of(std::string_view value) {
  struct Known {
    std::string_view name;
    Encoding encoding;
  };
  constexpr std::array<Known, 5> known = {{{"7bit", Encoding::seven_bit},
                                           {"8bit", Encoding::eight_bit},
                                           {"binary", Encoding::binary},
                                           {"quoted-printable", Encoding::quoted_printable},
                                           {"base64", Encoding::base64}}};
  const auto word = header::Lexer(value, header::Lexer::mime_specials).next_word().raw;
  const auto found = std::ranges::find_if(known, [&](const Known& k) { return base::iequals(k.name, word); });
  if (word.empty()) return Encoding::seven_bit;
  return found == known.end() ? Encoding::other : found->encoding;
}

bool is_identity(Encoding encoding) {
  return encoding == Encoding::seven_bit || encoding == Encoding::eight_bit || encoding == Encoding::binary;
}

std::uint64_t octets_of(const ParameterList& list) {
  std::uint64_t sum = 0;
  for (const Parameter& p : list.items) sum += p.name.size() + p.value.size();
  return sum;
}

/// RFC 2046 §5.2.1; RFC 6532 §3.7.
bool is_message(const ContentType& type) {
  return type.is("message", "rfc822") || type.is("message", "global");
}

}  // namespace

StructureParser::StructureParser(header::LineEnds ends, const StructureLimits& limits, StructureListener* listener)
    : limits_(limits), splitter_(ends, max_kept_line), listener_(listener) {
  begin_part(std::nullopt, 0);
}

void StructureParser::feed(std::string_view octets) {
  while (!octets.empty()) {
    const auto all = octets;
    pending_ = splitter_.pending();
    const bool ended = splitter_.next(octets);
    piece_ = all.substr(0, all.size() - octets.size());
    if (ended) {
      on_line();
    } else if (listener_ && in_leaf()) {
      // A line that cannot be a delimiter any more is not waited for.
      const auto size = pending_ + piece_.size();
      if (front_passed_ || size > max_kept_line || (size > max_boundary && !splitter_.kept().starts_with("--"))) pass_body();
    }
  }
}

Structure StructureParser::finish() {
  pending_ = splitter_.pending();
  piece_ = {};
  if (splitter_.last()) on_line();
  const auto size = splitter_.position();
  end_headers(size, lines_);
  close_above(0, size, lines_);
  result_.size = size;
  result_.lines = lines_;
  return std::move(result_);
}

void StructureParser::on_line() {
  const header::Line& line = splitter_.line();
  const Match found = stopped_ ? Match() : match(splitter_.text());
  if (found.kind != Match::Kind::none) {
    on_delimiter(found);
  } else if (!stopped_ && in_header_) {
    on_header_line();
  } else if (listener_ && in_leaf()) {
    pass_body();
  }
  front_passed_ = false;
  last_text_end_ = line.text_end;
  if (line.end > line.text_end) ++lines_;
}

/// The current line, as much of it as is there.
void StructureParser::pass_body() {
  if (!front_passed_ && pending_ > 0) listener_->on_body(splitter_.kept().substr(0, pending_));
  if (!piece_.empty()) listener_->on_body(piece_);
  front_passed_ = true;
}

/// Lines that were taken for a part of the header first.
void StructureParser::pass_late_body(std::string_view octets) {
  if (listener_ && in_leaf() && !octets.empty()) listener_->on_body(octets);
}

/// The same rules as header::scan(), one line at a time.
void StructureParser::on_header_line() {
  const header::Line& line = splitter_.line();
  const std::string_view text = splitter_.text();
  const bool first = line.begin == current().header.begin;
  const bool indented = text.starts_with(' ') || text.starts_with('\t');
  if (!indented && header::begins_field(text)) {
    junk_at_.reset();
  } else if (line.blank() && !junk_at_) {
    return end_header(line.end, lines_ + (line.end > line.text_end ? 1 : 0));
  } else if (first ? !header::is_mbox_separator(text) : !indented) {
    if (first || junk_at_) {
      end_headers(line.begin, lines_);
      return pass_late_body(std::string(text) + '\n');
    }
    junk_at_ = line.begin;
    junk_lines_ = lines_;
    junk_in_header_ = header_.size();
  }
  const auto room = limits_.header.octets > header_.size() ? limits_.header.octets - header_.size() : 0;
  header_.append(text.substr(0, room));
  header_.push_back('\n');  // any line end will do: only the meaning of the fields is read from here
}

/// Exactly a boundary and, perhaps, white space behind it; the innermost one that fits.
StructureParser::Match StructureParser::match(std::string_view text) const {
  const header::Line& line = splitter_.line();
  if (!text.starts_with("--") || text.size() < line.text_end - line.begin) return {};
  text.remove_prefix(2);
  const auto last = text.find_last_not_of(" \t");
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  for (auto level = open_.size(); level-- > 0;) {
    const std::string& boundary = open_[level].boundary;
    if (boundary.empty() || !text.starts_with(boundary)) continue;
    if (text.size() == boundary.size()) return {level, Match::Kind::delimiter};
    if (text.substr(boundary.size()) == "--") return {level, Match::Kind::closing};
  }
  return {};
}

void StructureParser::on_delimiter(const Match& match) {
  const header::Line line = splitter_.line();
  const auto at = std::max(floor_, last_text_end_);
  const auto lines = at < line.begin ? lines_ - 1 : lines_;
  end_headers(at, lines);
  close_above(match.level + 1, at, lines);
  Open& open = open_[match.level];
  Part& multipart = result_.parts[open.part];
  const bool first = result_.parts.size() == open.part + 1;
  if (first) multipart.preamble = {multipart.body.begin, at};
  if (match.kind == Match::Kind::delimiter && result_.parts.size() >= limits_.parts) {
    stopped_ = true;
    multipart.closing = multipart.epilogue = {at, at};
    open.boundary.clear();
    if (!result_.unparsed) result_.unparsed = at;
    return;
  }
  if (match.kind == Match::Kind::closing) {  // its line end belongs to the epilogue, or to the delimiter that comes next
    floor_ = line.text_end;
    multipart.closing = {at, line.text_end};
    multipart.epilogue = {line.text_end, line.text_end};
    open.boundary.clear();
    return;
  }
  begin_part(open.part, line.end);
  current().delimiter = {at, line.end};
}

void StructureParser::begin_part(std::optional<std::size_t> parent, std::uint64_t at) {
  Part part;
  part.parent = parent;
  part.depth = parent ? result_.parts[*parent].depth + 1 : 0;
  part.delimiter = part.header = part.body = {at, at};
  if (parent && result_.parts[*parent].type.is("multipart", "digest")) part.type = {"message", "rfc822", {}};
  open_.push_back({result_.parts.size(), {}, 0});
  result_.parts.push_back(std::move(part));
  in_header_ = true;
  floor_ = at;
  header_.clear();
  junk_at_.reset();
}

/// Ends the header of the innermost part, and that of the message that may begin in its place: neither has a line more.
void StructureParser::end_headers(std::uint64_t at, std::uint64_t lines) {
  if (junk_at_) {
    at = *junk_at_;
    lines = junk_lines_;
  }
  const std::string junk = listener_ && in_header_ && junk_at_ ? header_.substr(junk_in_header_) : std::string();
  while (in_header_) end_header(at, lines);
  pass_late_body(junk);
}

void StructureParser::end_header(std::uint64_t at, std::uint64_t lines) {
  in_header_ = false;
  floor_ = at;
  Part& part = current();
  part.header.end = at;
  part.body = part.preamble = part.closing = part.epilogue = {at, at};
  open_.back().lines_before = lines;
  read_header(part);
  open_body(at);
}

void StructureParser::read_header(Part& part) {
  const auto header = header::scan(header_, 0, header::LineEnds::lf, limits_.header);
  if (const auto value = header::first_value(header, "Content-Transfer-Encoding")) part.encoding = encoding_of(*value);
  if (const auto value = header::first_value(header, "Content-Type")) {
    part.type = parse_content_type(*value).value_or(ContentType());
  }
  if (const auto value = header::first_value(header, "Content-Disposition")) part.disposition = parse_disposition(*value);
  part.filename = filename(part.disposition, part.type);
  limit_parameters(part);
  if (listener_) listener_->on_header(result_, open_.back().part, header);
  header_.clear();
}

void StructureParser::limit_parameters(Part& part) {
  parameter_octets_ += octets_of(part.type.parameters) + (part.disposition ? octets_of(part.disposition->parameters) : 0) +
                       (part.filename ? part.filename->size() : 0);
  if (parameter_octets_ <= limits_.parameter_octets) return;
  part.type.parameters = {.truncated = true};
  if (part.disposition) part.disposition->parameters = {.truncated = true};
  part.filename.reset();
}

/// Decides what the body is; what is taken apart is opened.
void StructureParser::open_body(std::uint64_t at) {
  const auto index = open_.back().part;
  Part& part = result_.parts[index];
  const std::string* boundary = part.type.type == "multipart" ? part.type.parameters.find("boundary") : nullptr;
  const bool is_multipart = boundary && !boundary->empty() && boundary->size() <= max_boundary;
  const bool holds_message = is_message(part.type) && is_identity(part.encoding);
  if (!is_multipart && !holds_message) return;
  if (part.depth >= limits_.depth || (holds_message && result_.parts.size() >= limits_.parts)) {
    if (!result_.unparsed) result_.unparsed = at;
    return;
  }
  if (is_multipart) {
    part.shape = Part::Shape::multipart;
    const auto last = boundary->find_last_not_of(" \t");  // a boundary does not end in white space (RFC 2046 §5.1.1)
    open_.back().boundary = boundary->substr(0, last + 1);
  } else {
    part.shape = Part::Shape::message;
    begin_part(index, at);
  }
}

/// Ends the bodies of all open parts from `level` inwards.
void StructureParser::close_above(std::size_t level, std::uint64_t at, std::uint64_t lines) {
  while (open_.size() > level) {
    const Open& open = open_.back();
    Part& part = result_.parts[open.part];
    part.body.end = at;
    part.lines = lines - open.lines_before;
    if (part.shape == Part::Shape::multipart) {
      const bool ended = part.epilogue.begin > part.body.begin;  // by its closing delimiter, or by the limit
      if (!ended && result_.parts.size() == open.part + 1) part.preamble.end = at;
      if (!ended) part.closing = part.epilogue = {at, at};
      part.epilogue.end = at;
    }
    open_.pop_back();
  }
}

Structure parse_structure(std::string_view message, const StructureLimits& limits) {
  StructureParser parser(header::line_ends_of(message.substr(0, limits.header.octets)), limits);
  parser.feed(message);
  return parser.finish();
}

}  // namespace understudy::mail::mime
