#include "archive/access/imap/message_fetch.hpp"

#include <algorithm>

#include "archive/access/imap/selected.hpp"
#include "archive/mailbox/view.hpp"
#include "archive/object_id.hpp"
#include "mail/imap/body_structure.hpp"
#include "mail/imap/date_time.hpp"
#include "mail/imap/wire.hpp"
#include "mail/mime/transfer_decoder.hpp"

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

/// The part of so many octets that was asked for.
Range within(std::uint64_t size, const std::optional<Section::Partial>& partial) {
  if (!partial) return {0, size};
  const auto begin = std::min(partial->first, size);
  return {begin, begin + std::min(partial->count, size - begin)};
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
  const auto& store = archive_.store();
  auto record = summary_of(store, store.bodies(), account_.number(), item_.body(), want);
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

std::optional<Streamed> MessageFetch::put(std::string& out, const FetchItem& item) {
  switch (item.kind) {
    case Kind::flags:
      out += "FLAGS ";
      put_flags(out, account_.flags_of(item_));
      return {};
    case Kind::uid:
      out.append("UID ").append(std::to_string(item_.uid));
      return {};
    case Kind::internal_date:
      out.append("INTERNALDATE \"").append(mail::imap::format_date_time(item_.internal_date)).append("\"");
      return {};
    case Kind::rfc822_size:
      out.append("RFC822.SIZE ").append(std::to_string(item_.size));
      return {};
    case Kind::mod_sequence:
      out.append("MODSEQ (").append(std::to_string(item_.modseq)).append(")");
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
    if (kind == Kind::email_id) out.append("EMAILID (").append(found ? email_id(found->name) : "gone").append(")");
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

namespace {

/// Pieces of a range of a body, one after another; empty at its end.
class RangeReader {
 public:
  RangeReader(BodyToRead body, Range range) : body_(std::move(body)), at_(range.begin), end_(range.end) {}
  base::Result<std::string> next() {
    if (at_ == end_) return std::string();
    auto piece = body_->read(at_, static_cast<std::size_t>(end_ - at_));
    if (piece && piece->empty()) return base::fail("body of a message", base::errc::damaged);
    if (piece) at_ += piece->size();
    return piece;
  }

 private:
  BodyToRead body_;
  std::uint64_t at_, end_;
};

/// The same with the transfer encoding undone.
class DecodedReader {
 public:
  DecodedReader(RangeReader range, mail::mime::Encoding encoding) : range_(std::move(range)), decoder_(encoding) {}
  base::Result<std::string> next() {
    std::string out;
    while (out.empty() && !over_) {
      auto piece = range_.next();
      if (!piece) return piece;
      over_ = piece->empty();
      if (over_) {
        decoder_.finish(out);
      } else {
        decoder_.feed(*piece, out);
      }
    }
    return out;
  }
  bool broken() const { return decoder_.broken(); }

 private:
  RangeReader range_;
  mail::mime::TransferDecoder decoder_;
  bool over_ = false;
};

/// What a part is when it is decoded; found by reading all of it.
struct Decoded {
  std::uint64_t octets = 0;
  bool has_nul = false;
  bool broken = false;
};

base::Result<Decoded> measure(DecodedReader reader) {
  Decoded found;
  for (;;) {
    auto piece = reader.next();
    if (!piece) return std::unexpected(piece.error());
    if (piece->empty()) break;
    found.octets += piece->size();
    found.has_nul = found.has_nul || piece->find('\0') != std::string::npos;
  }
  found.broken = reader.broken();
  return found;
}

/// Of what `next` gives, so many octets behind the first `skip`.
template <class Reader>
Streamed stream_of(Reader reader, std::uint64_t skip, std::uint64_t octets) {
  Streamed streamed;
  streamed.octets = octets;
  streamed.next = [reader = std::move(reader), skip]() mutable -> base::Result<std::string> {
    for (;;) {
      auto piece = reader.next();
      if (!piece || piece->empty() || skip == 0) return piece;
      const auto cut = static_cast<std::size_t>(std::min<std::uint64_t>(skip, piece->size()));
      skip -= cut;
      if (cut < piece->size()) return piece->substr(cut);
    }
  };
  return streamed;
}

}  // namespace

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

std::optional<Streamed> MessageFetch::octets_of(const Section& section) {
  if (wants_fields(section)) {
    std::string written;
    put_fields(written, section);
    const auto text = mail::imap::WireReader(written).text();
    if (text.nil) return {};
    Streamed fields{text.inner.size(), text.str(), [] { return base::Result<std::string>(std::string()); }};
    return fields;
  }
  const bool whole_message = section.part.empty() && section.what == Section::Text::whole;
  const auto found = whole_message ? std::optional(mail::imap::FoundSection{{0, item_.size}}) : find(section);
  if (!found) return {};
  const auto part = within(found->range.size(), section.partial);
  const Range wanted{found->range.begin + part.begin, found->range.begin + part.end};
  return stream_of(RangeReader(archive_.open_body(item_.body()), wanted), 0, wanted.size());
}

/// RFC 3516, RFC 9051 §6.4.5.1. The part is read twice: once for its size, which stands before the octets.
std::optional<Streamed> MessageFetch::put_binary(std::string& out, const FetchItem& item) {
  const bool size_alone = item.kind == Kind::binary_size;
  const auto& section = item.section;
  out.append(size_alone ? "BINARY.SIZE[" : "BINARY[").append(section.text()).append("]");
  if (!size_alone && section.partial) out.append("<").append(std::to_string(section.partial->first)).append(">");
  out += ' ';
  const std::string_view nothing = size_alone ? "0" : "NIL";
  const bool whole_message = section.part.empty();
  const auto found = whole_message ? std::optional(mail::imap::FoundSection{{0, item_.size}}) : find(section);
  if (!found) return out += nothing, std::nullopt;
  const auto open = [&] { return DecodedReader(RangeReader(archive_.open_body(item_.body()), found->range), found->encoding); };
  const auto decoded = measure(open());
  if (!decoded) return note(decoded.error()), out += nothing, std::nullopt;
  if (decoded->broken || found->encoding == mail::mime::Encoding::other)
    return note({base::errc::unsupported, "transfer encoding of a part"}), out += nothing, std::nullopt;
  if (size_alone) return out += std::to_string(decoded->octets), std::nullopt;
  const auto part = within(decoded->octets, section.partial);
  if (part.size() == 0) return out += "\"\"", std::nullopt;
  out.append(decoded->has_nul ? "~{" : "{").append(std::to_string(part.size())).append("}\r\n");
  return stream_of(open(), part.begin, part.size());
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
