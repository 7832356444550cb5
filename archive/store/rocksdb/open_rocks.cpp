/// Opening a data directory, step by step: lock, format, high-water mark, database, log, comparison, start counter.

#include <algorithm>
#include <filesystem>

#include "archive/store/rocksdb/dictionary_keeper.hpp"
#include "archive/store/rocksdb/format_file.hpp"
#include "archive/store/rocksdb/group_commit.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "archive/store/rocksdb/migrate.hpp"
#include "archive/store/rocksdb/open_vault.hpp"
#include "archive/store/rocksdb/pledge.hpp"
#include "archive/store/rocksdb/rocks_store.hpp"
#include "archive/store/rocksdb/segments/log_walk.hpp"
#include "archive/store/rocksdb/small_file.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "archive/store/rocksdb/tuning.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

/// Twice as much would make mail a fiftieth smaller, and training takes five times as much memory for its time.
constexpr content::SampleLimits sample_limits{.octets = 4u << 20};

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

bool has_database(const RocksCore& core) {
  return core.files->FileExists(database_path(core) + "/CURRENT", {}, nullptr).ok();
}

/// Before anything is written in the new way: a program that does not know it must not open what it then sees only half of.
base::Result<> raise_format(RocksCore& core, std::uint32_t format) {
  core.identity.format = format;
  return write_format(*core.files, core.options.directory, core.identity);
}

/// A new directory gets one. Where something is stored already, only the file knows whose it is: the log is read by its word.
base::Result<> identify(RocksCore& core, const base::Clock& clock, base::Random& random) {
  auto found = read_format(*core.files, core.options.directory);
  if (!found) return std::unexpected(found.error());
  if (*found) {
    core.identity = **found;
    auto supported = check_supported(core.identity);
    if (!supported || core.identity.format >= plain_format) return supported;
  } else {
    if (has_database(core) || !core.segments->list().empty())
      return base::fail("the file 'format' is missing beside the store: bring it back from a backup", base::errc::damaged);
    core.identity = make_identity(clock, random);
  }
  return raise_format(core, plain_format);
}

/// A database that is not there, or cannot be asked, has none: opening it will say more.
bool has_old_chunks(const RocksCore& core, const Tuning& tuning) {
  std::vector<std::string> names;
  const auto status = rocksdb::DB::ListColumnFamilies(tuning.database, database_path(core), &names);
  return status.ok() && std::ranges::find(names, old_chunks_family) != names.end();
}

base::Result<> open_database(RocksCore& core) {
  Tuning tuning = tune(core.options, core.engine_options, *core.env);
  tuning.database.create_if_missing = !has_database(core);
  // Beside a new one all that lies in the segments would be dead, and soon collected.
  if (tuning.database.create_if_missing && (core.high_water->mark() != 0 || !core.segments->list().empty()))
    return base::fail(
        database_path(core) +
            ": the database is missing, and nothing else knows what the messages in 'segments' are: bring it back "
            "from a backup, or remove 'segments' and 'high-water' to begin with nothing",
        base::errc::damaged);
  std::vector<rocksdb::ColumnFamilyDescriptor> families{{rocksdb::kDefaultColumnFamilyName, tuning.engine},
                                                        {"records", tuning.records}};
  if (has_old_chunks(core, tuning)) families.emplace_back(std::string(old_chunks_family), tuning.records);
  // Merging can wait for who accepts mail; where it falls behind, RocksDB slows writes down. Flushes have a pool of their own.
  static_cast<void>(core.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW, rocksdb::CpuPriority::kLow).ok());
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(tuning.database, database_path(core), families, &core.families, &opened);
  if (!status.ok()) return fail(database_path(core) + ": " + tuning.log->first_complaint(), status);
  core.db.reset(opened);
  core.engine = core.families[0];
  core.records = core.families[1];
  return {};
}

/// Opening it again and syncing makes durable what only the kernel has of it.
base::Result<> sync_segment(RocksCore& core, std::uint64_t number) {
  const auto segment = core.segments->find(number);
  if (!segment) return {};
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::FileOptions options;
  options.use_mmap_writes = false;
  const std::string path = core.segments->path(*segment);
  auto status = core.files->ReopenWritableFile(path, options, &file, nullptr);
  if (status.ok()) status = file->Fsync({}, nullptr);
  if (status.ok()) status = file->Close({}, nullptr);
  if (!status.ok()) return fail(path, status);
  return {};
}

base::Result<> apply(RocksCore& core, const segments::LoggedCommit& logged) {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  rocksdb::WriteBatch batch(logged.commit.batch);
  const auto status = core.db->Write(options, &batch);
  if (!status.ok()) return fail("segment " + std::to_string(logged.place.segment), status);
  return {};
}

base::Result<> compare(const RocksCore& core, const segments::LogWalk& walk) {
  const std::uint64_t acknowledged = core.high_water->mark();
  if (walk.last() >= acknowledged) return {};
  return base::fail("the store is shorter than what was acknowledged: " + std::to_string(acknowledged) +
                        " commits were, the last one found is " + std::to_string(walk.last()) + ", the log ends in segment " +
                        std::to_string(walk.place().segment) + " at octet " + std::to_string(walk.place().offset) +
                        "; it does not serve like this, recover it from the peer or from a backup",
                    base::errc::damaged);
}

/// What the database's files do not know yet is in the log. Its end is compared before anything is built on it.
base::Result<> replay(RocksCore& core) {
  auto value = core.get_own(std::string(keys::commits));
  if (!value) return std::unexpected(value.error());
  auto known = *value ? values::last_commit_from(**value) : values::LastCommit{};
  if (!known) return std::unexpected(known.error());
  const auto incarnation = base::sha256(core.identity.incarnation);
  auto walk = segments::LogWalk::begin(core.segments, incarnation, known->place, known->number);
  if (!walk) return std::unexpected(walk.error());
  for (;;) {
    auto next = walk->next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    auto applied = apply(core, **next);
    if (!applied) return applied;
  }
  auto whole = compare(core, *walk);
  if (!whole) return whole;
  if (!core.high_water->known()) {
    auto behind = walk->has_commits_behind();
    if (!behind) return std::unexpected(behind.error());
    if (*behind)
      return base::fail("segment " + std::to_string(walk->place().segment) + " is wrong at octet " +
                            std::to_string(walk->place().offset) + ", or lost from there on, and commits follow",
                        base::errc::damaged);
  }
  if (walk->has_rest() && walk->last() > known->number)
    base::log::warn("store.unsynced_log_dropped", {{"directory", core.options.directory}, {"commits", walk->last()}});
  for (const std::uint64_t segment : walk->visited()) {
    auto synced = sync_segment(core, segment);
    if (!synced) return synced;
  }
  core.commits_found = walk->last();
  core.replayed_octets = walk->octets();
  core.flushed = known->place;
  core.log =
      std::make_unique<segments::CommitLog>(core.segments, incarnation, walk->last(), core.engine_options.segment_octets);
  core.blocks =
      std::make_unique<segments::BlockLog>(core.segments, segments::Head{incarnation, 0}, core.engine_options.segment_octets);
  return {};
}

base::Result<> load_use(RocksCore& core) {
  OwnKeys at(core, keys::segments_prefix());
  for (; at.valid(); at.next()) {
    auto segment = keys::number_of_segment(at.key());
    if (!segment) return std::unexpected(segment.error());
    auto live = values::number_from(at.value());
    if (!live) return std::unexpected(live.error());
    if (*live > 0 && !core.segments->find(*segment))
      return base::fail("segment " + std::to_string(*segment) + " has octets of messages and is not there",
                        base::errc::damaged);
    core.use.set(*segment, *live);
  }
  return at.status();
}

base::Result<> count_start(RocksCore& core, base::Random& random) {
  auto value = core.get_own(std::string(keys::starts));
  if (!value) return std::unexpected(value.error());
  auto starts = *value ? values::number_from(**value) : 0;
  if (!starts) return std::unexpected(starts.error());
  core.start = *starts + 1;
  auto encrypting = open_vault(core, random);
  if (!encrypting) return std::unexpected(encrypting.error());
  GroupWriter writer(core);
  auto counted = writer.begin();
  writer.put_own(std::string(keys::starts), values::number(core.start));
  for (const auto& [key, record] : *encrypting) writer.put_own(key, record);
  if (counted) counted = writer.finish(core.commits_found + 1);
  if (counted) counted = commit_group(core, writer, core.commits_found + 1, Sync::now);
  if (counted) ++core.commits_found;
  return counted;
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
  const std::string segments_path = core.options.directory + "/segments";
  auto segments = segments::SegmentSet::open(*core.files, segments_path, segments_open(core.options));
  if (!segments) return std::unexpected(segments.error());
  core.segments = std::move(*segments);
  auto identified = identify(core, clock, random);
  if (!identified) return identified;
  auto high_water = HighWater::open(*core.files, core.options.directory, core.identity.incarnation);
  if (!high_water) return std::unexpected(high_water.error());
  core.high_water = std::move(*high_water);
  for (const std::string& path : {segments_path, core.options.directory + "/dictionaries", database_path(core)})
    if (auto done = make_directory(*core.files, path); !done) return done;
  return {};
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
  core->sample = std::make_unique<content::Sample>(random, sample_limits);
  auto ready = prepare(*core, clock, random);
  if (ready) ready = open_database(*core);
  if (ready) ready = replay(*core);
  if (ready) ready = load_use(*core);
  if (ready) ready = load_dictionaries(*core);
  if (ready) ready = core->high_water->start(core->commits_found);
  if (ready) ready = count_start(*core, random);
  if (ready) ready = take_pledge(*core);
  if (ready && core->families.size() > 2) ready = take_over_chunks(core, *core->families[2]);
  if (!ready && core->lock && ready.error().code == base::errc::busy) ready.error().code = base::errc::io;  // a full medium
  if (!ready) return base::fail("store.open", ready.error());
  return std::make_unique<RocksStore>(std::move(core));
}

}  // namespace understudy::archive::store
