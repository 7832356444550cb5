/// Summary as a record: a table of offsets in front, so that one thing is read without the others and without a copy.
/// Octets: version; number of sections (u8); where each ends (u32 each, from the end of the table); the sections: facts,
/// envelope, body structure, preview, kept fields, parts; what later versions add is more sections, which are left alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "mail/imap/summary.hpp"

namespace understudy::mail::imap {

constexpr std::size_t longest_record = 60 * 1024;

/// At most `longest` octets (not under 1 KiB). Where it would be more these go, until it fits, and are marked: what later
/// versions added; the names of other fields; then always the largest of envelope, body structure, preview, kept fields and
/// parts, which leaves the most of the others. Who needs what went makes it again from the octets of the message.
std::string encode(const Summary& summary, std::size_t longest = longest_record);

/// Reads a record in part. Keeps a view of it. Every function costs what it reads, and gives nullopt for what was left out or
/// is damaged: the octets of the message say it then.
class SummaryView {
 public:
  /// Looks at the table and the facts. unsupported: a version of another kind; damaged: it does not fit together.
  static base::Result<SummaryView> open(std::string_view record);

  const SummaryFacts& facts() const { return facts_; }
  std::optional<std::string_view> envelope() const;
  std::optional<std::string_view> body_structure() const;
  std::optional<std::string_view> preview() const;
  std::optional<KeptFieldsView> kept() const;
  std::optional<std::vector<PartRange>> parts() const;
  /// See KeptFieldsView::header_fields().
  std::optional<std::string> header_fields(std::span<const std::string_view> names, FieldChoice choice) const;
  /// All of it; what was left out is empty.
  base::Result<Summary> decode() const;
  /// Whether anything was left out.
  bool is_whole() const { return left_out_ == 0; }

 private:
  enum Index : std::uint8_t { facts_at, envelope_at, body_structure_at, preview_at, kept_at, parts_at, count };

  std::optional<std::string_view> section(Index index) const;

  std::array<std::string_view, count> sections_;
  std::vector<std::string_view> later_;
  std::uint8_t left_out_ = 0;  // a bit for each section, the highest for the names of other fields
  SummaryFacts facts_;
};

/// SummaryView::open() and decode().
base::Result<Summary> decode(std::string_view record);

}  // namespace understudy::mail::imap
