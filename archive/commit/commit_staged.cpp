#include "archive/commit/commit_staged.hpp"

namespace understudy::archive::commit {

base::Result<> commit_staged(store::Store& store, Stage& stage) {
  if (stage.empty()) return {};
  const auto batches = stage.take();
  return store.commit(batches, store::Sync::now);
}

base::Result<> commit_staged(store::Store& store, Stage& stage, Owners& owners) {
  if (auto committed = commit_staged(store, stage); !committed) return committed;
  owners.directory.committed();
  owners.mailbox.committed();
  static_cast<void>(owners.outbox.committed());  // the schedule reads them when it starts
  return {};
}

}  // namespace understudy::archive::commit
