#include "archive/store/rocksdb/group_commit.hpp"

#include "archive/store/rocksdb/status.hpp"

namespace understudy::archive::store {

base::Result<> commit_group(RocksCore& core, GroupWriter& writer, std::uint64_t number, Sync sync) {
  if (writer.last_written().segment != 0) {
    auto durable = core.blocks->sync_through(writer.last_written());
    if (!durable) return durable;
  }
  auto logged = core.log->write(number, writer.batch().Data());
  if (logged && sync == Sync::now) logged = core.log->sync();
  if (!logged) return logged;
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const auto status = core.db->Write(options, &writer.batch());
  if (!status.ok()) return fail("store: write", status);
  core.use.apply(writer.use());
  if (sync == Sync::later) return {};
  return core.high_water->raise(number);
}

}  // namespace understudy::archive::store
