#include "archive/store/memory/memory_store.hpp"

#include <algorithm>

#include "archive/store/batch_check.hpp"
#include "archive/store/key_ring.hpp"
#include "archive/store/memory/memory_bodies.hpp"
#include "archive/store/memory/memory_core.hpp"
#include "archive/store/memory/memory_reader.hpp"

namespace understudy::archive::store {
namespace {

std::unexpected<base::Error> dead() {
  return base::fail("memory store: crashed", base::errc::stopped);
}

/// Reads the log as it is on the medium: what is not durable yet is not told.
class MemorySubscription final : public Subscription {
 public:
  MemorySubscription(std::weak_ptr<MemoryCore> core, Shard shard, std::uint64_t from, std::unique_ptr<WakeList::Ticket> ticket)
      : core_(std::move(core)), shard_(shard), from_(from), ticket_(std::move(ticket)) {}

  base::Result<std::vector<LogRecord>> next(std::size_t limit) override {
    const auto core = core_.lock();
    if (!core || core->state == MemoryCore::State::dead) return dead();
    std::string key;
    base::put_be(key, from_);
    std::vector<LogRecord> records;
    const auto keys = core->disk.durable().keys(shard_, log_of(shard_.kind));
    for (auto cursor = make_cursor(keys, Edge::from, key); cursor->valid() && records.size() < limit; cursor->next()) {
      const std::uint64_t sequence = base::Reader(cursor->key()).u64();
      records.push_back({sequence, std::string(cursor->value())});
      from_ = sequence + 1;
    }
    return records;
  }

 private:
  std::weak_ptr<MemoryCore> core_;
  Shard shard_;
  std::uint64_t from_;
  std::unique_ptr<WakeList::Ticket> ticket_;
};

bool holds(const Batch& batch, BodyId body) {
  return std::ranges::find(batch.held(), body, &Batch::Held::body) != batch.held().end();
}

/// The batch whose write takes a release along: the last one that still takes hold of the body, so that a body that moves from
/// one shard to another is never without a holder in between. nullopt: the same shard holds it again, nothing is released.
std::optional<std::size_t> carrier(std::span<const Batch> batches, std::size_t releasing, BodyId body) {
  std::size_t last = releasing;
  for (std::size_t i = releasing; i < batches.size(); ++i) {
    if (!holds(batches[i], body)) continue;
    if (batches[i].shard() == batches[releasing].shard()) return std::nullopt;
    last = i;
  }
  return last;
}

MediumWrite to_write(std::span<const Batch> batches, std::size_t index) {
  const Batch& batch = batches[index];
  MediumWrite write;
  write.shard = batch.shard();
  write.operations = batch.operations();
  for (const SealedBody& body : batch.carried()) static_cast<const MemoryPending&>(*body.pending()).carry(write);
  for (const auto& held : batch.held()) write.held.push_back({held.body, batch.shard()});
  for (std::size_t i = 0; i <= index; ++i)
    for (const BodyRef& body : batches[i].released())
      if (carrier(batches, i, body.id) == index) write.released.push_back({body.id, batches[i].shard(), index - i});
  return write;
}

}  // namespace

MemoryStore::MemoryStore(MemoryDisk& disk, Faults& faults, std::uint32_t chunk_size)
    : core_(std::make_shared<MemoryCore>(disk, faults, chunk_size)), bodies_(std::make_unique<MemoryBodies>(core_)) {
  core_->current = disk.durable();
  core_->start = disk.next_start();
}

MemoryStore::MemoryStore(MemoryDisk& disk, std::uint32_t chunk_size) : MemoryStore(disk, no_faults_, chunk_size) {}

MemoryStore::~MemoryStore() {
  if (core_->state == MemoryCore::State::running) core_->disk.sync();
  if (core_->state == MemoryCore::State::stopped) core_->disk.cut(core_->faults.kept(), core_->faults.seed());
  core_->state = MemoryCore::State::dead;
}

base::Result<std::optional<std::string>> MemoryStore::get(Shard shard, Table table, std::string_view key) const {
  if (core_->state == MemoryCore::State::dead) return dead();
  return look_up(core_->current, shard, table, key);
}

std::unique_ptr<Cursor> MemoryStore::scan(Shard shard, Table table, std::string_view from, std::string_view within) const {
  if (core_->state == MemoryCore::State::dead) return make_dead_cursor();
  return make_cursor(core_->current.keys(shard, table), Edge::from, from, within);
}

std::unique_ptr<Cursor> MemoryStore::scan_last(Shard shard, Table table) const {
  if (core_->state == MemoryCore::State::dead) return make_dead_cursor();
  return make_cursor(core_->current.keys(shard, table), Edge::last, {});
}

base::Result<std::vector<Shard>> MemoryStore::shards(Table table) const {
  if (core_->state == MemoryCore::State::dead) return dead();
  return core_->current.shards(table);
}

base::Result<> MemoryStore::write(std::span<const Batch> batches, std::size_t index) {
  auto written = core_->put(to_write(batches, index), Faults::Point::before_batch, Faults::Point::after_batch);
  if (!written) return written;
  for (const SealedBody& body : batches[index].carried()) {
    auto& pending = static_cast<MemoryPending&>(*body.pending());
    if (!pending.held()) core_->octets_accepted += body.ref().size;
    pending.mark_held();
    core_->open.erase(pending.id());
  }
  if (batches[index].logged()) core_->logged.insert(batches[index].shard());
  return {};
}

base::Result<> MemoryStore::check_key(Shard shard) const {
  if (keys_ && keys_->destroyed(shard)) return base::fail("the key of the shard was destroyed", base::errc::no_key);
  return {};
}

/// As an engine that encrypts: what there is no key for is not written.
base::Result<> MemoryStore::check_keys(std::span<const Batch> batches) const {
  for (const Batch& batch : batches) {
    const auto puts = [](const auto& operation) { return operation.kind == Batch::Operation::Kind::put; };
    if (std::ranges::none_of(batch.operations(), puts)) continue;
    if (auto there = check_key(batch.shard()); !there) return there;
  }
  return {};
}

base::Result<> MemoryStore::commit(std::span<const Batch> batches, Sync sync) {
  auto fits = check(batches);
  if (!fits) return base::fail("store.commit", fits.error());
  if (core_->state != MemoryCore::State::running) return base::fail("store.commit", base::errc::stopped);
  if (auto there = check_keys(batches); !there) return base::fail("store.commit", there.error());
  if (core_->faults.full()) return base::fail("store.commit: the medium is full", base::errc::busy);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    auto written = write(batches, i);
    if (!written) return base::fail("store.commit", written.error());
  }
  if (sync == Sync::later) return {};
  auto synced = core_->sync();
  if (!synced) return base::fail("store.commit", synced.error());
  core_->wakes->wake(std::exchange(core_->logged, {}));
  return {};
}

std::shared_ptr<const Snapshot> MemoryStore::snapshot() const {
  return std::make_shared<MemorySnapshot>(core_->current, keys_);
}

std::unique_ptr<Subscription> MemoryStore::subscribe(Shard shard, std::uint64_t from, std::function<void()> wake) {
  return std::make_unique<MemorySubscription>(core_, shard, from, core_->wakes->add(shard, std::move(wake)));
}

Bodies& MemoryStore::bodies() {
  return *bodies_;
}
const Bodies& MemoryStore::bodies() const {
  return *bodies_;
}
const Identity& MemoryStore::identity() const {
  return core_->disk.identity();
}
bool MemoryStore::stopped() const {
  return core_->state != MemoryCore::State::running;
}
std::uint64_t MemoryStore::free_octets() const {
  return core_->disk.free_octets();
}
Figures MemoryStore::figures() const {
  Figures out;
  out.live_octets = core_->current.body_octets();
  out.octets_accepted = core_->octets_accepted;
  out.octets_written = core_->octets_accepted;  // they are kept as they come
  return out;
}

}  // namespace understudy::archive::store
