#include "archive/access/imap/message_fetch.hpp"

#include <algorithm>

#include "archive/access/imap/part_reader.hpp"
#include "archive/access/imap/selected.hpp"
#include "archive/mailbox/view.hpp"
#include "archive/object_id.hpp"
#include "mail/imap/body_structure.hpp"
#include "mail/imap/date_time.hpp"
#include "mail/imap/wire.hpp"

namespace understudy::archive::access::imap {
namespace {

using mail::header::Range;
using mail::imap::FetchItem;
using mail::imap::Section;
using mail::imap::SectionPath;
using Kind = FetchItem::Kind;

/// Of a message whose octets cannot be read.
constexpr std::string_view unknown_body = "(\"application\" \"octet-stream\" NIL NIL NIL \"binary\" 0)";
constexpr std::uint64_t longest_header = 1024 * 1024;  ///< octets of a header that HEADER.FIELDS is chosen from

SectionPath path_of(const Section& section) {
  SectionPath path;
  path.part = section.part;
  switch (section.what) {
    case Section::Text::whole:
      path.what = SectionPath::What::all;
      break;
    case Section::Text::header:
    case Section::Text::header_fields:
    case Section::Text::header_fields_not:
      path.what = SectionPath::What::header;
      break;
    case Section::Text::text:
      path.what = SectionPath::What::text;
      break;
    case Section::Text::mime:
      path.what = SectionPath::What::mime;
      break;
  }
  return path;
}

bool wants_fields(const Section& section) {
  return section.what == Section::Text::header_fields || section.what == Section::Text::header_fields_not;
}

/// RFC822.HEADER and its like as the sections that they are (RFC 3501 §6.4.5).
Section section_of(Kind kind) {
  Section section;
  if (kind == Kind::rfc822_header) section.what = Section::Text::header;
  if (kind == Kind::rfc822_text) section.what = Section::Text::text;
  return section;
}

}  // namespace

bool MessageFetch::note(const base::Error& error) {
  if (failed_) failed_ = std::unexpected(error);
  return false;
}

const mail::imap::SummaryView* MessageFetch::summary(Want want) {
  if (view_ && (want == Want::any || view_->is_whole())) return &*view_;
  view_.reset();  // of the record before
  auto record = summaries_.record(item_.body(), want);
  if (!record) return note(record.error()), nullptr;
  record_ = std::move(*record);
  auto view = mail::imap::SummaryView::open(record_);
  if (!view) return note(view.error()), nullptr;
  view_ = *view;
  return &*view_;
}

const mailbox::Message* MessageFetch::message() {
  if (message_) return &*message_;
  auto found = mailbox::message(archive_.store(), account_.number(), folder_, item_.uid);
  if (!found) return note(found.error()), nullptr;
  message_ = std::move(*found);
  return &*message_;
}

std::optional<std::string> MessageFetch::read(Range range) {
  const auto body = archive_.open_body(item_.body());
  std::string octets;
  while (octets.size() < range.size()) {
    auto piece = body->read(range.begin + octets.size(), static_cast<std::size_t>(range.size() - octets.size()));
    if (!piece) return note(piece.error()), std::nullopt;
    if (piece->empty()) return note({base::errc::damaged, "body of a message"}), std::nullopt;
    octets += *piece;
  }
  return octets;
}

bool is_in_image(const FetchItem& item) {
  switch (item.kind) {
    case Kind::flags:
    case Kind::uid:
    case Kind::internal_date:
    case Kind::rfc822_size:
    case Kind::mod_sequence:
      return true;
    default:
      return false;
  }
}

void put_from_image(std::string& out, const FetchItem& item, const mailbox::LiveAccount& account,
                    const mailbox::Item& message) {
  switch (item.kind) {
    case Kind::flags:
      out += "FLAGS ";
      put_flags(out, message.system, account.keywords().at(message.keywords));
      break;
    case Kind::uid:
      out.append("UID ").append(std::to_string(message.uid));
      break;
    case Kind::internal_date:
      out.append("INTERNALDATE \"").append(mail::imap::format_date_time(message.internal_date)).append("\"");
      break;
    case Kind::rfc822_size:
      out.append("RFC822.SIZE ").append(std::to_string(message.size));
      break;
    case Kind::mod_sequence:
      out.append("MODSEQ (").append(std::to_string(message.modseq)).append(")");
      break;
    default:
      break;
  }
}

std::optional<Streamed> MessageFetch::put(std::string& out, const FetchItem& item) {
  switch (item.kind) {
    case Kind::flags:
    case Kind::uid:
    case Kind::internal_date:
    case Kind::rfc822_size:
    case Kind::mod_sequence:
      put_from_image(out, item, account_, item_);
      return {};
    case Kind::thread_id:
      out += "THREADID NIL";
      return {};
    case Kind::envelope:
    case Kind::body:
    case Kind::body_structure:
    case Kind::preview:
    case Kind::email_id:
    case Kind::save_date:
      put_stored(out, item.kind);
      return {};
    case Kind::rfc822:
    case Kind::rfc822_header:
    case Kind::rfc822_text:
    case Kind::section:
      return put_section(out, item);
    case Kind::binary:
    case Kind::binary_size:
      return put_binary(out, item);
  }
  return {};
}

void MessageFetch::put_stored(std::string& out, Kind kind) {
  if (kind == Kind::email_id || kind == Kind::save_date) {
    const auto* found = message();
    if (kind == Kind::email_id) out.append("EMAILID (").append(found ? email_id(found->name) : std::string()).append(")");
    if (kind == Kind::save_date)
      out.append("SAVEDATE ").append(found ? '"' + mail::imap::format_date_time(found->saved) + '"' : std::string("NIL"));
    return;
  }
  const auto wanted = [kind](const mail::imap::SummaryView& view) -> std::optional<std::string_view> {
    if (kind == Kind::envelope) return view.envelope();
    if (kind == Kind::preview) return view.preview();
    return view.body_structure();
  };
  const auto* view = summary(Want::any);
  auto text = view ? wanted(*view) : std::nullopt;
  if (view && !text) {
    view = summary(Want::whole);
    text = view ? wanted(*view) : std::nullopt;
  }
  switch (kind) {
    case Kind::envelope:
      out.append("ENVELOPE ").append(text.value_or(mail::imap::empty_envelope));
      break;
    case Kind::preview:
      out += "PREVIEW ";
      mail::imap::put_optional_text(out, text);
      break;
    case Kind::body:
      out.append("BODY ").append(text ? mail::imap::body_of(*text) : std::string(unknown_body));
      break;
    default:
      out.append("BODYSTRUCTURE ").append(text ? *text : unknown_body);
  }
}

std::optional<mail::imap::FoundSection> MessageFetch::find(const Section& section) {
  const auto* view = summary(Want::any);
  if (view && !view->parts()) view = summary(Want::whole);
  const auto parts = view ? view->parts() : std::nullopt;
  return parts ? mail::imap::find_section(*parts, path_of(section)) : std::nullopt;
}

std::optional<Streamed> MessageFetch::put_section(std::string& out, const FetchItem& item) {
  const bool is_section = item.kind == Kind::section;
  const auto section = is_section ? item.section : section_of(item.kind);
  if (is_section) {
    out.append("BODY[").append(section.text()).append("]");
    if (section.partial) out.append("<").append(std::to_string(section.partial->first)).append(">");
  } else {
    out += item.kind == Kind::rfc822 ? "RFC822" : item.kind == Kind::rfc822_header ? "RFC822.HEADER" : "RFC822.TEXT";
  }
  out += ' ';
  if (wants_fields(section)) return put_fields(out, section), std::nullopt;
  const bool whole_message = section.part.empty() && section.what == Section::Text::whole;
  if (whole_message) return put_octets(out, {0, item_.size}, section.partial);
  const auto found = find(section);
  if (!found) return out += "NIL", std::nullopt;
  return put_octets(out, found->range, section.partial);
}

std::optional<Streamed> MessageFetch::put_octets(std::string& out, Range range,
                                                 const std::optional<Section::Partial>& partial) {
  const auto part = within(range.size(), partial);
  const Range wanted{range.begin + part.begin, range.begin + part.end};
  if (wanted.size() == 0) return out += "\"\"", std::nullopt;
  if (wanted.size() > held) {
    auto streamed = stream_of(RangeReader(archive_.open_body(item_.body()), wanted), 0, wanted.size());
    auto first = streamed.next();
    if (!first) return note(first.error()), out += "NIL", std::nullopt;
    streamed.first = std::move(*first);
    out.append("{").append(std::to_string(wanted.size())).append("}\r\n");
    return streamed;
  }
  const auto octets = read(wanted);
  if (!octets) return out += "NIL", std::nullopt;
  mail::imap::put_literal(out, *octets);
  return {};
}

MessageFetch::MessageFetch(const Archive& archive, SummaryReader& summaries, mailbox::LiveAccount& account,
                           mailbox::FolderNumber folder, const mailbox::Item& item)
    : archive_(archive), summaries_(summaries), account_(account), folder_(folder), item_(item) {}

MessageFetch::~MessageFetch() = default;

std::optional<Streamed> MessageFetch::octets_of(const Section& section) {
  if (wants_fields(section)) {
    std::string written;
    put_fields(written, section);
    const auto text = mail::imap::WireReader(written).text();
    if (text.nil) return {};
    Streamed fields;
    fields.octets = text.inner.size();
    fields.first = text.str();
    fields.next = [] { return base::Result<std::string>(std::string()); };
    return fields;
  }
  const bool whole_message = section.part.empty() && section.what == Section::Text::whole;
  const auto found = whole_message ? std::optional(mail::imap::FoundSection{{0, item_.size}}) : find(section);
  if (!found) return {};
  const auto part = within(found->range.size(), section.partial);
  const Range wanted{found->range.begin + part.begin, found->range.begin + part.end};
  return stream_of(RangeReader(archive_.open_body(item_.body()), wanted), 0, wanted.size());
}

void MessageFetch::put_part_text(std::string& out, std::string_view text, const std::optional<Section::Partial>& partial) {
  const auto part = within(text.size(), partial);
  mail::imap::put_literal(out, part.of(text));
}

void MessageFetch::put_fields(std::string& out, const Section& section) {
  using Choice = mail::imap::FieldChoice;
  const auto choice = section.what == Section::Text::header_fields ? Choice::named : Choice::all_but_named;
  const std::vector<std::string_view> names(section.fields.begin(), section.fields.end());
  const auto* view = summary(Want::any);
  if (view && section.part.empty())
    if (const auto fields = view->header_fields(names, choice)) return put_part_text(out, *fields, section.partial);
  const auto found = find(section);
  if (!found) {
    out += "NIL";
    return;
  }
  auto range = found->range;
  range.end = std::min(range.end, range.begin + longest_header);
  const auto header = read(range);
  if (!header) {
    out += "NIL";
    return;
  }
  put_part_text(out, mail::imap::filter_header(*header, view_->facts().line_ends, names, choice), section.partial);
}

}  // namespace understudy::archive::access::imap
