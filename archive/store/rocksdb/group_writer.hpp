/// Turns the batches of one or more commits into one append to the log and one write of RocksDB's: so they are durable
/// together, and who needs which octets is counted without a hole. Only the RocksDB engine includes it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "archive/store/batch.hpp"
#include "archive/store/rocksdb/body_writer.hpp"
#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// A block that the collector has copied.
struct Move {
  segments::Owner owner;
  content::Location from, to;
};

/// Used under the commit turn: nobody else changes records, holders, parts or the log meanwhile.
class GroupWriter {
 public:
  /// Whether a key range is erased in this group: then its own puts are remembered.
  enum class Erases : std::uint8_t { keys, ranges };
  /// What a batch encrypts with: its records, and each of the bodies that it holds.
  struct BatchKeys {
    Vault::Sealing records;  ///< nullptr: they stay in clear
    std::vector<Vault::SealingKeys> held;
  };
  /// Errors as Vault::sealing_key(). Any thread.
  static base::Result<BatchKeys> keys_for(const Vault& vault, const Batch& batch);

  explicit GroupWriter(RocksCore& core, Erases erases = Erases::keys) : core_(core), erases_(erases) {}
  ~GroupWriter() { core_.pins->freed(freeing_); }
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  base::Result<> begin() { return core_.log->begin(); }
  /// errc::damaged, errc::io: something had to be read for it and could not be; the group is then of no use.
  base::Result<> add(std::span<const Batch> batches);
  /// Octets and record of a body; held by whom is not its matter.
  base::Result<> bring(const RocksPending& body);
  /// Blocks that are still where they were are from now on where they were copied to. What was freed or moved since stays so.
  base::Result<> move(std::span<const Move> moves);
  /// Frees parts that were pinned when their last body went, and that nobody took after all. Gives how many.
  base::Result<std::uint64_t> sweep();
  /// A record of the engine's own.
  void put_own(const std::string& key, const std::string& value) { out_.Put(core_.engine, key, value); }
  void erase_own(const std::string& key) { out_.Delete(core_.engine, key); }
  /// Says who holds which body, frees those that nobody holds after all this, and gives the commit its number.
  base::Result<> finish(std::uint64_t commit);
  /// The commit is written: the names of the keys that it used are in the database.
  void note_named();

  rocksdb::WriteBatch& batch() { return out_; }
  const UseChanges& use() const { return use_; }
  /// The block that was written last before this commit and that it names; of none: all go with it.
  const content::Location& last_written() const { return last_written_; }
  bool brings_octets() const { return brings_octets_; }

 private:
  /// Who holds a body, as this group says it.
  struct Claim {
    bool holds = false;
    Vault::SealingKeys under;
  };
  base::Result<BatchKeys> use_keys(const Batch& batch);
  void apply(Shard shard, const Vault::SealingKey* key, const Batch::Operation& operation);
  base::Result<> erase_range(Shard shard, const Batch::Operation& operation);
  base::Result<> hold(const Batch& batch, const BatchKeys& keys);
  void release(Shard shard, const Batch& batch);
  base::Result<bool> still_held(BodyId body) const;
  base::Result<> write_claims();
  base::Result<> write_claims(BodyId body, const std::map<Shard, Claim>& claims);
  base::Result<std::optional<base::SecretKey>> key_of_body(BodyId body) const;

  content::Location place(const WrittenBlock& block, const segments::Owner& owner);
  void needs(const content::Location& written);
  base::Result<> free(const BodyRef& body);
  base::Result<content::Recipe*> find_recipe(const BodyId& body, std::uint64_t octets);

  using PartRecord = std::optional<values::Part>;
  base::Result<PartRecord*> find_part(const base::Digest& digest);
  base::Result<> free_part(const base::Digest& digest);
  base::Result<bool> part_used(const base::Digest& digest) const;
  void count(const content::Location& at, std::int64_t sign) { use_[at.segment] += sign * std::int64_t{at.length}; }

  RocksCore& core_;
  Erases erases_;
  rocksdb::WriteBatch out_;
  std::set<std::string> put_keys_;  // of this group: an erase_range behind them takes them too
  std::map<BodyId, std::map<Shard, Claim>> claims_;
  std::map<BodyId, base::SecretKey> body_keys_;  // of bodies that this group brings
  std::map<Shard, Vault::Sealing> naming_;       // keys whose names go into the database with this group
  std::map<BodyId, BodyRef> released_;
  std::set<BodyId> brought_;
  std::map<BodyId, content::Recipe> recipes_;             // of bodies that this group writes or changes
  std::map<base::Digest, PartRecord> parts_;              // as this group leaves them
  std::map<base::Digest, std::map<BodyId, bool>> users_;  // what this group says of who has a part
  std::vector<base::Digest> freeing_;                     // nobody can pin them until the group is written
  UseChanges use_;
  content::Location last_written_;
  bool brings_octets_ = false;
};

}  // namespace understudy::archive::store
