#include "mail/imap/summary_record.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.hpp"

namespace understudy::mail::imap {
namespace {

using base::Reader;
using base::Writer;

constexpr std::uint8_t version = 1;
constexpr std::size_t known_sections = 6;
constexpr std::size_t most_sections = 32;

enum Flag : std::uint8_t {
  has_date = 1,
  bare_cr = 2,
  attachment = 4,
  envelope_was_cut = 8,
  body_structure_was_cut = 16,
  has_unparsed = 32
};
/// Of the octet that says what was left out: a bit for each section, and one for the names of other fields.
constexpr unsigned names_left_out = 0x80;

std::string encode_facts(const SummaryFacts& facts, std::uint8_t left_out) {
  const auto flag = [](bool set, Flag bit) { return static_cast<unsigned>(set ? bit : 0); };
  const unsigned flags = flag(facts.sent.has_value(), has_date) | flag(facts.line_ends == header::LineEnds::cr, bare_cr) |
                         flag(facts.has_attachment, attachment) | flag(facts.envelope_cut, envelope_was_cut) |
                         flag(facts.body_structure_cut, body_structure_was_cut) | flag(facts.unparsed, has_unparsed);
  Writer out;
  out.u8(left_out).u8(static_cast<std::uint8_t>(flags)).varint(facts.size).varint(facts.header_size).varint(facts.lines);
  if (facts.sent) out.u64(static_cast<std::uint64_t>(*facts.sent));
  return out.take();
}

bool decode_facts(Reader in, SummaryFacts& facts, std::uint8_t& left_out) {
  left_out = in.u8();
  const unsigned flags = in.u8();
  facts.size = in.varint();
  facts.header_size = in.varint();
  facts.lines = in.varint();
  if (flags & has_date) facts.sent = static_cast<std::int64_t>(in.u64());
  facts.line_ends = flags & bare_cr ? header::LineEnds::cr : header::LineEnds::lf;
  facts.has_attachment = flags & attachment;
  facts.envelope_cut = flags & envelope_was_cut;
  facts.body_structure_cut = flags & body_structure_was_cut;
  facts.unparsed = flags & has_unparsed;
  return in.ok();
}

std::string encode_kept(const KeptFields& kept) {
  Writer out;
  out.u8(kept.set).u8(kept.complete ? 1 : 0).text(kept.missed).text(kept.others).raw(kept.fields);
  return out.take();
}

std::string encode_parts(const std::vector<PartRange>& parts) {
  Writer out;
  out.varint(parts.size());
  std::uint64_t last = 0;  // headers begin in order
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const PartRange& part = parts[i];
    const auto kind = static_cast<unsigned>(part.shape) << 4 | static_cast<unsigned>(part.encoding);
    out.u8(static_cast<std::uint8_t>(kind)).varint(i - part.parent).varint(part.header.begin - last);
    out.varint(part.header.size()).varint(part.body.size());
    last = part.header.begin;
  }
  return out.take();
}

std::optional<PartRange> decode_part(Reader& in, std::size_t index, std::uint64_t last) {
  const unsigned kind = in.u8();
  const std::uint64_t up = in.varint();
  PartRange part;
  part.header.begin = last + in.varint();
  part.header.end = part.header.begin + in.varint();
  part.body = {part.header.end, part.header.end + in.varint()};
  const bool in_order = last <= part.header.begin && part.header.begin <= part.header.end && part.header.end <= part.body.end;
  if (!in.ok() || !in_order || up > index || (up == 0 && index > 0)) return std::nullopt;
  if (kind >> 4 > static_cast<unsigned>(mime::Part::Shape::message) ||
      (kind & 15) > static_cast<unsigned>(mime::Encoding::other))
    return std::nullopt;
  part.parent = static_cast<std::uint32_t>(index - up);
  part.shape = static_cast<mime::Part::Shape>(kind >> 4);
  part.encoding = static_cast<mime::Encoding>(kind & 15);
  return part;
}

std::optional<std::vector<PartRange>> decode_parts(std::string_view octets) {
  Reader in(octets);
  const auto count = in.varint();
  if (count > octets.size()) return std::nullopt;
  std::vector<PartRange> parts;
  parts.reserve(count);
  while (parts.size() < count) {
    const auto part = decode_part(in, parts.size(), parts.empty() ? 0 : parts.back().header.begin);
    if (!part) return std::nullopt;
    parts.push_back(*part);
  }
  return parts;
}

/// The sections as they are written, and what of them is left out.
struct Sections {
  std::array<std::string, known_sections> octets;
  std::span<const std::string> later;
  unsigned left_out = 0;

  std::size_t size() const {
    std::size_t sum = 2 + 4 * (known_sections + later.size());
    for (const std::string& section : octets) sum += section.size();
    for (const std::string& section : later) sum += section.size();
    return sum;
  }

  void leave_out_largest() {
    const auto largest = std::ranges::max_element(octets.begin() + 1, octets.end(), {}, &std::string::size);  // never the facts
    left_out |= 1u << (largest - octets.begin());
    *largest = {};
  }

  std::string take() const {
    Writer out(version);
    out.u8(static_cast<std::uint8_t>(known_sections + later.size()));
    std::uint32_t end = 0;
    for (const auto& section : octets) out.u32(end += static_cast<std::uint32_t>(section.size()));
    for (const auto& section : later) out.u32(end += static_cast<std::uint32_t>(section.size()));
    for (const auto& section : octets) out.raw(section);
    for (const auto& section : later) out.raw(section);
    return out.take();
  }
};

}  // namespace

std::string encode(const Summary& summary, std::size_t longest) {
  Sections sections;
  const auto parts = encode_parts(summary.parts);
  sections.octets = {encode_facts(summary.facts, 0), summary.envelope,
                     summary.body_structure,         summary.preview,
                     encode_kept(summary.kept),      parts};
  if (summary.later.size() <= most_sections - known_sections) sections.later = summary.later;
  if (sections.size() > longest) sections.later = {};
  if (sections.size() > longest && !summary.kept.others.empty()) {
    KeptFields kept = summary.kept;
    kept.others.clear();
    kept.complete = false;
    sections.octets[4] = encode_kept(kept);
    sections.left_out |= names_left_out;
  }
  while (sections.size() > longest && sections.left_out % (1u << known_sections) != (1u << known_sections) - 2)
    sections.leave_out_largest();
  sections.octets[0] = encode_facts(summary.facts, static_cast<std::uint8_t>(sections.left_out));
  return sections.take();
}

base::Result<SummaryView> SummaryView::open(std::string_view record) {
  Reader in(record);
  if (in.u8() != version)
    return base::fail("the summary of a message has a version that is not known", base::errc::unsupported);
  const auto damaged = [] { return base::fail("the summary of a message does not fit together", base::errc::damaged); };
  const std::size_t sections = in.u8();
  Reader table(in.raw(4 * sections));
  const std::string_view data = in.rest();
  if (!in.ok() || sections < known_sections || sections > most_sections) return damaged();
  SummaryView view;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < sections; ++i) {
    const std::size_t end = table.u32();
    if (end < begin || end > data.size()) return damaged();
    const auto section = data.substr(begin, end - begin);
    if (i < count) {
      view.sections_[i] = section;
    } else {
      view.later_.push_back(section);
    }
    begin = end;
  }
  if (begin != data.size() || !decode_facts(Reader(view.sections_[facts_at]), view.facts_, view.left_out_)) return damaged();
  return view;
}

std::optional<std::string_view> SummaryView::section(Index index) const {
  if (left_out_ >> index & 1) return std::nullopt;
  return sections_[index];
}

std::optional<std::string_view> SummaryView::envelope() const {
  return section(envelope_at);
}

std::optional<std::string_view> SummaryView::body_structure() const {
  return section(body_structure_at);
}

std::optional<std::string_view> SummaryView::preview() const {
  return section(preview_at);
}

std::optional<KeptFieldsView> SummaryView::kept() const {
  const auto octets = section(kept_at);
  if (!octets) return std::nullopt;
  Reader in(*octets);
  const auto set = in.u8();
  const bool complete = in.u8() != 0;
  const auto missed = in.text();
  const auto others = in.text();
  const auto fields = in.rest();
  if (!in.ok()) return std::nullopt;
  return KeptFieldsView(fields, missed, others, complete, set);
}

std::optional<std::vector<PartRange>> SummaryView::parts() const {
  const auto octets = section(parts_at);
  return octets ? decode_parts(*octets) : std::nullopt;
}

std::optional<std::string> SummaryView::header_fields(std::span<const std::string_view> names, FieldChoice choice) const {
  const auto fields = kept();
  return fields ? fields->header_fields(names, choice) : std::nullopt;
}

base::Result<Summary> SummaryView::decode() const {
  Summary summary;
  summary.facts = facts_;
  summary.envelope = envelope().value_or("");
  summary.body_structure = body_structure().value_or("");
  summary.preview = preview().value_or("");
  if (const auto octets = section(kept_at)) {
    const auto fields = kept();
    if (!fields) return base::fail("the kept fields of a message's summary", base::errc::damaged);
    summary.kept = fields->copy();
  } else {
    summary.kept = {.complete = false, .set = 0};
  }
  if (section(parts_at)) {
    auto found = parts();
    if (!found) return base::fail("the parts of a message's summary", base::errc::damaged);
    summary.parts = std::move(*found);
  }
  for (const std::string_view each : later_) summary.later.emplace_back(each);
  return summary;
}

base::Result<Summary> decode(std::string_view record) {
  const auto view = SummaryView::open(record);
  if (!view) return base::fail("mail::imap::decode", view.error());
  return view->decode();
}

}  // namespace understudy::mail::imap
