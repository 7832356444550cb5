/// What is kept of messages for mail programs (mail/imap/summary_record.hpp, heading.hpp): made while their octets come in,
/// kept in the account with the first copy, and made of the stored octets where it is missing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/message_chunk.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"
#include "mail/imap/headings.hpp"

namespace understudy::archive {

/// A writer that makes summary and heading of what goes through it: the sealed body brings them along.
std::unique_ptr<store::BodyWriter> summarised(std::unique_ptr<store::BodyWriter> writer);

/// The record of a body of this account: the one that is kept, or where it is missing, not understood or (`Want::whole`) not
/// whole, one that is made of the octets now, and longer than a record may be where it has to. Errors of BodyReader::read().
enum class Want : std::uint8_t { any, whole };
base::Result<std::string> summary_of(const store::Reader& reader, const store::BodySource& bodies,
                                     mailbox::AccountNumber account, const store::BodyRef& body, Want want = Want::any);

/// Summaries and headings of many messages, one after another. Those that were filed in a row lie in a row: the next one is a
/// step away, where summary_of() looks each up. One thread at a time; what it was made of outlives it.
class SummaryReader {
 public:
  SummaryReader(const store::Reader& reader, const store::BodySource& bodies, mailbox::AccountNumber account)
      : reader_(reader), bodies_(bodies), account_(account) {}
  /// As summary_of().
  base::Result<std::string> record(const store::BodyRef& body, Want want = Want::any);
  /// The one that is kept, or one that is made of the summary; nullopt: there is neither. Valid until the next call of anything
  /// here.
  std::optional<mail::imap::HeadingView> heading(const store::BodyRef& body);
  /// Of the messages of a chunk, where they were put together (mailbox/heading_pack.hpp). nullopt: they were not, or it cannot
  /// be read.
  std::optional<mail::imap::Headings> pack(mailbox::FolderNumber folder, mailbox::MessageChunk::Number chunk);
  /// Lets go of what it holds of the store. Before a wait that may be long: old files stay on the medium until then.
  void rest() { summaries_.reset(), headings_.reset(), packs_.reset(); }

 private:
  using Cursor = std::unique_ptr<store::Cursor>;
  std::optional<std::string_view> find(Cursor& cursor, store::Table table, std::string_view key);

  const store::Reader& reader_;
  const store::BodySource& bodies_;
  mailbox::AccountNumber account_;
  Cursor summaries_;
  Cursor headings_;
  Cursor packs_;
  std::string made_;  ///< the heading that was not kept
};

/// From and Subject for a list of messages: as in the header, unfolded, encoded words as they are. Empty where the message has
/// none, or cannot be read.
struct Listing {
  std::string from;  ///< the first address
  std::string subject;
};
Listing listing_of(const store::Reader& reader, const store::BodySource& bodies, mailbox::AccountNumber account,
                   const mailbox::Message& message);

}  // namespace understudy::archive
