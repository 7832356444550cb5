#include "archive/store/memory/subset.hpp"

#include <random>

namespace understudy::archive::store {
namespace {

using Writes = std::vector<MediumWrite>;
using Claims = std::vector<MediumWrite::Claim>;

std::vector<bool> draw(const Writes& writes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::uint64_t one_in = 2 + random() % 6;
  std::vector<bool> stays(writes.size());
  std::set<Shard> cut;
  bool leader_lost = false;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    stays[i] = random() % one_in != 0;
    const auto& shard = writes[i].shard;
    if (!shard) continue;
    if (leader_lost || cut.contains(*shard)) stays[i] = false;
    if (stays[i]) continue;
    cut.insert(*shard);
    if (leads(shard->kind)) leader_lost = true;
  }
  return stays;
}

/// The chunks of all bodies that are held by what stays, whichever write carried them.
MediumWrite chunks_needed(const Writes& writes, const std::vector<bool>& stays) {
  std::set<BodyId> held;
  for (std::size_t i = 0; i < writes.size(); ++i)
    if (stays[i])
      for (const auto& claim : writes[i].held) held.insert(claim.body);
  MediumWrite needed;
  for (const auto& write : writes)
    for (const auto& chunk : write.chunks)
      if (held.contains(chunk.body)) needed.chunks.push_back(chunk);
  return needed;
}

/// What each write's own batch releases. In `writes` a release stands with the last batch that holds the body.
std::vector<Claims> releases_by_batch(const Writes& writes) {
  std::vector<Claims> releases(writes.size());
  for (std::size_t i = 0; i < writes.size(); ++i)
    for (const auto& claim : writes[i].released) releases[i - claim.behind].push_back(claim);
  return releases;
}

}  // namespace

std::vector<MediumWrite> subset_of(const std::vector<MediumWrite>& writes, std::uint64_t seed) {
  const auto stays = draw(writes, seed);
  const auto releases = releases_by_batch(writes);
  Writes left{chunks_needed(writes, stays)};
  std::map<std::pair<BodyId, Shard>, bool> let_go;  // the last word of each shard on each body
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!stays[i]) continue;
    left.push_back(writes[i]);
    left.back().released.clear();
    for (const auto& claim : releases[i]) let_go[{claim.body, claim.shard}] = true;
    for (const auto& claim : writes[i].held) let_go[{claim.body, claim.shard}] = false;
  }
  MediumWrite last;
  for (const auto& [claim, gone] : let_go)
    if (gone) last.released.push_back({claim.first, claim.second});
  left.push_back(std::move(last));
  return left;
}

}  // namespace understudy::archive::store
