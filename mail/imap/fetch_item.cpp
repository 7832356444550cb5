#include "mail/imap/fetch_item.hpp"

#include <algorithm>

#include "mail/imap/written.hpp"

namespace understudy::mail::imap {
namespace {

std::string_view word_of(Section::Text text) {
  switch (text) {
    case Section::Text::whole:
      return "";
    case Section::Text::header:
      return "HEADER";
    case Section::Text::header_fields:
      return "HEADER.FIELDS";
    case Section::Text::header_fields_not:
      return "HEADER.FIELDS.NOT";
    case Section::Text::text:
      return "TEXT";
    case Section::Text::mime:
      return "MIME";
  }
  return "";
}

std::string_view word_of(FetchItem::Kind kind) {
  switch (kind) {
    case FetchItem::Kind::flags:
      return "FLAGS";
    case FetchItem::Kind::uid:
      return "UID";
    case FetchItem::Kind::internal_date:
      return "INTERNALDATE";
    case FetchItem::Kind::rfc822:
      return "RFC822";
    case FetchItem::Kind::rfc822_header:
      return "RFC822.HEADER";
    case FetchItem::Kind::rfc822_size:
      return "RFC822.SIZE";
    case FetchItem::Kind::rfc822_text:
      return "RFC822.TEXT";
    case FetchItem::Kind::envelope:
      return "ENVELOPE";
    case FetchItem::Kind::body:
    case FetchItem::Kind::section:
      return "BODY";
    case FetchItem::Kind::body_structure:
      return "BODYSTRUCTURE";
    case FetchItem::Kind::binary:
      return "BINARY";
    case FetchItem::Kind::binary_size:
      return "BINARY.SIZE";
    case FetchItem::Kind::mod_sequence:
      return "MODSEQ";
    case FetchItem::Kind::email_id:
      return "EMAILID";
    case FetchItem::Kind::thread_id:
      return "THREADID";
    case FetchItem::Kind::save_date:
      return "SAVEDATE";
    case FetchItem::Kind::preview:
      return "PREVIEW";
  }
  return "";
}

bool is_atom(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
  });
}

}  // namespace

std::string Section::text() const {
  std::string out;
  for (const std::uint32_t number : part) out += (out.empty() ? "" : ".") + std::to_string(number);
  if (!part.empty() && what != Text::whole) out += '.';
  out += word_of(what);
  if (what != Text::header_fields && what != Text::header_fields_not) return out;
  out += " (";
  for (const std::string& field : fields) {
    if (&field != &fields.front()) out += ' ';
    out += is_atom(field) ? field : written_string(field);
  }
  return out + ')';
}

std::string text_of(const FetchItem& item) {
  std::string out(word_of(item.kind));
  if (item.peek) out += ".PEEK";
  if (item.lazy) out += " (LAZY)";
  using enum FetchItem::Kind;
  if (item.kind != section && item.kind != binary && item.kind != binary_size) return out;
  out += '[' + item.section.text() + ']';
  if (const auto& partial = item.section.partial)
    out += '<' + std::to_string(partial->first) + '.' + std::to_string(partial->count) + '>';
  return out;
}

}  // namespace understudy::mail::imap
