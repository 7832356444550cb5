#include "archive/store/rocksdb/group_writer.hpp"

#include <algorithm>

#include "archive/store/chunked_body.hpp"
#include "archive/store/rocksdb/keys.hpp"
#include "archive/store/rocksdb/rocks_bodies.hpp"
#include "archive/store/rocksdb/status.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::uint64_t max_chunks = 1ull << 24;  // 4 TiB of body: more is a damaged reference

}  // namespace

base::Result<> GroupWriter::add(std::span<const Batch> batches) {
  for (const Batch& batch : batches) {
    release(batch.shard(), batch);
    hold(batch.shard(), batch);  // in one batch a hold wins: better a body too many than one too few
    for (const auto& operation : batch.operations()) {
      if (operation.kind != Batch::Operation::Kind::erase_range) {
        apply(batch.shard(), operation);
        continue;
      }
      auto erased = erase_range(batch.shard(), operation);
      if (!erased) return erased;
    }
  }
  return {};
}

void GroupWriter::apply(Shard shard, const Batch::Operation& operation) {
  std::string key = keys::record(shard, operation.table, operation.key);
  if (operation.kind == Batch::Operation::Kind::erase) {
    out_.Delete(core_.records, key);
    return;
  }
  out_.Put(core_.records, key, operation.value);
  put_keys_.insert(std::move(key));
}

/// Key by key. RocksDB's own range deletion would be one operation, but in 7.8 an iterator that meets a read error beside one
/// may go on with wrong data instead of an error.
base::Result<> GroupWriter::erase_range(Shard shard, const Batch::Operation& operation) {
  const std::string from = keys::record(shard, operation.table, operation.key);
  const std::string to = operation.value.empty() ? keys::after(keys::prefix(shard, operation.table))
                                                 : keys::record(shard, operation.table, operation.value);
  if (to <= from) return {};
  const rocksdb::Slice to_slice = slice(to);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &to_slice;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(core_.db->NewIterator(options, core_.records));
  for (at->Seek(from); at->Valid(); at->Next()) out_.Delete(core_.records, at->key());
  if (!at->status().ok()) return fail("store.erase_range", at->status());
  for (auto key = put_keys_.lower_bound(from); key != put_keys_.end() && *key < to; ++key) out_.Delete(core_.records, *key);
  return {};
}

void GroupWriter::hold(Shard shard, const Batch& batch) {
  for (const BodyId& body : batch.held()) {
    claims_[body][shard] = true;
    out_.Put(core_.engine, keys::holder(body, shard), rocksdb::Slice("\x01", 1));
  }
  for (const SealedBody& body : batch.carried()) {
    const auto& pending = static_cast<const RocksPending&>(*body.pending());
    if (!pending.held() && carried_.insert(pending.body()).second) pending.stage(core_, out_);
  }
}

void GroupWriter::release(Shard shard, const Batch& batch) {
  for (const BodyRef& body : batch.released()) {
    claims_[body.id][shard] = false;
    out_.Delete(core_.engine, keys::holder(body.id, shard));
    released_.emplace(body.id, body);
  }
}

base::Result<bool> GroupWriter::still_held(BodyId body) const {
  const auto& claims = claims_.at(body);
  if (std::ranges::any_of(claims, [](const auto& claim) { return claim.second; })) return true;
  const std::string prefix = keys::holder_prefix(body);
  const std::string end = keys::after(prefix);
  const rocksdb::Slice end_slice = slice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> at(core_.db->NewIterator(options, core_.engine));
  for (at->Seek(prefix); at->Valid(); at->Next()) {
    auto shard = keys::shard_of_holder(view(at->key()));
    if (!shard) return std::unexpected(shard.error());
    if (!claims.contains(*shard)) return true;
  }
  if (!at->status().ok()) return fail("store: holders", at->status());
  return false;
}

base::Result<> GroupWriter::finish(std::uint64_t commit) {
  for (const auto& [body, ref] : released_) {
    auto held = still_held(body);
    if (!held) return std::unexpected(held.error());
    if (*held) continue;
    ++freed_;
    const std::uint64_t chunks = chunk_count(ref);
    if (chunks > max_chunks) return base::fail("store: reference to a body", base::errc::damaged);
    for (std::uint32_t index = 0; index < chunks; ++index) out_.Delete(core_.chunks, keys::chunk(body, index));
  }
  out_.Put(core_.engine, slice(keys::commits), number_value(commit));
  return {};
}

}  // namespace understudy::archive::store
