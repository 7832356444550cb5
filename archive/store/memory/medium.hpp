/// What a memory store holds: tables of records, chunks of bodies, and who needs which body. Copies share what neither changed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/store/batch.hpp"

namespace understudy::archive::store {

/// One write: takes effect whole or not at all.
struct MediumWrite {
  struct Chunk {
    BodyId body;
    std::uint32_t index = 0;
    std::shared_ptr<const std::string> octets;
  };
  struct Claim {
    BodyId body;
    Shard shard;
    std::size_t behind = 0;  ///< of a release: how many writes ago its own batch was
  };
  std::optional<Shard> shard;  ///< whose batch it is; none: of bodies alone
  std::vector<Batch::Operation> operations;
  std::vector<Chunk> chunks;
  std::vector<Claim> held;
  std::vector<Claim> released;  ///< a body that nobody holds after it is freed
  std::vector<BodyId> dropped;  ///< bodies that nobody ever held
};

class Medium {
 public:
  using Keys = std::map<std::string, std::string, std::less<>>;

  void apply(const MediumWrite& write);

  /// nullptr where the table has no keys in this shard. What is given stays as it is.
  std::shared_ptr<const Keys> keys(Shard shard, Table table) const;
  std::vector<Shard> shards(Table table) const;
  /// nullptr: not there.
  std::shared_ptr<const std::string> chunk(BodyId body, std::uint32_t index) const;
  /// Bodies with chunks and without a holder.
  std::vector<BodyId> unheld() const;
  std::uint64_t bodies() const { return bodies_.size(); }  ///< with at least one chunk
  std::uint64_t body_octets() const;

 private:
  void apply(Shard shard, const Batch::Operation& operation);
  Keys& writable(Shard shard, Table table);

  std::map<std::pair<Table, Shard>, std::shared_ptr<Keys>> tables_;
  std::map<BodyId, std::map<std::uint32_t, std::shared_ptr<const std::string>>> bodies_;
  std::map<BodyId, std::set<Shard>> holders_;
};

}  // namespace understudy::archive::store
