/// The owner of the outbox: adds, rewrites and ends entries, each in the shard of its hop at enqueueing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/outbox/entry.hpp"

namespace understudy::archive::outbox {

/// What became of entries in one group, told to the scheduler once it is durable.
struct Changes {
  std::vector<Entry> added;
  std::vector<Entry> changed;
  std::vector<Id> ended;
};

/// The committer's thread only.
class Owner {
 public:
  base::Result<> add(commit::Stage& stage, Entry entry);
  /// errc::not_found: it has ended meanwhile; nothing was staged.
  base::Result<> change(commit::Stage& stage, Entry entry);
  base::Result<> end(commit::Stage& stage, const Id& id);
  /// After an attempt: the entry as it stands then (nullopt: it ends). What an administrator did meanwhile stands: one that he
  /// holds stays held, one that he removed stays away.
  base::Result<> settle(commit::Stage& stage, const Id& id, const std::optional<Entry>& left);

  /// Is the journal entry at `position` still to be applied to this shard?
  base::Result<bool> behind(const commit::Stage& stage, store::Shard shard, Position position);
  void mark_applied(commit::Stage& stage, store::Shard shard, Position position);

  Changes committed();  ///< the group is durable: hands over what it did
  void forget();        ///< the group was dropped
  void savepoint();
  void roll_back();

 private:
  base::Result<Entry> find(const commit::Stage& stage, const Id& id) const;

  using Applied = std::pair<store::Shard, std::uint16_t>;  ///< a shard and a partition
  struct Sizes {
    std::size_t added = 0, changed = 0, ended = 0;
  };
  std::map<Applied, std::uint64_t> applied_;  ///< first journal index not applied yet; read again where it is not here
  std::vector<Applied> touched_;              ///< of these, what changed since the savepoint
  Changes changes_;
  Sizes before_;  ///< of changes_, at the savepoint
};

/// Reads entries as stored. errc::damaged.
base::Result<std::vector<Entry>> list(const store::Reader& reader, store::Shard shard, std::string_view after,
                                      std::size_t limit);
/// The shards that have entries.
base::Result<std::vector<store::Shard>> shards(const store::Reader& reader);
/// By its text form ("0.17.0"), wherever it lies. errc::not_found.
base::Result<Entry> find(const store::Reader& reader, std::string_view id_text);

}  // namespace understudy::archive::outbox
