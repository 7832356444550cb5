#include "mail/imap/summary.hpp"

#include <algorithm>
#include <utility>

#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"
#include "mail/imap/preview.hpp"

namespace understudy::mail::imap {
namespace {

using Shape = mime::Part::Shape;

/// Shown, or of use, only with another part: signatures, keys of encryption, what became of a mail.
bool is_companion(const mime::ContentType& type) {
  if (type.type == "application")
    return type.subtype.ends_with("pgp-signature") || type.subtype.ends_with("pkcs7-signature") ||
           type.subtype == "pgp-encrypted";
  return type.type == "message" && type.subtype != "rfc822" && type.subtype != "global";
}

bool is_attachment(const mime::Structure& structure, const mime::Part& part) {
  if (part.shape == Shape::multipart) return false;
  if (part.disposition && part.disposition->kind == "attachment") return !is_companion(part.type);
  if (is_companion(part.type) || part.type.type == "multipart") return false;
  const bool is_inline = part.disposition && part.disposition->kind == "inline";
  if (part.type.type == "text") return part.filename && !is_inline;
  if (!part.parent) return true;
  const mime::ContentType& around = structure.parts[*part.parent].type;
  if (around.is("multipart", "report")) return false;  // the mail that came back
  const bool within_text = around.is("multipart", "related") || is_inline;
  return !(part.type.type == "image" && within_text);
}

bool is_within_message(const std::vector<mime::Part>& parts, const mime::Part& part) {
  for (auto up = part.parent; up; up = parts[*up].parent)
    if (parts[*up].shape == Shape::message) return true;
  return false;
}

/// What fits into the octets of a message that has not ended: memory grows with these limits, whatever the message.
SummaryLimits consistent(SummaryLimits limits) {
  limits.structure.header.octets = std::min(limits.structure.header.octets, limits.head);
  return limits;
}

}  // namespace

std::optional<std::string> header_fields(const Summary& summary, std::span<const std::string_view> names, FieldChoice choice) {
  return KeptFieldsView(summary.kept).header_fields(names, choice);
}

bool has_attachment(const mime::Structure& structure) {
  std::vector<bool> within(structure.parts.size());  // a message within the message
  for (std::size_t i = 0; i < structure.parts.size(); ++i) {
    const mime::Part& part = structure.parts[i];
    if (part.parent) within[i] = within[*part.parent] || structure.parts[*part.parent].shape == Shape::message;
    if (!within[i] && is_attachment(structure, part)) return true;
  }
  return false;
}

void SummaryMaker::Capture::take(std::uint64_t at, std::string_view piece) {
  const auto next = begin + octets.size();
  if (octets.size() >= limit || at + piece.size() <= next) return;
  octets += piece.substr(next - at, limit - octets.size());
}

std::string_view SummaryMaker::Capture::of(const header::Range& range) const {
  const auto from = std::min<std::uint64_t>(range.begin - std::min(range.begin, begin), octets.size());
  const auto to = std::min<std::uint64_t>(range.end - std::min(range.end, begin), octets.size());
  return std::string_view(octets).substr(from, to - from);
}

SummaryMaker::SummaryMaker(const SummaryLimits& limits) : limits_(consistent(limits)), body_structure_(limits_.body_structure) {
  head_.limit = limits_.head;
}

void SummaryMaker::start(header::LineEnds ends) {
  ends_ = ends;
  parser_.emplace(ends, limits_.structure, &body_structure_);
  parse(std::exchange(undecided_, {}));
}

void SummaryMaker::feed(std::string_view octets) {
  if (!parser_) {
    const auto room = limits_.head - undecided_.size();
    const auto front = octets.substr(0, room);
    const bool has_lf = front.find('\n') != std::string_view::npos;
    undecided_ += front;
    octets.remove_prefix(front.size());
    if (!has_lf && undecided_.size() < limits_.head) return;
    start(has_lf ? header::LineEnds::lf : header::line_ends_of(undecided_));
  }
  parse(octets);
}

void SummaryMaker::parse(std::string_view octets) {
  if (octets.empty()) return;
  parser_->feed(octets);
  head_.take(position_, octets);
  const auto& parts = parser_->parts();
  choose_text(parts, parts.size() - (parser_->in_header() ? 1 : 0));
  text_.take(position_, octets);
  position_ += octets.size();
}

/// A part begins behind a delimiter, so within the piece in which the parser tells of it first: its octets from there on are
/// kept until its header says that it is not the text.
void SummaryMaker::choose_text(const std::vector<mime::Part>& parts, std::size_t known) {
  for (; !text_part_ && next_part_ < parts.size(); ++next_part_) {
    const mime::Part& part = parts[next_part_];
    const bool captured = text_.limit > 0 && text_.begin == part.header.begin;
    if (!part.delimiter.empty() && !captured) text_ = {part.header.begin, limits_.preview, {}};
    if (next_part_ >= known) return;
    const bool fits = is_for_preview(part) && (part.delimiter.empty() ? next_part_ == 0 : !is_within_message(parts, part));
    if (fits) text_part_ = next_part_;
    if (!fits || next_part_ == 0) text_ = {};
    if (next_part_ == 0) head_.limit = std::min(head_.limit, part.header.end + (fits ? limits_.preview : 0));
  }
}

std::string SummaryMaker::preview(const mime::Structure& structure) const {
  if (!text_part_) return {};
  const mime::Part& part = structure.parts[*text_part_];
  const auto body = (*text_part_ == 0 ? head_ : text_).of(part.body).substr(0, limits_.preview);
  return make_preview(body, part.encoding, part.type);
}

Summary SummaryMaker::finish() {
  if (!parser_) start(header::line_ends_of(undecided_));
  const mime::Structure structure = parser_->finish();
  choose_text(structure.parts, structure.parts.size());
  const auto header_end = structure.parts.front().header.end;
  auto header = header::scan(head_.of({0, header_end}), 0, ends_, limits_.structure.header);
  if (header_end > head_.octets.size()) {
    header.truncated = true;
    if (!header.fields.empty()) header.fields.pop_back();  // it may be cut
  }
  Envelope envelope = make_envelope(header, limits_.envelope);
  BodyStructure body_structure = body_structure_.finish(structure);
  Summary summary;
  SummaryFacts& facts = summary.facts;
  facts.size = structure.size;
  facts.header_size = header_end;
  facts.lines = structure.lines;
  if (const auto value = header::first_value(header, "Date"))
    if (const auto sent = header::parse_date(*value)) facts.sent = sent->time_since_epoch().count();
  facts.line_ends = ends_;
  facts.has_attachment = has_attachment(structure);
  facts.envelope_cut = envelope.truncated;
  facts.body_structure_cut = body_structure.truncated;
  facts.unparsed = structure.unparsed.has_value();
  summary.envelope = std::move(envelope.wire);
  summary.body_structure = std::move(body_structure.wire);
  summary.preview = preview(structure);
  summary.kept = keep_fields(header, limits_.kept);
  summary.parts = part_ranges(structure);
  return summary;
}

Summary summarise(std::string_view message, const SummaryLimits& limits) {
  SummaryMaker maker(limits);
  maker.feed(message);
  return maker.finish();
}

}  // namespace understudy::mail::imap
