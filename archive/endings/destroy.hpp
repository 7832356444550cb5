/// What speaks against destroying an account's key. What it alone holds would be gone for good, also where somebody still waits
/// for it: mail that was answered with 250 is delivered, removed or given up first, in a way that is told. And what of it is
/// remembered under other keys, and goes first. Never destroys a key.
#pragma once

#include <span>
#include <vector>

#include "archive/commit/owners.hpp"
#include "archive/custody/number.hpp"
#include "archive/mailbox/account_state.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive::endings {

/// Reads the outbox and the open numbers of custody whole, and the journal entry of each. errc::queued, errc::owed: of which
/// entry. errc::damaged: entries and numbers that cannot be read, by name: each may be the account's, and nobody knows. Those
/// are told after all others were looked at. Errors of reading. Any thread that `reader` allows. `instance`: who gives the
/// numbers here.
base::Result<> may_destroy_key(const store::Reader& reader, const custody::InstanceId& instance,
                               mailbox::AccountNumber account);

struct EntriesOf {
  std::vector<Position> positions;  ///< in order
  std::size_t unreadable = 0;       ///< records of the log that do not say which entry they are of
};
/// The journal entries with which the account's mail came; none where its key is lost already. Reads its change log whole. Any
/// thread that `reader` allows.
base::Result<EntriesOf> entries_of(const store::Reader& reader, mailbox::AccountNumber account);
/// Was each message of the account that was handed to the other machine covered by a receipt? errc::no_receipt: of which entry;
/// errors of reading: then nobody knows. Reads its change log and all its journal entries. Any thread that `reader` allows.
base::Result<> has_all_receipts(const store::Reader& reader, mailbox::AccountNumber account);
/// Frees the places that these entries have filled for the account: they lie under the journal's key, and who has that could
/// try what they say. Gives the entries that cannot be read: their places stay. The committer's thread.
base::Result<std::vector<Position>> free_places_of(commit::Stage& stage, const commit::Owners& owners,
                                                   std::span<const Position> entries, const routing::AccountName& account);

}  // namespace understudy::archive::endings
