/// The changes of one commit while they are gathered: many messages, many shards, one sync. What is staged is seen by who
/// stages after it, so that two messages for one mailbox get two UIDs though neither is durable yet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/store/store.hpp"

namespace understudy::archive::commit {

/// One group; the committer's thread only. Dropped, it leaves nothing behind.
class Stage {
 public:
  explicit Stage(const store::Store& store) : store_(store) {}

  void put(store::Shard shard, store::Table table, std::string key, std::string value);
  void erase(store::Shard shard, store::Table table, std::string key);
  void append(store::Shard shard, std::uint64_t sequence, std::string record);
  /// Of hold and release of one body in one shard the last one counts. Who brings a new body holds it sealed, once.
  void hold(store::Shard shard, const store::SealedBody& body);
  void hold(store::Shard shard, const store::BodyRef& body);
  void release(store::Shard shard, const store::BodyRef& body);

  /// What the key will hold after this commit.
  base::Result<std::optional<std::string>> get(store::Shard shard, store::Table table, std::string_view key) const;
  /// Will any key with this prefix be there after this commit?
  base::Result<bool> any(store::Shard shard, store::Table table, std::string_view prefix) const;

  bool empty() const { return batches_.empty(); }
  std::size_t octets() const { return octets_; }  ///< of keys and values, for the group's limit
  /// In the order in which they must become durable: journal entries first, since the rest follows from them.
  std::vector<store::Batch> take();
  void drop();  ///< forgets all of it
  /// errc::too_long: a key or a value that the store would refuse, and the whole group with it.
  base::Result<> fits() const;

 private:
  struct Claim {
    store::BodyRef body;
    enum class Kind : std::uint8_t { hold, release } kind;
  };
  store::Batch& batch(store::Shard shard);
  void measure(std::string_view key, std::string_view value);
  void claim(store::Batch& batch);
  static std::string full_key(store::Shard shard, store::Table table, std::string_view key);

  const store::Store& store_;
  std::map<store::Shard, store::Batch> batches_;
  std::map<std::string, std::optional<std::string>> staged_;  ///< nullopt: erased
  std::map<store::Shard, std::map<store::BodyId, Claim>> claims_;
  std::map<store::BodyId, store::SealedBody> sealed_;  ///< to be carried by the first batch that holds them
  std::size_t octets_ = 0;
  bool fits_ = true;
};

}  // namespace understudy::archive::commit
