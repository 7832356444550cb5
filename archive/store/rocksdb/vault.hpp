/// What the engine encrypts records and the keys of bodies with, between the ring of keys and the octets. Every opening of the
/// store has keys of its own, derived from those of the ring with a salt that is durable before anything is encrypted with
/// them; so counting gives a nonce that no copy of the directory can give again. Only the RocksDB engine includes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

#include "archive/store/body.hpp"
#include "archive/store/key_ring.hpp"
#include "archive/store/options.hpp"
#include "base/aead.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::archive::store {

/// What the database says of it.
struct VaultRecords {
  std::string marker;                          ///< what no clear value begins with; empty: nothing was ever encrypted
  std::map<std::uint64_t, std::string> salts;  ///< of each opening, by its start
  std::map<Shard, std::string> names;          ///< of the keys that were ever used: they tell one from another
};

/// Any thread.
class Vault {
 public:
  static constexpr std::size_t marker_octets = 8;

  /// A shard's key, for what this opening writes.
  struct SealingKey {
    SealingKey(Shard of, std::string called, base::SecretKey derived)
        : shard(of), name(std::move(called)), key(std::move(derived)) {}
    Shard shard;
    std::string name;
    base::SecretKey key;
    std::atomic<bool> named = false;  ///< the name is in the database
  };
  using Sealing = std::shared_ptr<SealingKey>;
  using SealingKeys = std::map<Shard, Sealing>;  ///< by the key's shard

  /// `records` has a marker, and the salt of `start`, which is this opening; both are durable before anything is sealed.
  Vault(std::shared_ptr<KeyRing> ring, Encryption encryption, VaultRecords records, std::uint64_t start);

  /// Octets by which a key of the ring is told from another, and which tell nothing of it.
  static std::string name_of(const base::SecretKey& key);
  /// Is the ring the one that the instance's key comes from? errc::no_key: it is not; the context says which key is missing or
  /// another one.
  static base::Result<> check_ring(const KeyRing& ring, const VaultRecords& records);

  /// Is what comes now encrypted? If not, there are keys all the same: bodies that have one keep it with every new holder.
  bool encrypts() const { return encryption_ == Encryption::on; }
  /// Grows when anything that follows from keys must be forgotten.
  std::uint64_t destructions() const { return ring_->destructions(); }
  base::SecretKey draw() const { return ring_->draw(); }

  /// What holds from here on; before anything is read for others.
  void demand(const KeyRing::Pledge& pledge) { pledge_ = pledge; }
  /// May no block of the body be in clear, and no part of it be shared?
  bool demands_sealed(const BodyId& body) const { return pledge_.bodies_from && body.start >= *pledge_.bodies_from; }
  /// Would sealing_key() find one, or make it? errc::no_key: it would not.
  base::Result<> check_key(Shard shard) const;
  /// Made where there never was one. errc::no_key: it was destroyed or is lost, or the ring has another one than this store;
  /// else why the ring could not make it durable.
  base::Result<Sealing> sealing_key(Shard shard) const;
  /// Its name is in the database.
  void note_named(SealingKey& key);

  /// Appends varint-start varint-count and the sealed octets.
  void seal(const SealingKey& key, std::string_view aad, std::string_view plain, std::string& out) const;
  /// errc::no_key: as sealing_key(); errc::damaged: not what was sealed.
  base::Result<std::string> open(Shard shard, std::string_view aad, std::string_view sealed) const;

  /// The value of a record as it is stored; without a key in clear. `key`: with table and shard.
  std::string closed_record(const SealingKey* with, std::string_view key, std::string_view value) const;
  /// Can this value be given as it is?
  bool is_clear(std::string_view stored) const {
    return pledge_.records == KeyRing::Pledge::Records::some && !stored.starts_with(marker_);
  }
  /// What a value in clear says, in whichever of its forms; nullopt: it is sealed.
  std::optional<std::string_view> in_clear(std::string_view stored) const;
  /// Of one that is_clear() is not true of. Errors as open(); errc::damaged, too, where it is in clear and may not be. The
  /// context names the record.
  base::Result<std::string> opened_record(Shard shard, std::string_view key, std::string_view stored) const;

 private:
  using OpeningName = std::pair<Shard, std::uint64_t>;
  using Opening = std::shared_ptr<const base::SecretKey>;
  bool is_named(Shard name) const;
  base::Result<base::SecretKey> ring_key(Shard name) const;
  base::Result<Opening> opening_key(Shard shard, std::uint64_t start) const;
  template <class Map>
  typename Map::mapped_type cached(const Map& in, const typename Map::key_type& name) const;
  template <class Map>
  void cache(Map& in, const typename Map::key_type& name, typename Map::mapped_type key, std::uint64_t destructions) const;
  void forget_if_destroyed(std::uint64_t destructions) const;

  std::shared_ptr<KeyRing> ring_;
  Encryption encryption_;
  std::string marker_;
  KeyRing::Pledge pledge_;
  std::map<std::uint64_t, std::string> salts_;
  std::uint64_t start_;
  mutable std::atomic<std::uint64_t> count_ = 0;
  mutable std::shared_mutex mutex_;
  mutable std::map<Shard, std::string> names_;
  mutable std::map<Shard, Sealing> sealing_;
  mutable std::map<OpeningName, Opening> opening_;
  mutable std::uint64_t destructions_ = 0;  // when the two were begun
};

/// "account 7", "directory".
std::string text_of(Shard shard);

}  // namespace understudy::archive::store
