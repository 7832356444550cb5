/// What start-up does before mail flows, so that every shard stands where the journal does: the repair of whatever a crash
/// left between two shards. On an engine that commits all shards at once it finds nothing to do.
#pragma once

#include "archive/commit/owners.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive {

/// In this order: refuses a store in which a shard knows of more entries than the journal has, since it was put together from
/// copies of different moments and would lose mail; destroys the keys that the journal says were destroyed; gives places
/// keyed names where the store is encrypted; ends rebuilds that were cut; brings mailboxes of an earlier
/// version into today's form; goes on beyond the numbers of an older copy; gives accounts without a change log the
/// folders of their template (the crash came between the directory's batch and theirs); writes the nodes that a tree of an
/// earlier version lacks; applies journal entries to the shards
/// that have not got them. Each step may be cut and is begun again at the next start. `owners` are loaded; no other writer.
/// An account that cannot be read is closed (directory::Live::close_for_now()), and the others are served.
/// errc::damaged: the journal has a hole or is too short.
base::Result<> recover(store::Store& store, commit::Owners& owners, directory::Live& live);

/// Makes the accounts of the configuration that were never seen before, with their folders; and the account for undelivered
/// mail anew, with another number, where its key was destroyed.
base::Result<> seed_accounts(commit::Stage& stage, commit::Owners& owners, const directory::Live& live);

}  // namespace understudy::archive
