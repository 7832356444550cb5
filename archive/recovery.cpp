#include "archive/recovery.hpp"

#include "archive/journal/reader.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "base/log.hpp"

namespace understudy::archive {
namespace {

base::Result<> end_rebuilds(store::Store& store) {
  auto shards = store.shards(store::Table::account_state);
  if (!shards) return std::unexpected(shards.error());
  for (const auto& shard : *shards) {
    auto cut = mailbox::unfinished(store, shard.id);
    if (!cut) return std::unexpected(cut.error());
    if (!*cut) continue;
    auto rebuilt = mailbox::rebuild(store, shard.id);
    if (!rebuilt) return base::fail("rebuild of account " + std::to_string(shard.id), rebuilt.error());
    base::log::warn("recovery.rebuilt", {{"account", shard.id}, {"messages", rebuilt->messages}});
  }
  return {};
}

base::Result<> commit_now(store::Store& store, commit::Stage& stage, commit::Owners& owners) {
  if (stage.empty()) return {};
  const auto batches = stage.take();
  if (auto committed = store.commit(batches, store::Sync::now); !committed) return committed;
  owners.directory.committed();
  static_cast<void>(owners.outbox.committed());
  return {};
}

base::Result<> complete_accounts(store::Store& store, commit::Owners& owners, const directory::Live& live) {
  for (const auto& record : live.records()) {
    auto numbers = store.get(mailbox::shard_of(record.number), store::Table::account_state, mailbox::keys::numbers);
    if (!numbers) return std::unexpected(numbers.error());
    if (*numbers) continue;
    commit::Stage stage(store);
    if (auto made = commit::make_folders(stage, owners, live, record); !made) return made;
    if (auto committed = commit_now(store, stage, owners); !committed) return committed;
  }
  return {};
}

base::Result<> replay(store::Store& store, commit::Owners& owners, const directory::Live& live) {
  const auto end = owners.journal.next();
  for (auto index = owners.journal.projected(); index < end.index; ++index) {
    auto sealed = journal::read_sealed(store, {end.partition, index});
    if (!sealed) return base::fail("a hole", base::Error{base::errc::damaged, sealed.error().text()});
    if (sealed->common.nonce.empty()) continue;  // ended by retention, which ends nothing that is not applied
    auto entry = journal::open(*sealed);
    if (!entry) return std::unexpected(entry.error());
    commit::Stage stage(store);
    if (auto projected = commit::project(stage, owners, live, *entry); !projected) return projected;
    if (auto committed = commit_now(store, stage, owners); !committed) return committed;
  }
  owners.journal.committed();
  return {};
}

}  // namespace

base::Result<> recover(store::Store& store, commit::Owners& owners, const directory::Live& live) {
  if (auto ended = end_rebuilds(store); !ended) return ended;
  if (auto completed = complete_accounts(store, owners, live); !completed) return base::fail("folders", completed.error());
  if (auto replayed = replay(store, owners, live); !replayed) return base::fail("replay of the journal", replayed.error());
  return {};
}

base::Result<> seed_accounts(commit::Stage& stage, commit::Owners& owners, const directory::Live& live) {
  owners.directory.tell_collisions();
  auto made = owners.directory.seed(stage, live.options()->seeds);
  if (!made) return std::unexpected(made.error());
  for (const auto& record : *made)
    if (auto folders = commit::make_folders(stage, owners, live, record); !folders) return folders;
  return {};
}

}  // namespace understudy::archive
