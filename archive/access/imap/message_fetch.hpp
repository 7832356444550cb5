/// What FETCH says of one message: from the image, from the summary, and only where it must from the octets (RFC 9051 §7.5.2).
/// Never changes anything, never writes to a connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive.hpp"
#include "archive/mailbox/live_account.hpp"
#include "archive/summaries.hpp"
#include "mail/imap/fetch_item.hpp"
#include "mail/imap/section.hpp"
#include "mail/imap/summary_record.hpp"

namespace understudy::archive::access::imap {

/// Octets that are too many to be held: they follow what was put out, and whoever sends them asks for them.
struct Streamed {
  std::uint64_t octets = 0;
  std::uint64_t skip = 0;  ///< before those, so many are to be passed over
  std::string first;       ///< read already: so that a body that cannot be read is known before a length is promised
  /// The next ones; none at the end of the body. Any error ends it.
  std::move_only_function<base::Result<std::string>()> next;
};

struct MeasuredPart;

/// Whether the image alone tells it.
bool is_in_image(const mail::imap::FetchItem& item);
/// Appends it with its name.
void put_from_image(std::string& out, const mail::imap::FetchItem& item, const mailbox::LiveAccount& account,
                    const mailbox::Item& message);

/// One message, one thread.
class MessageFetch {
 public:
  static constexpr std::uint64_t held = 64 * 1024;  ///< octets of a section that are put out at once

  /// References outlive it.
  MessageFetch(const Archive& archive, SummaryReader& summaries, mailbox::LiveAccount& account, mailbox::FolderNumber folder,
               const mailbox::Item& item);

  /// Appends the item with its name. Octets that are given to be streamed follow it at once. What cannot be read any more is
  /// NIL, and failed() says why.
  std::optional<Streamed> put(std::string& out, const mail::imap::FetchItem& item);
  /// Before put(), until it says false: some 256 KiB of what BINARY must have read to know a size. Once for each part.
  bool measures(const mail::imap::FetchItem& item);
  ~MessageFetch();
  const base::Result<>& failed() const { return failed_; }
  /// The octets of a section without anything around them: `first` and what `next` gives. nullopt: the message has no such
  /// section, or it cannot be read any more, and failed() says why.
  std::optional<Streamed> octets_of(const mail::imap::Section& section);

 private:
  using Path = mail::imap::SectionPath;
  std::optional<Streamed> put_section(std::string& out, const mail::imap::FetchItem& item);
  std::optional<Streamed> put_octets(std::string& out, mail::header::Range range,
                                     const std::optional<mail::imap::Section::Partial>& partial);
  void put_part_text(std::string& out, std::string_view text, const std::optional<mail::imap::Section::Partial>& partial);
  void put_fields(std::string& out, const mail::imap::Section& section);
  std::optional<Streamed> put_binary(std::string& out, const mail::imap::FetchItem& item);
  std::optional<mail::imap::FoundSection> find(const mail::imap::Section& section);
  std::optional<mail::imap::FoundSection> find_binary(const mail::imap::Section& section);
  void put_stored(std::string& out, mail::imap::FetchItem::Kind kind);

  const mail::imap::SummaryView* summary(Want want);
  const mailbox::Message* message();
  std::optional<std::string> read(mail::header::Range range);
  bool note(const base::Error& error);

  const Archive& archive_;
  SummaryReader& summaries_;
  mailbox::LiveAccount& account_;
  mailbox::FolderNumber folder_;
  const mailbox::Item& item_;
  std::string record_;
  std::optional<mail::imap::SummaryView> view_;
  std::optional<mailbox::Message> message_;
  base::Result<> failed_;
  MeasuredPart* measured(const mail::imap::FoundSection& section);
  std::vector<std::unique_ptr<MeasuredPart>> measured_;  ///< a few: of each part that was asked for
};

}  // namespace understudy::archive::access::imap
