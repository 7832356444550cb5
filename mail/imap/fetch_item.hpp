/// What FETCH asks of each message: RFC 9051 §6.4.5, RFC 3501 §6.4.5 (RFC822...), BINARY (RFC 3516), MODSEQ (RFC 7162), EMAILID
/// and THREADID (RFC 8474), SAVEDATE (RFC 8514), PREVIEW (RFC 8970). Says what was asked; reads no message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace understudy::mail::imap {

/// What stands between the brackets of BODY[...] and behind them.
struct Section {
  enum class Text : std::uint8_t {
    whole,  ///< no word: the whole message, or the body of the part
    header,
    header_fields,
    header_fields_not,
    text,
    mime,  ///< only with a part
  };
  struct Partial {
    std::uint64_t first = 0;  ///< octets before it
    std::uint64_t count = 1;  ///< at most; never 0. first + count may be more than 64 bits hold
    bool operator==(const Partial&) const = default;
  };
  std::vector<std::uint32_t> part;  ///< each at least 1, at most ParseLimits::section_depth of them; empty: the message
  Text what = Text::whole;
  std::vector<std::string> fields;  ///< names of header fields as sent, never empty with header_fields
  std::optional<Partial> partial;

  /// "1.2.HEADER.FIELDS (From To)": as the answer names it, without brackets and without the partial.
  std::string text() const;
  bool operator==(const Section&) const = default;
};

struct FetchItem {
  enum class Kind : std::uint8_t {
    flags,
    uid,
    internal_date,
    rfc822,
    rfc822_header,
    rfc822_size,
    rfc822_text,
    envelope,
    body,  ///< BODY alone: the structure without extensions
    body_structure,
    section,  ///< BODY[...]
    binary,
    binary_size,
    mod_sequence,
    email_id,
    thread_id,
    save_date,
    preview,
  };
  Kind kind = Kind::flags;
  bool peek = false;  ///< of section and binary: \Seen stays as it is
  bool lazy = false;  ///< of preview: only where it costs nothing
  Section section;    ///< of section, binary and binary_size (these two: only part and partial)
  bool operator==(const FetchItem&) const = default;
};

std::string text_of(const FetchItem& item);  ///< as a client would write it

}  // namespace understudy::mail::imap
