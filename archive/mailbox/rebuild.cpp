#include "archive/mailbox/rebuild.hpp"

#include "archive/commit/commit_staged.hpp"
#include "archive/mailbox/projection.hpp"
#include "archive/mailbox/view.hpp"

namespace understudy::archive::mailbox {
namespace {
constexpr std::size_t changes_at_once = 500;
constexpr std::size_t octets_at_once = 4 << 20;  ///< staged: one change may be a copy of 50,000 messages

base::Result<> clear(store::Store& store, AccountNumber account) {
  store::Batch batch(shard_of(account));
  batch.put(store::Table::account_state, std::string(keys::rebuilding), std::string(1, '\1'));
  for (auto table :
       {store::Table::folders, store::Table::messages, store::Table::message_chunks, store::Table::heading_packs,
        store::Table::copies, store::Table::subscriptions, store::Table::annotations, store::Table::rights, store::Table::bin})
    batch.erase_range(table, {}, {});
  batch.erase_range(store::Table::account_state, std::string(keys::renewing), std::string(1, keys::renewing.front() + 1));
  return store.commit(std::span(&batch, 1), store::Sync::now);
}

/// Reads the whole log, so that one that cannot be read costs nothing.
base::Result<> check_log(const store::Reader& reader, AccountNumber account) {
  for (ModSeq from = 0;;) {
    auto logged = changes(reader, account, from, changes_at_once);
    if (!logged) return std::unexpected(logged.error());
    if (logged->size() < changes_at_once) return {};
    from = logged->back().modseq + 1;
  }
}

/// The holds follow from the copies. They are as they were; said again, they would be repaired too.
base::Result<> hold_bodies(store::Store& store, AccountNumber account, const AccountState& state) {
  for (const auto& [number, folder] : state.folders) {
    for (Uid from = 1;;) {
      auto listed = messages(store, account, number, from, changes_at_once);
      if (!listed) return std::unexpected(listed.error());
      commit::Stage stage(store);
      for (const auto& message : *listed) stage.hold(shard_of(account), message.message.body);
      if (auto committed = commit::commit_staged(store, stage); !committed) return committed;
      if (listed->size() < changes_at_once) break;
      from = listed->back().uid + 1;
    }
  }
  return {};
}
}  // namespace

base::Result<bool> unfinished(const store::Reader& reader, AccountNumber account) {
  auto mark = reader.get(shard_of(account), store::Table::account_state, keys::rebuilding);
  if (!mark) return std::unexpected(mark.error());
  return mark->has_value();
}

base::Result<Rebuilt> rebuild(store::Store& store, AccountNumber account) {
  if (auto readable = check_log(store, account); !readable) return std::unexpected(readable.error());
  if (auto cleared = clear(store, account); !cleared) return std::unexpected(cleared.error());
  AccountState state;
  Rebuilt result;
  for (ModSeq from = 0;;) {
    auto logged = changes(store, account, from, changes_at_once);
    if (!logged) return std::unexpected(logged.error());
    commit::Stage stage(store);
    for (const auto& [modseq, change] : *logged) {
      if (auto done = project(stage, account, state, modseq, change, Holding::read_again); !done)
        return base::fail("change " + std::to_string(modseq), done.error());
      stage.savepoint();  // what it would take to undo the change is not kept
      result.changes += 1;
      from = modseq + 1;
      if (stage.octets() < octets_at_once) continue;
      if (auto committed = commit::commit_staged(store, stage); !committed) return std::unexpected(committed.error());
    }
    if (auto committed = commit::commit_staged(store, stage); !committed) return std::unexpected(committed.error());
    if (logged->size() < changes_at_once) break;
  }
  if (auto held = hold_bodies(store, account, state); !held) return std::unexpected(held.error());
  commit::Stage stage(store);
  stage.erase(shard_of(account), store::Table::account_state, std::string(keys::rebuilding));
  if (auto committed = commit::commit_staged(store, stage); !committed) return std::unexpected(committed.error());
  for (const auto& [number, folder] : state.folders) result.messages += folder.messages;
  return result;
}

}  // namespace understudy::archive::mailbox
