/// What an IMAP server says of a message without reading it again: ENVELOPE, BODYSTRUCTURE, sizes, usual header fields, PREVIEW
/// (RFC 3501 §7.4.2, RFC 9051 §7.5.2, RFC 8970), and where its parts are. Made once from the stream of its octets, kept in a
/// record beside it (summary_record.hpp). Never changes what it reads, knows no mailbox, no flags, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/imap/body_structure.hpp"
#include "mail/imap/envelope.hpp"
#include "mail/imap/kept_fields.hpp"
#include "mail/imap/section.hpp"

namespace understudy::mail::imap {

struct SummaryLimits {
  std::uint64_t head = 256 * 1024;  ///< of the message's header that is kept in memory; later fields are not seen
  std::size_t preview = 16 * 1024;  ///< octets of a text part, header and body, for the preview
  EnvelopeLimits envelope;
  BodyStructureLimits body_structure;
  KeptLimits kept;
  mime::StructureLimits structure;  ///< its header.octets is at most `head`
};

/// Small things that every list asks for.
struct SummaryFacts {
  std::uint64_t size = 0;         ///< octets of the message, as stored: RFC822.SIZE
  std::uint64_t header_size = 0;  ///< with the blank line
  std::uint64_t lines = 0;        ///< line ends in the message
  /// The first Date field, in seconds since 1970 (UTC); nullopt: missing, or no date (SORT then takes the internal date).
  std::optional<std::int64_t> sent;
  header::LineEnds line_ends = header::LineEnds::lf;
  bool has_attachment = false;      ///< see has_attachment()
  bool envelope_cut = false;        ///< a limit left something out of the envelope
  bool body_structure_cut = false;  ///< likewise
  bool unparsed = false;            ///< parts beyond the limits count as content of those around them
  bool operator==(const SummaryFacts&) const = default;
};

struct Summary {
  SummaryFacts facts;
  std::string envelope;        ///< written form
  std::string body_structure;  ///< written form; BODY is body_of() of it
  std::string preview;         ///< UTF-8; may be empty
  KeptFields kept;
  std::vector<PartRange> parts;
  std::vector<std::string> later;  ///< sections of the record that a later version added
  bool operator==(const Summary&) const = default;
};

/// HEADER.FIELDS, HEADER.FIELDS.NOT; nullopt where the octets of the message must be read.
std::optional<std::string> header_fields(const Summary& summary, std::span<const std::string_view> names, FieldChoice choice);

/// A part that a reader would call an attachment: marked as one, or of a kind that is no text and is not shown within the text.
/// Signatures and delivery reports are none. What is in a message within the message does not count, that message does.
bool has_attachment(const mime::Structure& structure);

/// Memory: SummaryLimits::head, twice, and preview, and what the limits of the structure allow; not more for longer messages.
class SummaryMaker {  // one per message, one thread
 public:
  explicit SummaryMaker(const SummaryLimits& limits = {});
  SummaryMaker(const SummaryMaker&) = delete;  // the parser knows body_structure_ by its address
  SummaryMaker& operator=(const SummaryMaker&) = delete;
  /// Octets of the message as stored, in order, pieces of any size; the result does not depend on the pieces. Keeps no view.
  void feed(std::string_view octets);
  /// Ends it; feed() is not allowed afterwards.
  Summary finish();

 private:
  /// The octets from `begin` on, up to a number.
  struct Capture {
    std::uint64_t begin = 0;
    std::uint64_t limit = 0;
    std::string octets;

    void take(std::uint64_t at, std::string_view piece);
    /// What it has of the range.
    std::string_view of(const header::Range& range) const;
  };

  void parse(std::string_view octets);
  void start(header::LineEnds ends);
  /// Of the parts the first `known` have been read to the end of their headers.
  void choose_text(const std::vector<mime::Part>& parts, std::size_t known);
  std::string preview(const mime::Structure& structure) const;

  SummaryLimits limits_;
  BodyStructureMaker body_structure_;
  std::optional<mime::StructureParser> parser_;  // none until the first LF tells the line ends
  header::LineEnds ends_ = header::LineEnds::lf;
  std::string undecided_;  // octets before parser_ is there
  std::uint64_t position_ = 0;
  Capture head_;
  Capture text_;                          // header and body of the part for the preview, where that is not the message itself
  std::optional<std::size_t> text_part_;  // found
  std::size_t next_part_ = 0;             // not looked at yet
};

Summary summarise(std::string_view message, const SummaryLimits& limits = {});

}  // namespace understudy::mail::imap
