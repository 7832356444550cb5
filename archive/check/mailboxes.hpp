/// Whether each mailbox is what its change log says: every message that was filed and not expunged is there, as it was filed,
/// and no other one. Computed beside `mailbox::project`, which made the mailbox, on purpose: a fault of the one is found by the
/// other. Never changes anything.
#pragma once

#include "archive/check/filed_as.hpp"
#include "archive/check/findings.hpp"
#include "archive/check/tables.hpp"
#include "archive/mailbox/change.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive::check {

struct MailboxCheck {
  /// The octets of messages that no journal entry has (APPEND, say) are read and compared with their digest; those of the
  /// others are looked at with the journal.
  enum class Octets : std::uint8_t { leave, read } octets = Octets::leave;
  /// Messages of an account that are in memory at a time, some 400 octets each; of an account with more, the log is read again
  /// for each so many.
  std::size_t at_once = 50'000;
};

/// Adds to `findings`. Each fault names account, folder and UID. A message that came with a journal entry must be that entry's:
/// one that `filed_as` does not know is compared with the entry itself.
/// Any thread that `reader` and `bodies` allow; both are of one moment. errc::shutting_down.
base::Result<> mailboxes(const store::Reader& reader, const store::BodySource& bodies, const AccountNames& names,
                         const FiledAs& filed_as, const MailboxCheck& options, Findings& findings, const GoOn& go_on);

}  // namespace understudy::archive::check
