#include "archive/store/rocksdb/vault.hpp"

#include <mutex>

#include "base/bytes.hpp"
#include "base/codec.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::size_t most_cached = 16 * 1024;  // keys; more are derived again
constexpr std::size_t name_octets = 16;
constexpr std::size_t shown_key_octets = 48;
constexpr std::string_view use_of_keys = "understudy store";

/// What stands behind the marker.
enum class Closed : char {
  clear = 0,  ///< a value that begins like the marker
  sealed = 1,
};

std::string text_of_record(Shard shard, std::string_view key) {
  const std::string table = base::to_hex(key.substr(0, 1));
  const std::size_t before = 1 + sizeof(shard.id);
  return "record of " + text_of(shard) + ", table 0x" + table + ", key " +
         (key.size() > before ? base::to_hex(key.substr(before, shown_key_octets)) : std::string());
}

std::unexpected<base::Error> another_key(Shard name) {
  return base::fail("the key of " + text_of(name) + " is not the one that this store was encrypted with", base::errc::no_key);
}

std::unexpected<base::Error> lost_key(Shard name) {
  return base::fail("the key of " + text_of(name) + " was destroyed, or is not in the ring", base::errc::no_key);
}

}  // namespace

std::string text_of(Shard shard) {
  switch (shard.kind) {
    case ShardKind::instance:
      return "instance";
    case ShardKind::directory:
      return "directory";
    case ShardKind::outbox:
      return "outbox";
    case ShardKind::journal:
      return "journal " + std::to_string(shard.id);
    case ShardKind::account:
      return "account " + std::to_string(shard.id);
  }
  return "shard " + std::to_string(shard.id);
}

Vault::Vault(std::shared_ptr<KeyRing> ring, Encryption encryption, VaultRecords records, std::uint64_t start)
    : ring_(std::move(ring)),
      encryption_(encryption),
      marker_(std::move(records.marker)),
      salts_(std::move(records.salts)),
      start_(start),
      names_(std::move(records.names)),
      destructions_(ring_->destructions()) {}

std::string Vault::name_of(const base::SecretKey& key) {
  return std::string(base::derive(key, {}, "understudy name of a key").view().substr(0, name_octets));
}

base::Result<> Vault::check_ring(const KeyRing& ring, const VaultRecords& records) {
  constexpr Shard name{ShardKind::instance, 0};
  const auto known = records.names.find(name);
  if (known == records.names.end()) return base::fail("the name of the key of the instance", base::errc::damaged);
  auto key = ring.find(name);
  if (!key && key.error().code == base::errc::no_key) return lost_key(name);
  if (!key) return std::unexpected(key.error());
  if (name_of(*key) != known->second) return another_key(name);
  return {};
}

void Vault::forget_if_destroyed(std::uint64_t destructions) const {
  if (destructions_ == destructions) return;
  sealing_.clear();
  opening_.clear();
  destructions_ = destructions;
}

template <class Map>
typename Map::mapped_type Vault::cached(const Map& in, const typename Map::key_type& name) const {
  const std::uint64_t destructions = ring_->destructions();
  {
    const std::shared_lock lock(mutex_);
    if (destructions_ == destructions) {
      const auto found = in.find(name);
      return found == in.end() ? nullptr : found->second;
    }
  }
  const std::unique_lock lock(mutex_);
  forget_if_destroyed(destructions);
  return nullptr;
}

/// What was derived before a key was destroyed may be of that one: it is used once, and not kept.
template <class Map>
void Vault::cache(Map& in, const typename Map::key_type& name, typename Map::mapped_type key,
                  std::uint64_t destructions) const {
  const std::unique_lock lock(mutex_);
  if (destructions_ != destructions || ring_->destructions() != destructions) return;
  if (in.size() >= most_cached) in.clear();
  in.insert_or_assign(name, std::move(key));
}

/// That of the ring, if it is the one that this store knows by its name.
base::Result<base::SecretKey> Vault::ring_key(Shard name) const {
  auto key = ring_->find(name);
  if (!key && key.error().code == base::errc::no_key) return lost_key(name);
  if (!key) return key;
  const std::shared_lock lock(mutex_);
  const auto known = names_.find(name);
  if (known != names_.end() && known->second != name_of(*key)) return another_key(name);
  return key;
}

bool Vault::is_named(Shard name) const {
  const std::shared_lock lock(mutex_);
  return names_.contains(name);
}

base::Result<> Vault::check_key(Shard shard) const {
  const Shard name = key_of(shard);
  if (cached(sealing_, name)) return {};
  if (!is_named(name) && !ring_->destroyed(name)) return {};
  auto key = ring_key(name);
  if (!key) return std::unexpected(key.error());
  return {};
}

base::Result<Vault::Sealing> Vault::sealing_key(Shard shard) const {
  const Shard name = key_of(shard);
  if (auto found = cached(sealing_, name)) return found;
  const std::uint64_t destructions = ring_->destructions();
  const bool known = is_named(name);
  auto key = ring_key(name);
  if (!key && key.error().code == base::errc::no_key && !known) {
    key = ring_->make(name);
    if (!key && key.error().code == base::errc::refused) return lost_key(name);
  }
  if (!key) return std::unexpected(key.error());
  auto made = std::make_shared<SealingKey>(name, name_of(*key), base::derive(*key, salts_.at(start_), use_of_keys));
  made->named = known;
  cache(sealing_, name, made, destructions);
  return made;
}

void Vault::note_named(SealingKey& key) {
  const std::unique_lock lock(mutex_);
  names_.insert_or_assign(key.shard, key.name);
  key.named = true;
}

base::Result<Vault::Opening> Vault::opening_key(Shard shard, std::uint64_t start) const {
  const OpeningName name{key_of(shard), start};
  if (auto found = cached(opening_, name)) return found;
  const std::uint64_t destructions = ring_->destructions();
  const auto salt = salts_.find(start);
  if (salt == salts_.end()) return base::fail("an opening that never was", base::errc::damaged);
  auto key = ring_key(name.first);
  if (!key) return std::unexpected(key.error());
  auto made = std::make_shared<const base::SecretKey>(base::derive(*key, salt->second, use_of_keys));
  cache(opening_, name, made, destructions);
  return made;
}

void Vault::seal(const SealingKey& key, std::string_view aad, std::string_view plain, std::string& out) const {
  const std::uint64_t count = ++count_;
  base::put_varint(out, start_);
  base::put_varint(out, count);
  base::seal(key.key, base::nonce_of(count), aad, plain, out);
}

base::Result<std::string> Vault::open(Shard shard, std::string_view aad, std::string_view sealed) const {
  base::Reader in(sealed);
  const std::uint64_t start = in.varint();
  const std::uint64_t count = in.varint();
  if (auto read = in.check("sealed octets"); !read) return std::unexpected(read.error());
  auto key = opening_key(shard, start);
  if (!key) return std::unexpected(key.error());
  return base::open(**key, base::nonce_of(count), aad, in.rest());
}

std::string Vault::closed_record(const SealingKey* with, std::string_view key, std::string_view value) const {
  if (!with && is_clear(value)) return std::string(value);
  std::string out;
  out.reserve(marker_.size() + 1 + 2 * sizeof(std::uint64_t) + value.size() + base::seal_octets);
  out.append(marker_).push_back(static_cast<char>(with ? Closed::sealed : Closed::clear));
  if (with)
    seal(*with, key, value, out);
  else
    out.append(value);
  return out;
}

std::optional<std::string_view> Vault::in_clear(std::string_view stored) const {
  if (!stored.starts_with(marker_)) return stored;
  const auto behind = stored.substr(marker_.size());
  if (behind.empty() || static_cast<Closed>(behind.front()) != Closed::clear) return std::nullopt;
  return behind.substr(1);
}

base::Result<std::string> Vault::opened_record(Shard shard, std::string_view key, std::string_view stored) const {
  if (const auto clear = in_clear(stored)) {
    if (pledge_.records == KeyRing::Pledge::Records::some) return std::string(*clear);
    return base::fail(text_of_record(shard, key) + ": in clear, where all are encrypted", base::errc::damaged);
  }
  stored.remove_prefix(marker_.size());
  if (stored.empty() || static_cast<Closed>(stored.front()) != Closed::sealed)
    return base::fail(text_of_record(shard, key), base::errc::damaged);
  auto value = open(shard, key, stored.substr(1));
  if (!value) return base::fail(text_of_record(shard, key), value.error());
  return value;
}

}  // namespace understudy::archive::store
