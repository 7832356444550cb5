/// FETCH of BINARY and BINARY.SIZE (RFC 3516, RFC 9051 §6.4.5.1).
#include <algorithm>

#include "archive/access/imap/message_fetch.hpp"
#include "archive/access/imap/part_reader.hpp"

namespace understudy::archive::access::imap {

using mail::imap::FetchItem;
using mail::imap::Section;
using Kind = FetchItem::Kind;

std::optional<mail::imap::FoundSection> MessageFetch::find_binary(const Section& section) {
  return section.part.empty() ? std::optional(mail::imap::FoundSection{{0, item_.size}}) : find(section);
}

MeasuredPart* MessageFetch::measured(const mail::imap::FoundSection& section) {
  const auto same = [&section](const auto& each) {
    return each->section.range == section.range && each->section.encoding == section.encoding;
  };
  const auto found = std::ranges::find_if(measured_, same);
  return found == measured_.end() ? nullptr : found->get();
}

bool MessageFetch::measures(const FetchItem& item) {
  if (item.kind != Kind::binary && item.kind != Kind::binary_size) return false;
  const auto section = find_binary(item.section);
  if (!section || section->encoding == mail::mime::Encoding::other) return false;
  auto* part = measured(*section);
  if (!part) {
    part = measured_.emplace_back(std::make_unique<MeasuredPart>()).get();
    part->section = *section;
    part->reader =
        std::make_unique<DecodedReader>(RangeReader(archive_.open_body(item_.body()), section->range), section->encoding);
  }
  if (!part->reader) return false;
  const auto piece = part->reader->step();
  if (piece) {
    part->octets += piece->size();
    part->has_nul = part->has_nul || piece->find('\0') != std::string::npos;
  }
  if (piece && !part->reader->over()) return true;
  if (!piece) part->failed = piece.error();
  part->broken = part->reader->broken();
  part->reader.reset();
  return false;
}

/// RFC 3516, RFC 9051 §6.4.5.1. The part is read twice: once for its size, which stands before the octets.
std::optional<Streamed> MessageFetch::put_binary(std::string& out, const FetchItem& item) {
  const bool size_alone = item.kind == Kind::binary_size;
  const auto& section = item.section;
  out.append(size_alone ? "BINARY.SIZE[" : "BINARY[").append(section.text()).append("]");
  if (!size_alone && section.partial) out.append("<").append(std::to_string(section.partial->first)).append(">");
  out += ' ';
  const std::string_view nothing = size_alone ? "0" : "NIL";
  const auto found = find_binary(section);
  if (!found) return out += nothing, std::nullopt;
  const auto* decoded = measured(*found);
  if (decoded && decoded->failed) return note(*decoded->failed), out += nothing, std::nullopt;
  if (!decoded || decoded->broken)
    return note({base::errc::unsupported, "transfer encoding of a part"}), out += nothing, std::nullopt;
  if (size_alone) return out += std::to_string(decoded->octets), std::nullopt;
  const auto part = within(decoded->octets, section.partial);
  if (part.size() == 0) return out += "\"\"", std::nullopt;
  out.append(decoded->has_nul ? "~{" : "{").append(std::to_string(part.size())).append("}\r\n");
  DecodedReader reader(RangeReader(archive_.open_body(item_.body()), found->range), found->encoding);
  return stream_of(std::move(reader), part.begin, part.size());
}

}  // namespace understudy::archive::access::imap
