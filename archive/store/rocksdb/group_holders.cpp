/// What a group says of who holds which body, and under whose keys.

#include <algorithm>

#include "archive/store/rocksdb/body_key.hpp"
#include "archive/store/rocksdb/group_writer.hpp"
#include "archive/store/rocksdb/keys.hpp"

namespace understudy::archive::store {
namespace {

/// Those that are there of whose keys a holder named; the holder's own where none is.
base::Result<Vault::SealingKeys> keys_of_holder(const Vault& vault, Shard holder, const std::vector<Shard>& under) {
  Vault::SealingKeys found;
  for (const Shard shard : under) {
    auto key = vault.sealing_key(shard);
    if (!key && key.error().code == base::errc::no_key) continue;
    if (!key) return std::unexpected(key.error());
    found.emplace((*key)->shard, *key);
  }
  if (found.empty()) {
    auto key = vault.sealing_key(holder);
    if (!key) return std::unexpected(key.error());
    found.emplace((*key)->shard, *key);
  }
  return found;
}

}  // namespace

base::Result<GroupWriter::BatchKeys> GroupWriter::keys_for(const Vault& vault, const Batch& batch) {
  BatchKeys keys;
  const bool puts = std::ranges::any_of(batch.operations(),
                                        [](const auto& operation) { return operation.kind == Batch::Operation::Kind::put; });
  if (puts && vault.encrypts()) {
    auto key = vault.sealing_key(batch.shard());
    if (!key) return std::unexpected(key.error());
    keys.records = std::move(*key);
  }
  for (const auto& held : batch.held()) {
    auto under = keys_of_holder(vault, batch.shard(), held.under);
    if (!under) return std::unexpected(under.error());
    keys.held.push_back(std::move(*under));
  }
  return keys;
}

base::Result<GroupWriter::BatchKeys> GroupWriter::use_keys(const Batch& batch) {
  if (!core_.vault) return BatchKeys();
  auto keys = keys_for(*core_.vault, batch);
  if (!keys) return keys;
  const auto name = [&](const Vault::Sealing& key) {
    if (key->named || !naming_.emplace(key->shard, key).second) return;
    put_own(keys::key_name(key->shard), values::fixed(key->name));
  };
  if (keys->records) name(keys->records);
  for (const auto& under : keys->held)
    for (const auto& [shard, key] : under) name(key);
  return keys;
}

void GroupWriter::note_named() {
  for (const auto& [shard, key] : naming_) core_.vault->note_named(*key);
}

base::Result<> GroupWriter::hold(const Batch& batch, const BatchKeys& keys) {
  for (std::size_t i = 0; i < batch.held().size(); ++i) {
    Claim& claim = claims_[batch.held()[i].body][batch.shard()];
    claim.holds = true;
    if (!keys.held.empty()) claim.under.insert(keys.held[i].begin(), keys.held[i].end());
  }
  for (const SealedBody& body : batch.carried()) {
    const auto& pending = static_cast<const RocksPending&>(*body.pending());
    if (pending.held() || !brought_.insert(pending.body()).second) continue;
    auto brought = bring(pending);
    if (!brought) return brought;
  }
  return {};
}

void GroupWriter::release(Shard shard, const Batch& batch) {
  for (const BodyRef& body : batch.released()) {
    claims_[body.id][shard] = {};
    released_.emplace(body.id, body);
  }
}

base::Result<bool> GroupWriter::still_held(BodyId body) const {
  const auto& claims = claims_.at(body);
  if (std::ranges::any_of(claims, [](const auto& claim) { return claim.second.holds; })) return true;
  OwnKeys at(core_, keys::holder_prefix(body));
  for (; at.valid(); at.next()) {
    auto shard = keys::shard_of_holder(at.key());
    if (!shard) return std::unexpected(shard.error());
    if (!claims.contains(*shard)) return true;
  }
  auto whole = at.status();
  if (!whole) return std::unexpected(whole.error());
  return false;
}

base::Result<std::optional<base::SecretKey>> GroupWriter::key_of_body(BodyId body) const {
  const auto brought = body_keys_.find(body);
  if (brought != body_keys_.end()) return brought->second;
  return find_body_key(core_, body);
}

/// A key that cannot be had takes nothing from who holds the body already, and nobody else is refused for it: the new holder
/// has the body as the others have it.
base::Result<> GroupWriter::write_claims(BodyId body, const std::map<Shard, Claim>& claims) {
  base::Result<std::optional<base::SecretKey>> key = std::nullopt;
  if (core_.vault && std::ranges::any_of(claims, [](const auto& claim) { return claim.second.holds; })) key = key_of_body(body);
  const bool is_lost = !key && (key.error().code == base::errc::no_key || key.error().code == base::errc::damaged);
  if (!key && !is_lost) return std::unexpected(key.error());
  for (const auto& [shard, claim] : claims) {
    const std::string holder = keys::holder(body, shard);
    if (!claim.holds) {
      erase_own(holder);
    } else if (key && *key) {
      put_own(holder, holder_value(*core_.vault, body, shard, **key, claim.under));
    } else {
      auto there = is_lost ? core_.get_own(holder) : std::optional<std::string>();
      if (!there) return std::unexpected(there.error());
      if (!*there) put_own(holder, values::mark);
    }
  }
  return {};
}

base::Result<> GroupWriter::write_claims() {
  for (const auto& [body, claims] : claims_)
    if (auto written = write_claims(body, claims); !written) return written;
  return {};
}

}  // namespace understudy::archive::store
