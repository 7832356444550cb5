/// What is kept of messages for mail programs (mail/imap/summary_record.hpp): made while their octets come in, kept in the
/// account with the first copy, and made of the stored octets where it is missing.
#pragma once

#include <memory>
#include <string>

#include "archive/mailbox/account_state.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive {

/// A writer that makes the summary of what goes through it: the sealed body brings it along.
std::unique_ptr<store::BodyWriter> summarised(std::unique_ptr<store::BodyWriter> writer);

/// The record of a body of this account: the one that is kept, or where it is missing, not understood or (`Want::whole`) not
/// whole, one that is made of the octets now, and longer than a record may be where it has to. Errors of BodyReader::read().
enum class Want : std::uint8_t { any, whole };
base::Result<std::string> summary_of(const store::Reader& reader, const store::BodySource& bodies,
                                     mailbox::AccountNumber account, const store::BodyRef& body, Want want = Want::any);

/// From and Subject for a list of messages: as in the header, unfolded, encoded words as they are. Empty where the message has
/// none, or cannot be read.
struct Listing {
  std::string from;  ///< the first address
  std::string subject;
};
Listing listing_of(const store::Reader& reader, const store::BodySource& bodies, mailbox::AccountNumber account,
                   const mailbox::Message& message);

}  // namespace understudy::archive
