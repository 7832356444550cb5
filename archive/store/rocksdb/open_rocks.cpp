/// Opening a data directory, step by step: lock, format, high-water mark, database, comparison, start counter.

#include <filesystem>

#include "archive/store/rocksdb/format_file.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "archive/store/rocksdb/rocks_store.hpp"
#include "archive/store/rocksdb/small_file.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "archive/store/rocksdb/tuning.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

std::string database_path(const RocksCore& core) {
  return core.options.directory + "/rocksdb";
}

/// `path` as a directory whose name is durable in its parent.
base::Result<> make_directory(rocksdb::FileSystem& files, const std::string& path) {
  const auto exists = files.FileExists(path, {}, nullptr);
  if (exists.ok()) return {};
  if (!exists.IsNotFound()) return fail(path, exists);
  const auto made = files.CreateDir(path, {}, nullptr);
  if (!made.ok()) return fail(path, made);
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return sync_directory(files, parent.empty() ? "." : parent);
}

/// A directory without the file is of the oldest format or new; either way it gets one.
base::Result<> identify(RocksCore& core, const base::Clock& clock, base::Random& random) {
  auto found = read_format(*core.files, core.options.directory);
  if (!found) return std::unexpected(found.error());
  if (*found) {
    core.identity = **found;
    return check_supported(core.identity);
  }
  core.identity = make_identity(clock, random);
  if (core.files->FileExists(database_path(core) + "/CURRENT", {}, nullptr).ok()) core.identity.format = oldest_format;
  return write_format(*core.files, core.options.directory, core.identity);
}

std::vector<rocksdb::ColumnFamilyDescriptor> families_of(const Tuning& tuning) {
  return {{rocksdb::kDefaultColumnFamilyName, tuning.engine}, {"records", tuning.records}, {"chunks", tuning.chunks}};
}

rocksdb::Status try_open(RocksCore& core, const Tuning& tuning) {
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(tuning.database, database_path(core), families_of(tuning), &core.families, &opened);
  if (!status.ok()) return status;
  core.db.reset(opened);
  core.engine = core.families[0];
  core.records = core.families[1];
  core.chunks = core.families[2];
  return status;
}

/// The number of the last commit before the place where the log is damaged. Changes nothing on the medium.
base::Result<std::uint64_t> commits_before_damage(const RocksCore& core, const Tuning& tuning) {
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* opened = nullptr;
  const auto status =
      rocksdb::DB::OpenForReadOnly(tuning.database, database_path(core), families_of(tuning), &families, &opened);
  if (!status.ok()) return fail(database_path(core), status);
  const std::unique_ptr<rocksdb::DB> db(opened);
  auto commits = read_number(*db, families[0], keys::commits);
  for (auto* family : families) db->DestroyColumnFamilyHandle(family);
  return commits;
}

/// A power cut may leave holes in what was not synced, and RocksDB takes those for damage. Where everything that was
/// acknowledged lies before the damage, nothing is lost by going on from there; else the store is left as it is.
rocksdb::Status open_before_damage(RocksCore& core, Tuning& tuning, const rocksdb::Status& damage) {
  tuning.database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  const auto commits = commits_before_damage(core, tuning);
  if (!commits || !core.high_water->known() || *commits < core.high_water->mark()) return damage;
  base::log::warn("store.unsynced_log_dropped", {{"directory", core.options.directory}, {"commits", *commits}});
  return try_open(core, tuning);
}

base::Result<> open_database(RocksCore& core, const EngineOptions& engine) {
  Tuning tuning = tune(core.options, engine, *core.env);
  // Where commits were acknowledged, a missing database is a loss and not a first start.
  tuning.database.create_if_missing = core.high_water->mark() == 0;
  auto status = try_open(core, tuning);
  if (status.IsCorruption()) status = open_before_damage(core, tuning, status);
  if (!status.ok()) return fail(database_path(core) + ": " + tuning.log->first_complaint(), status);
  return {};
}

base::Result<> compare(RocksCore& core) {
  auto commits = read_number(*core.db, core.engine, keys::commits);
  if (!commits) return std::unexpected(commits.error());
  core.commits_found = *commits;
  const std::uint64_t acknowledged = core.high_water->mark();
  if (*commits >= acknowledged) return {};
  return base::fail("the store is shorter than what was acknowledged: " + std::to_string(acknowledged) +
                        " commits were, the last one found is " + std::to_string(*commits) +
                        "; it does not serve like this, recover it from the peer or from a backup",
                    base::errc::damaged);
}

base::Result<> count_start(RocksCore& core) {
  auto starts = read_number(*core.db, core.engine, keys::starts);
  if (!starts) return std::unexpected(starts.error());
  core.start = *starts + 1;
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const auto status = core.db->Put(durable, core.engine, slice(keys::starts), number_value(core.start));
  if (!status.ok()) return fail(core.options.directory, status);
  return {};
}

/// Only the owner may look into it: it holds everybody's mail.
base::Result<> make_private_directory(rocksdb::FileSystem& files, const std::string& path) {
  if (files.FileExists(path, {}, nullptr).ok()) return {};
  auto made = make_directory(files, path);
  if (!made) return made;
  std::error_code failed;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, failed);
  if (failed) return base::fail(path, boost::system::error_code(failed));
  return {};
}

base::Result<> prepare(RocksCore& core, const base::Clock& clock, base::Random& random) {
  auto made = make_private_directory(*core.files, core.options.directory);
  if (!made) return made;
  auto lock = DirectoryLock::take(core.options.directory + "/lock");
  if (!lock) return std::unexpected(lock.error());
  core.lock = std::move(*lock);
  auto identified = identify(core, clock, random);
  if (!identified) return identified;
  auto high_water = HighWater::open(*core.files, core.options.directory, core.identity.incarnation);
  if (!high_water) return std::unexpected(high_water.error());
  core.high_water = std::move(*high_water);
  return make_directory(*core.files, database_path(core));
}

base::Result<> check(const Options& options) {
  if (options.chunk_size == 0 || options.chunk_size > Bodies::max_chunk)
    return base::fail("store: chunk size", base::errc::unsupported);
  return {};
}

}  // namespace

base::Result<std::unique_ptr<RocksStore>> RocksStore::open(const Options& options, base::Clock& clock, base::Random& random,
                                                           const EngineOptions& engine) {
  auto sane = check(options);
  if (!sane) return std::unexpected(sane.error());
  auto core = std::make_shared<RocksCore>(options, engine);
  auto ready = prepare(*core, clock, random);
  if (ready) ready = open_database(*core, engine);
  if (ready) ready = compare(*core);
  if (ready) ready = count_start(*core);
  if (ready) ready = core->high_water->start(core->commits_found);  // the sync of the line above covers them
  if (!ready) return base::fail("store.open", ready.error());
  return std::make_unique<RocksStore>(std::move(core));
}

}  // namespace understudy::archive::store
