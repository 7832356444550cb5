// One item of FETCH: RFC 9051 §6.4.5 and what fetch_item.hpp names.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/imap/parsers.hpp"

namespace understudy::mail::imap::parsers {
namespace {

using Kind = FetchItem::Kind;

struct ItemName {
  std::string_view name;
  Kind kind;
  bool peek;
};
constexpr std::array<ItemName, 19> item_names = {{
    {"FLAGS", Kind::flags, false},
    {"UID", Kind::uid, false},
    {"INTERNALDATE", Kind::internal_date, false},
    {"RFC822", Kind::rfc822, false},
    {"RFC822.HEADER", Kind::rfc822_header, false},
    {"RFC822.SIZE", Kind::rfc822_size, false},
    {"RFC822.TEXT", Kind::rfc822_text, false},
    {"ENVELOPE", Kind::envelope, false},
    {"BODY", Kind::body, false},
    {"BODY.PEEK", Kind::section, true},
    {"BODYSTRUCTURE", Kind::body_structure, false},
    {"BINARY", Kind::binary, false},
    {"BINARY.PEEK", Kind::binary, true},
    {"BINARY.SIZE", Kind::binary_size, false},
    {"MODSEQ", Kind::mod_sequence, false},
    {"EMAILID", Kind::email_id, false},
    {"THREADID", Kind::thread_id, false},
    {"SAVEDATE", Kind::save_date, false},
    {"PREVIEW", Kind::preview, false},
}};

/// (name *(SP name))
bool read_fields(TokenReader& in, std::vector<std::string>& out) {
  return in.space() && in.list(in.limits().list_items, TokenReader::Empty::no, [&] {
    auto name = in.astring();
    if (name) out.push_back(std::move(*name));
    return name.has_value();
  });
}

/// HEADER, TEXT, MIME...: what stands behind the numbers, or alone.
bool read_section_text(TokenReader& in, Section& out) {
  using Text = Section::Text;
  if (in.take_word("HEADER.FIELDS.NOT")) {
    out.what = Text::header_fields_not;
    return read_fields(in, out.fields);
  }
  if (in.take_word("HEADER.FIELDS")) {
    out.what = Text::header_fields;
    return read_fields(in, out.fields);
  }
  if (in.take_word("HEADER")) {
    out.what = Text::header;
  } else if (in.take_word("TEXT")) {
    out.what = Text::text;
  } else if (!out.part.empty() && in.take_word("MIME")) {
    out.what = Text::mime;
  } else {
    return in.fail("A section is not understood");
  }
  return true;
}

bool read_numbers(TokenReader& in, Section& out) {
  while (true) {
    if (out.part.size() >= in.limits().section_depth) return in.fail("A section has too many numbers");
    const auto number = in.nz_number();
    if (!number) return false;
    out.part.push_back(*number);
    if (in.is(']')) return true;
    if (!in.take('.')) return in.fail("A section is not understood");
    const auto next = in.peek_word();
    if (next.empty()) return in.fail("A section is not understood");
    if (next[0] < '0' || next[0] > '9') return true;
  }
}

enum class Words : std::uint8_t { taken, refused };

bool read_partial(TokenReader& in, Section& out) {
  if (!in.take('<')) return true;
  const auto first = in.number64();
  if (!first || !in.expect('.')) return false;
  const auto count = in.number(1, INT64_MAX);
  if (!count || !in.expect('>')) return false;
  out.partial = Section::Partial{*first, *count};
  return true;
}

/// "[" section "]" ["<" partial ">"]; of BINARY only numbers.
bool read_section(TokenReader& in, Section& out, Words words) {
  if (!in.expect('[')) return false;
  if (in.take(']')) return read_partial(in, out);
  const auto next = in.peek_word();
  const bool numbered = !next.empty() && next[0] >= '0' && next[0] <= '9';
  if (numbered && !read_numbers(in, out)) return false;
  if (!in.is(']') && (words == Words::refused || !read_section_text(in, out))) return in.fail("A section is not understood");
  if (!in.take(']')) return in.fail("A section is not understood");
  return read_partial(in, out);
}

}  // namespace

bool read_fetch_item(TokenReader& in, FetchItem& out) {
  const auto word = in.word();
  const auto found = std::ranges::find_if(item_names, [&](const ItemName& name) { return base::iequals(name.name, word); });
  if (found == item_names.end()) return in.fail("A FETCH item is not known");
  out.kind = found->kind;
  out.peek = found->peek;
  switch (out.kind) {
    case Kind::body:
      if (!in.is('[')) return true;
      out.kind = Kind::section;
      return read_section(in, out.section, Words::taken);
    case Kind::section:
      return read_section(in, out.section, Words::taken);
    case Kind::binary:
      return read_section(in, out.section, Words::refused);
    case Kind::binary_size:
      return read_section(in, out.section, Words::refused) && (!out.section.partial || in.fail("BINARY.SIZE takes no partial"));
    case Kind::preview:
      out.lazy = in.take_word(" (LAZY") && in.expect(')');
      return in.error().empty();
    default:
      return true;
  }
}

}  // namespace understudy::mail::imap::parsers
