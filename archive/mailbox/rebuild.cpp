#include "archive/mailbox/rebuild.hpp"

#include "archive/commit/stage.hpp"
#include "archive/mailbox/projection.hpp"
#include "archive/mailbox/view.hpp"

namespace understudy::archive::mailbox {
namespace {
constexpr std::size_t changes_at_once = 500;

base::Result<> commit_stage(store::Store& store, commit::Stage& stage) {
  if (stage.empty()) return {};
  const auto batches = stage.take();
  return store.commit(batches, store::Sync::now);
}

base::Result<> clear(store::Store& store, AccountNumber account) {
  store::Batch batch(shard_of(account));
  batch.put(store::Table::account_state, std::string(keys::rebuilding), std::string(1, '\1'));
  for (auto table : {store::Table::folders, store::Table::messages, store::Table::copies}) batch.erase_range(table, {}, {});
  return store.commit(std::span(&batch, 1), store::Sync::now);
}
}  // namespace

base::Result<bool> unfinished(const store::Reader& reader, AccountNumber account) {
  auto mark = reader.get(shard_of(account), store::Table::account_state, keys::rebuilding);
  if (!mark) return std::unexpected(mark.error());
  return mark->has_value();
}

base::Result<Rebuilt> rebuild(store::Store& store, AccountNumber account) {
  if (auto cleared = clear(store, account); !cleared) return std::unexpected(cleared.error());
  AccountState state;
  Rebuilt result;
  for (ModSeq from = 0;;) {
    auto logged = changes(store, account, from, changes_at_once);
    if (!logged) return std::unexpected(logged.error());
    commit::Stage stage(store);
    for (const auto& [modseq, change] : *logged) {
      if (auto done = project(stage, account, state, modseq, change); !done)
        return base::fail("change " + std::to_string(modseq), done.error());
      result.changes += 1;
      from = modseq + 1;
    }
    if (auto committed = commit_stage(store, stage); !committed) return std::unexpected(committed.error());
    if (logged->size() < changes_at_once) break;
  }
  commit::Stage stage(store);
  stage.erase(shard_of(account), store::Table::account_state, std::string(keys::rebuilding));
  if (auto committed = commit_stage(store, stage); !committed) return std::unexpected(committed.error());
  for (const auto& [number, folder] : state.folders) result.messages += folder.messages;
  return result;
}

}  // namespace understudy::archive::mailbox
