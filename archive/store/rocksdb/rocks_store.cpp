#include "archive/store/rocksdb/rocks_store.hpp"

#include <algorithm>
#include <exception>
#include <limits>

#include "archive/store/batch_check.hpp"
#include "archive/store/rocksdb/group_commit.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/bytes.hpp"

namespace understudy::archive::store {
namespace {

class RocksSubscription final : public Subscription {
 public:
  RocksSubscription(std::weak_ptr<RocksCore> core, Shard shard, std::uint64_t from, std::unique_ptr<WakeList::Ticket> ticket)
      : core_(std::move(core)), shard_(shard), from_(from), ticket_(std::move(ticket)) {}

  base::Result<std::vector<LogRecord>> next(std::size_t limit) override {
    const auto core = core_.lock();
    if (!core) return base::fail("store: closed", base::errc::stopped);
    std::string key;
    base::put_be(key, from_);
    const auto cursor = RocksReader(core).scan(shard_, log_of(shard_.kind), key);
    const std::uint64_t unsynced = core->unsynced_logs.first(shard_);  // after the cursor: it sees nothing newer than that
    std::vector<LogRecord> records;
    for (; cursor->valid() && records.size() < limit; cursor->next()) {
      const std::uint64_t sequence = base::Reader(cursor->key()).u64();
      if (sequence >= unsynced) break;
      records.push_back({sequence, std::string(cursor->value())});
      from_ = sequence + 1;
    }
    auto whole = cursor->status();
    if (!whole) return base::fail("store: subscription", whole.error());
    return records;
  }

 private:
  std::weak_ptr<RocksCore> core_;
  Shard shard_;
  std::uint64_t from_;
  std::unique_ptr<WakeList::Ticket> ticket_;
};

Sync strongest(std::span<CommitRequest* const> group) {
  return std::ranges::any_of(group, [](const CommitRequest* r) { return r->sync == Sync::now; }) ? Sync::now : Sync::later;
}

GroupWriter::Erases what_it_erases(std::span<CommitRequest* const> group) {
  for (const CommitRequest* request : group)
    for (const Batch& batch : request->batches)
      for (const auto& operation : batch.operations())
        if (operation.kind == Batch::Operation::Kind::erase_range) return GroupWriter::Erases::ranges;
  return GroupWriter::Erases::keys;
}

/// Keys that there are not yet are made before the commit's turn: that takes a sync, and whose key is gone is alone refused.
base::Result<> make_keys(const Vault& vault, std::span<const Batch> batches) {
  for (const Batch& batch : batches) {
    if (batch.operations().empty() && batch.held().empty()) continue;
    auto keys = GroupWriter::keys_for(vault, batch);
    if (!keys) return std::unexpected(keys.error());
  }
  return {};
}

bool is_full(const base::Result<>& result) {
  return !result && result.error().code == base::errc::busy;
}

/// The lowest sequence that the batch appends to its shard's log.
std::uint64_t first_logged(const Batch& batch) {
  std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
  for (const auto& operation : batch.operations())
    if (operation.kind == Batch::Operation::Kind::put && operation.table == log_of(batch.shard().kind))
      first = std::min(first, base::Reader(operation.key).u64());
  return first;
}

}  // namespace

RocksStore::RocksStore(std::shared_ptr<RocksCore> core)
    : core_(std::move(core)),
      reader_(core_),
      bodies_(core_, [this] { return maintenance_.sweep(); }),
      queue_([this](Group group) { write(group); }),
      maintenance_(*core_, queue_) {
  commits_ = core_->commits_found;
  maintenance_.start();
}

RocksStore::~RocksStore() = default;

base::Result<> RocksStore::check_key(Shard shard) const {
  if (!encrypts()) return {};
  return core_->vault->check_key(shard);
}

base::Result<std::optional<std::string>> RocksStore::get(Shard shard, Table table, std::string_view key) const {
  return reader_.get(shard, table, key);
}

std::unique_ptr<Cursor> RocksStore::scan(Shard shard, Table table, std::string_view from, std::string_view within) const {
  return reader_.scan(shard, table, from, within);
}

std::unique_ptr<Cursor> RocksStore::scan_last(Shard shard, Table table) const {
  return reader_.scan_last(shard, table);
}

base::Result<std::vector<Shard>> RocksStore::shards(Table table) const {
  return reader_.shards(table);
}

base::Result<> RocksStore::commit(std::span<const Batch> batches, Sync sync) {
  auto fits = check(batches);
  if (!fits) return base::fail("store.commit", fits.error());
  if (core_->vault) {
    auto ready = make_keys(*core_->vault, batches);
    if (!ready) return base::fail("store.commit", ready.error());
  }
  CommitRequest request{batches, sync};
  auto committed = queue_.run(request);
  if (!committed) return base::fail("store.commit", committed.error());
  return {};
}

/// A group that cannot be put together is taken apart, so that one caller's damaged range does not refuse the others. A medium
/// that is full has no room for the parts either.
void RocksStore::write(Group group) {
  auto written = write_as_one(group);
  if (written || group.size() == 1 || core_->stopped || is_full(written)) {
    for (CommitRequest* request : group) request->result = written;
    return;
  }
  for (std::size_t i = 0; i < group.size(); ++i) group[i]->result = write_as_one(group.subspan(i, 1));
}

/// What is thrown (no memory) while a group is put together has changed nothing, and the next may go better. What is thrown
/// later leaves nobody knowing what is on the medium, or somebody not knowing what is.
base::Result<> RocksStore::write_as_one(Group group) {
  if (core_->stopped) return base::fail("store", base::errc::stopped);
  bool is_put_together = false;
  try {
    GroupWriter writer(*core_, what_it_erases(group));
    auto ready = put_together(writer, group);
    if (!ready) return ready;
    is_put_together = true;
    return make_durable(writer, group);
  } catch (const std::exception& thrown) {
    if (!is_put_together) return base::fail(thrown.what(), base::errc::busy);
    core_->stop(thrown.what());
    return base::fail("store", base::errc::stopped);
  }
}

base::Result<> RocksStore::put_together(GroupWriter& writer, Group group) {
  auto begun = writer.begin();
  if (!begun) {
    if (!is_full(begun)) core_->stop(begun.error().text());
    return begun;
  }
  for (const CommitRequest* request : group) {
    auto added = writer.add(request->batches);
    if (added && request->own) added = request->own(writer);
    if (!added) return added;
  }
  auto finished = writer.finish(commits_ + 1);
  if (!finished) return finished;
  if (writer.batch().GetDataSize() > core_->engine_options.commit_octets)
    return base::fail("store: a commit of " + std::to_string(writer.batch().GetDataSize()) + " octets", base::errc::too_long);
  return {};
}

base::Result<> RocksStore::make_durable(GroupWriter& writer, Group group) {
  // RocksDB may flush what is not synced here; octets that it then names must be there after a power cut.
  const Sync sync = writer.brings_octets() ? Sync::now : strongest(group);
  if (sync == Sync::later) note_logs(group);
  auto written = commit_group(*core_, writer, commits_ + 1, sync);
  if (!written) return written;
  ++commits_;
  writer.note_named();
  after_write(group, sync);
  return {};
}

/// Before they can be seen: a subscriber must not tell what a power cut may still take.
void RocksStore::note_logs(Group group) {
  for (const CommitRequest* request : group)
    for (const Batch& batch : request->batches)
      if (batch.logged()) core_->unsynced_logs.add(batch.shard(), first_logged(batch));
}

void RocksStore::after_write(Group group, Sync sync) {
  std::set<Shard> shards;
  if (sync == Sync::now) shards = core_->unsynced_logs.clear();
  for (const CommitRequest* request : group) {
    for (const Batch& batch : request->batches) {
      for (const SealedBody& body : batch.carried()) {
        auto& pending = static_cast<RocksPending&>(*body.pending());
        if (!pending.held()) {
          core_->tally.octets_accepted += body.ref().size;
          if (pending.key()) core_->tally.octets_encrypted += body.ref().size;
        }
        pending.mark_held();
      }
      if (batch.logged()) shards.insert(batch.shard());
    }
  }
  if (sync == Sync::now) wakes_->wake(shards);
}

std::shared_ptr<const Snapshot> RocksStore::snapshot() const {
  return std::make_shared<RocksSnapshot>(core_);
}

std::unique_ptr<Subscription> RocksStore::subscribe(Shard shard, std::uint64_t from, std::function<void()> wake) {
  return std::make_unique<RocksSubscription>(core_, shard, from, wakes_->add(shard, std::move(wake)));
}

std::uint64_t RocksStore::free_octets() const {
  std::uint64_t octets = 0;
  const auto status = core_->files->GetFreeSpace(core_->options.directory, {}, &octets, nullptr);
  return status.ok() ? octets : 0;
}

}  // namespace understudy::archive::store
