/// Sections of a message (RFC 3501 §6.4.5, RFC 9051 §6.4.5.1; BINARY: RFC 3516) as ranges of its octets, found in a small list
/// of the parts. HEADER.FIELDS from the text of a header. Never reads the message; no recursion.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header/line.hpp"
#include "mail/header/range.hpp"
#include "mail/mime/structure.hpp"

namespace understudy::mail::imap {

/// What FETCH must know of a mime::Part.
struct PartRange {
  std::uint32_t parent = 0;  ///< index; of the first part 0, of every other one less than its own
  mime::Part::Shape shape = mime::Part::Shape::leaf;
  mime::Encoding encoding = mime::Encoding::seven_bit;
  header::Range header;  ///< with its blank line
  header::Range body;
  bool operator==(const PartRange&) const = default;
};

/// In the order of mime::Structure: parents before children, children in the order of the octets.
std::vector<PartRange> part_ranges(const mime::Structure& structure);

struct SectionPath {
  enum class What : std::uint8_t {
    all,     ///< BODY[], BODY[1.2], BINARY[1.2]
    header,  ///< HEADER, and what HEADER.FIELDS chooses from
    text,    ///< TEXT
    mime     ///< MIME; only behind a part
  };
  std::vector<std::uint32_t> part;  ///< empty: the message itself
  What what = What::all;
};

struct FoundSection {
  header::Range range;
  /// For BINARY, which undoes it; seven_bit wherever nothing is to be undone: headers, texts, multiparts, messages.
  mime::Encoding encoding = mime::Encoding::seven_bit;
};

/// nullopt where the message has no such part, or the part no such section: HEADER and TEXT are of messages alone. [1] of what
/// is no multipart is its body, [1.MIME] then is the header of the message. Costs at most one look at each part.
std::optional<FoundSection> find_section(std::span<const PartRange> parts, const SectionPath& path);

enum class FieldChoice : std::uint8_t { named, all_but_named };

/// HEADER.FIELDS and HEADER.FIELDS.NOT: fields with the octets and in the order of the message, then CRLF as a blank line. A
/// field that ends with the message, without a line end, gets a CRLF. Names: without regard to case. `header`: as found by
/// find_section(); `ends`: those of the whole message.
std::string filter_header(std::string_view header, header::LineEnds ends, std::span<const std::string_view> names,
                          FieldChoice choice);

}  // namespace understudy::mail::imap
