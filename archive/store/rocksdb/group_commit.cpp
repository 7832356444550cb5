#include "archive/store/rocksdb/group_commit.hpp"

#include "archive/store/rocksdb/status.hpp"

namespace understudy::archive::store {
namespace {

base::Result<> stop(RocksCore& core, const base::Error& error) {
  core.stop(error.text());
  return base::fail(error.context, base::errc::io);
}

}  // namespace

base::Result<> commit_group(RocksCore& core, GroupWriter& writer, std::uint64_t number, Sync sync) {
  if (writer.last_written().segment != 0) {
    auto durable = core.blocks->sync_through(writer.last_written());
    if (!durable) return stop(core, durable.error());
  }
  auto logged = core.log->write(number, writer.batch().Data());
  if (!logged && logged.error().code == base::errc::busy) return logged;
  if (logged && sync == Sync::now) logged = core.log->sync();
  if (!logged) return stop(core, logged.error());
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const auto status = core.db->Write(options, &writer.batch());
  if (!status.ok()) return stop(core, fail("store: write", status).error());
  core.use.apply(writer.use());
  if (sync == Sync::later) return {};
  auto raised = core.high_water->raise(number);
  if (!raised) return stop(core, raised.error());
  return {};
}

}  // namespace understudy::archive::store
