#include "archive/commit/stage.hpp"

#include <algorithm>

namespace understudy::archive::commit {

std::string Stage::full_key(store::Shard shard, store::Table table, std::string_view key) {
  base::Writer out(static_cast<std::uint8_t>(table));
  return out.u64(shard.id).raw(key).take();
}

store::Batch& Stage::batch(store::Shard shard) {
  return batches_.try_emplace(shard, shard).first->second;
}

void Stage::put(store::Shard shard, store::Table table, std::string key, std::string value) {
  measure(key, value);
  staged_[full_key(shard, table, key)] = value;
  batch(shard).put(table, std::move(key), std::move(value));
}

void Stage::erase(store::Shard shard, store::Table table, std::string key) {
  measure(key, {});
  staged_[full_key(shard, table, key)] = std::nullopt;
  batch(shard).erase(table, std::move(key));
}

void Stage::append(store::Shard shard, std::uint64_t sequence, std::string record) {
  std::string key;
  base::put_be(key, sequence);
  measure(key, record);
  staged_[full_key(shard, store::log_of(shard.kind), key)] = record;
  batch(shard).append(sequence, std::move(record));
}

void Stage::hold(store::Shard shard, const store::SealedBody& body) {
  octets_ += std::min<std::uint64_t>(body.ref().size, store::Bodies::max_chunk);
  sealed_.try_emplace(body.ref().id, body);
  hold(shard, body.ref());
}

void Stage::hold(store::Shard shard, const store::BodyRef& body) {
  batch(shard);
  claims_[shard].insert_or_assign(body.id, Claim{body, Claim::Kind::hold});
}

void Stage::release(store::Shard shard, const store::BodyRef& body) {
  batch(shard);
  claims_[shard].insert_or_assign(body.id, Claim{body, Claim::Kind::release});
}

void Stage::measure(std::string_view key, std::string_view value) {
  octets_ += key.size() + value.size();
  if (key.size() > store::Batch::max_key || value.size() > store::Batch::max_value) fits_ = false;
}

base::Result<> Stage::fits() const {
  if (!fits_) return base::fail("a record to be stored", base::errc::too_long);
  return {};
}

base::Result<std::optional<std::string>> Stage::get(store::Shard shard, store::Table table, std::string_view key) const {
  if (const auto found = staged_.find(full_key(shard, table, key)); found != staged_.end()) return found->second;
  return store_.get(shard, table, key);
}

base::Result<bool> Stage::any(store::Shard shard, store::Table table, std::string_view prefix) const {
  const std::string full = full_key(shard, table, prefix);
  for (auto it = staged_.lower_bound(full); it != staged_.end() && it->first.starts_with(full); ++it)
    if (it->second) return true;
  auto cursor = store_.scan(shard, table, prefix);
  for (; cursor->valid() && cursor->key().starts_with(prefix); cursor->next())
    if (!staged_.contains(full_key(shard, table, cursor->key()))) return true;
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return false;
}

std::vector<store::Batch> Stage::take() {
  std::vector<store::Batch> ordered;
  for (auto& [shard, batch] : batches_) ordered.push_back(std::move(batch));
  std::ranges::stable_partition(ordered, [](const auto& batch) { return batch.shard().kind == store::ShardKind::journal; });
  for (auto& batch : ordered) claim(batch);
  drop();
  return ordered;
}

void Stage::claim(store::Batch& batch) {
  for (const auto& [id, claim] : claims_[batch.shard()]) {
    if (claim.kind == Claim::Kind::release) {
      batch.release(claim.body);
    } else if (const auto sealed = sealed_.extract(id); !sealed.empty()) {
      batch.hold(sealed.mapped());
    } else {
      batch.hold(claim.body);
    }
  }
}

void Stage::drop() {
  batches_.clear();
  staged_.clear();
  claims_.clear();
  sealed_.clear();
  octets_ = 0;
  fits_ = true;
}

}  // namespace understudy::archive::commit
