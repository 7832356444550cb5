#include "archive/store/memory/medium.hpp"

namespace understudy::archive::store {

void Medium::apply(const MediumWrite& write) {
  for (const auto& operation : write.operations) apply(*write.shard, operation);
  for (const auto& chunk : write.chunks) bodies_[chunk.body][chunk.index] = chunk.octets;
  for (const auto& claim : write.held) holders_[claim.body].insert(claim.shard);
  for (const auto& claim : write.released) {
    auto holders = holders_.find(claim.body);
    if (holders == holders_.end()) continue;
    holders->second.erase(claim.shard);
    if (!holders->second.empty()) continue;
    holders_.erase(holders);
    bodies_.erase(claim.body);
  }
  for (const BodyId& body : write.dropped) bodies_.erase(body);
}

void Medium::apply(Shard shard, const Batch::Operation& operation) {
  Keys& keys = writable(shard, operation.table);
  switch (operation.kind) {
    case Batch::Operation::Kind::put:
      keys[operation.key] = operation.value;
      break;
    case Batch::Operation::Kind::erase:
      keys.erase(operation.key);
      break;
    case Batch::Operation::Kind::erase_range: {
      const auto& end = operation.value;
      if (!end.empty() && end <= operation.key) break;
      keys.erase(keys.lower_bound(operation.key), end.empty() ? keys.end() : keys.lower_bound(end));
      break;
    }
  }
  if (keys.empty()) tables_.erase({operation.table, shard});
}

/// The table's keys, copied first where a snapshot, a cursor or another medium still looks at them.
Medium::Keys& Medium::writable(Shard shard, Table table) {
  auto& keys = tables_[{table, shard}];
  if (!keys)
    keys = std::make_shared<Keys>();
  else if (keys.use_count() > 1)
    keys = std::make_shared<Keys>(*keys);
  return *keys;
}

std::shared_ptr<const Medium::Keys> Medium::keys(Shard shard, Table table) const {
  auto found = tables_.find({table, shard});
  return found == tables_.end() ? nullptr : found->second;
}

std::vector<Shard> Medium::shards(Table table) const {
  std::vector<Shard> shards;
  for (auto at = tables_.lower_bound({table, Shard{kind_of(table), 0}}); at != tables_.end() && at->first.first == table; ++at)
    shards.push_back(at->first.second);
  return shards;
}

std::shared_ptr<const std::string> Medium::chunk(BodyId body, std::uint32_t index) const {
  auto chunks = bodies_.find(body);
  if (chunks == bodies_.end()) return nullptr;
  auto chunk = chunks->second.find(index);
  return chunk == chunks->second.end() ? nullptr : chunk->second;
}

std::uint64_t Medium::body_octets() const {
  std::uint64_t octets = 0;
  for (const auto& [body, chunks] : bodies_)
    for (const auto& [index, chunk] : chunks) octets += chunk->size();
  return octets;
}

std::vector<BodyId> Medium::unheld() const {
  std::vector<BodyId> unheld;
  for (const auto& [body, chunks] : bodies_)
    if (!holders_.contains(body)) unheld.push_back(body);
  return unheld;
}

}  // namespace understudy::archive::store
