#include "archive/store/rocksdb/rocks_bodies.hpp"

#include "archive/store/chunked_body.hpp"
#include "archive/store/rocksdb/blob_collection.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/bytes.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::uint8_t mark_version = 1;

/// The value of an unheld body's mark: how many chunks there are to remove.
std::string mark_value(std::uint32_t chunks) {
  return base::Writer(mark_version).u32(chunks).take();
}

base::Result<std::uint32_t> chunks_of_mark(std::string_view value) {
  base::Reader in(value);
  in.u8();
  const std::uint32_t chunks = in.u32();
  auto complete = in.check("mark of an unheld body");
  if (!complete) return std::unexpected(complete.error());
  return chunks;
}

base::Result<> remove(RocksCore& core, BodyId body, std::uint32_t chunks) {
  rocksdb::WriteBatch batch;
  for (std::uint32_t index = 0; index < chunks; ++index) batch.Delete(core.chunks, keys::chunk(body, index));
  batch.Delete(core.engine, keys::unheld(body));
  return core.write_later(batch);
}

/// Nobody waits for it: what is left behind, the next start's sweep takes.
void abandon(const std::weak_ptr<RocksCore>& weak, BodyId body, std::uint32_t chunks) {
  const auto core = weak.lock();
  if (!core) return;
  if (chunks > 0 && !core->stopped) {
    auto removed = remove(*core, body, chunks);
    if (!removed) base::log::warn("store.body_left_behind", {{"why", removed.error().text()}});
  }
  core->open_bodies.remove(body);
}

class RocksWriter final : public ChunkedWriter {
 public:
  RocksWriter(std::weak_ptr<RocksCore> core, BodyId body, std::uint32_t chunk_size)
      : ChunkedWriter(body, chunk_size), core_(std::move(core)) {}
  ~RocksWriter() override {
    if (!sealed()) abandon(core_, id(), spilled());
  }

 private:
  base::Result<> spill(std::uint32_t index, std::string_view octets) override {
    const auto core = core_.lock();
    if (!core) return base::fail("store: closed", base::errc::stopped);
    rocksdb::WriteBatch batch;
    batch.Put(core->engine, keys::unheld(id()), mark_value(index + 1));
    batch.Put(core->chunks, keys::chunk(id(), index), core->codec.encode(id(), index, octets));
    return core->write_later(batch);
  }

  base::Result<SealedBody> finish(const BodyRef& ref, std::uint32_t index, std::string last) override {
    const auto core = core_.lock();
    if (!core || core->stopped) return base::fail("store", base::errc::stopped);
    std::string stored = last.empty() ? std::string() : core->codec.encode(id(), index, last);
    return SealedBody(ref, std::make_shared<RocksPending>(core_, id(), index, std::move(stored)));
  }

  std::weak_ptr<RocksCore> core_;
};

class RocksBodyReader final : public ChunkedReader {
 public:
  /// Without a view: the newest there is at each chunk.
  RocksBodyReader(std::shared_ptr<const RocksCore> core, std::shared_ptr<const RocksView> view, const BodyRef& ref)
      : ChunkedReader(ref), core_(std::move(core)), view_(std::move(view)) {}

 private:
  base::Result<std::string> load(std::uint32_t index, std::size_t octets) override {
    rocksdb::PinnableSlice stored;
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    if (view_) options.snapshot = view_->snapshot();
    const auto status = core_->db->Get(options, core_->chunks, keys::chunk(ref().id, index), &stored);
    if (!status.ok()) return fail("store: chunk", status);
    return ChunkCodec::decode(ref().id, index, view(stored), octets);
  }

  std::shared_ptr<const RocksCore> core_;
  std::shared_ptr<const RocksView> view_;
};

/// What the sweep found of one body.
enum class Swept : std::uint8_t { removed, kept };

/// A mark without a live writer. Looked up anew: the body may have been held since the mark was listed.
base::Result<Swept> sweep_one(RocksCore& core, BodyId body) {
  std::string value;
  const auto status = core.db->Get({}, core.engine, keys::unheld(body), &value);
  if (status.IsNotFound()) return Swept::kept;
  if (!status.ok()) return fail("store.sweep", status);
  auto chunks = chunks_of_mark(value);
  if (!chunks) return std::unexpected(chunks.error());
  auto held = is_held(core, body);
  if (!held) return std::unexpected(held.error());
  auto removed = remove(core, body, *held ? 0 : *chunks);
  if (!removed) return std::unexpected(removed.error());
  return *held ? Swept::kept : Swept::removed;
}

base::Result<std::vector<BodyId>> list_unheld(const RocksCore& core) {
  const std::string prefix = keys::unheld_prefix();
  const std::string end = keys::after(prefix);
  const rocksdb::Slice end_slice = slice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> at(core.db->NewIterator(options, core.engine));
  std::vector<BodyId> bodies;
  for (at->Seek(prefix); at->Valid(); at->Next()) {
    auto body = keys::body_of_unheld(view(at->key()));
    if (!body) return std::unexpected(body.error());
    bodies.push_back(*body);
  }
  if (!at->status().ok()) return fail("store.sweep", at->status());
  return bodies;
}

}  // namespace

RocksPending::~RocksPending() {
  if (!held_) abandon(core_, body_, chunks_);
}

void RocksPending::mark_held(RocksCore& core) {
  held_ = true;
  core.open_bodies.remove(body_);
}

void RocksPending::stage(const RocksCore& core, rocksdb::WriteBatch& batch) const {
  if (!last_.empty()) batch.Put(core.chunks, keys::chunk(body_, chunks_), last_);
  if (chunks_ > 0) batch.Delete(core.engine, keys::unheld(body_));
}

std::unique_ptr<BodyWriter> RocksBodies::create() {
  const BodyId body{core_->start, ++core_->bodies_made};
  core_->open_bodies.add(body);
  return std::make_unique<RocksWriter>(core_, body, core_->options.chunk_size);
}

std::unique_ptr<BodyReader> RocksBodies::open(const BodyRef& ref) const {
  return std::make_unique<RocksBodyReader>(core_, nullptr, ref);
}

std::unique_ptr<BodyReader> RocksSnapshot::open(const BodyRef& ref) const {
  return std::make_unique<RocksBodyReader>(core_, view_, ref);
}

base::Result<std::uint64_t> RocksBodies::sweep() {
  auto bodies = list_unheld(*core_);
  if (!bodies) return std::unexpected(bodies.error());
  std::uint64_t removed = 0;
  for (const BodyId& body : *bodies) {
    if (core_->open_bodies.contains(body)) continue;
    auto swept = sweep_one(*core_, body);
    if (!swept) return std::unexpected(swept.error());
    if (*swept == Swept::removed) ++removed;
  }
  adjust_collection(*core_);
  return removed;
}

base::Result<bool> is_held(const RocksCore& core, BodyId body) {
  const std::string prefix = keys::holder_prefix(body);
  const std::string end = keys::after(prefix);
  const rocksdb::Slice end_slice = slice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> at(core.db->NewIterator(options, core.engine));
  at->Seek(prefix);
  if (!at->status().ok()) return fail("store: holders", at->status());
  return at->Valid();
}

}  // namespace understudy::archive::store
