/// What becomes of mail that is given up, beside the outbox. It is owed to no next hop any more. And its places: they are empty
/// again, so that a sender who sends it once more, after a bounce, is not taken for one who repeats himself after a cut (RFC
/// 1047), answered 250 and forgotten. Reads the message's journal entry for its digest: entries that are delivered carry
/// nothing for it.
///
/// Only of mail that came without a trace header, from its author. A server puts a new one on top of whatever it sends on
/// (RFC 5321 §4.4), so the same octets with one are the same handing over, cut before its answer came through: bounced once.
#pragma once

#include "archive/commit/owners.hpp"
#include "archive/journal/entry.hpp"
#include "archive/outbox/entry.hpp"

namespace understudy::archive {

// The committer's thread. What is freed stands in the journal partition's batch, which becomes durable before the outbox
// entry's: a crash between the two leaves an entry that is tried once more, never a message that nobody has.

/// What `settlement` says of recipients that were owed under custody. Those that no receipt will come for are owed no more.
base::Result<> settle_owed(commit::Stage& stage, const commit::Owners& owners, const journal::Settlement& settlement);
/// Frees the places of what `settlement` gives up; not those that a later arrival of the message has filled anew, so that it
/// may run again. Where retention has ended the journal entry its places stay until `resend_window` is over.
base::Result<> free_places(commit::Stage& stage, const commit::Owners& owners, const store::Reader& reader,
                           const journal::Settlement& settlement);
/// Ends an outbox entry at an administrator's wish: whatever of it was not delivered is given up. errc::not_found.
base::Result<> give_up(commit::Stage& stage, commit::Owners& owners, const store::Reader& reader, const outbox::Entry& entry);

}  // namespace understudy::archive
