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

/// Records that the log of a hop keeps. A follower that is further behind reads what the hop's entries are now.
inline constexpr std::uint64_t log_kept = 4096;

/// What became of entries in one group, told to the scheduler once it is durable.
struct Changes {
  std::vector<Entry> added;
  std::vector<Entry> changed;
  std::vector<Id> ended;
};

/// The committer's thread only. Every change and every end is named in the log of the entry's shard, for those who follow; an
/// addition is not, since it follows from the journal.
class Owner {
 public:
  /// `under`: as store::Batch::hold(): whoever holds the message, so that it ends with their keys while it waits here, too.
  base::Result<> add(commit::Stage& stage, Entry entry, std::vector<store::Shard> under = {});
  /// What an administrator wants. errc::not_found: it has ended meanwhile; nothing was staged.
  base::Result<> change(commit::Stage& stage, Entry entry);
  /// errc::not_found. A damaged one goes, too; its body stays held, since nobody can say which it is.
  base::Result<> end(commit::Stage& stage, const Id& id);
  /// After an attempt: the entry as it stands then (nullopt: it ends). What an administrator did meanwhile stands: one that he
  /// holds stays held, a target that he released is tried again, one that he removed stays away. A damaged one is replaced.
  base::Result<> settle(commit::Stage& stage, const Id& id, const std::optional<Entry>& left);

  /// Is the journal entry at `position` still to be applied to this shard?
  base::Result<bool> behind(const commit::Stage& stage, store::Shard shard, Position position);
  void mark_applied(commit::Stage& stage, store::Shard shard, Position position);

  Changes committed();  ///< the group is durable: hands over what it did
  void forget();        ///< the group was dropped
  void savepoint();
  void roll_back();

 private:
  base::Result<> write(commit::Stage& stage, Entry entry);
  base::Result<> end(commit::Stage& stage, const Id& id, std::string_view value);
  /// `body`: nullptr where it is not known.
  base::Result<> erase(commit::Stage& stage, const Id& id, const store::BodyRef* body);
  base::Result<> log(commit::Stage& stage, const Id& id);
  base::Result<std::uint64_t> log_end(const commit::Stage& stage, store::Shard shard);
  base::Result<bool> has_others(const commit::Stage& stage, const Id& id);
  void trim();
  void keep_changes();  ///< since the savepoint: they are not taken back any more

  using Message = std::pair<store::Shard, Position>;       ///< in one hop
  using Applied = std::pair<store::Shard, std::uint16_t>;  ///< a shard and a partition
  struct Sizes {
    std::size_t added = 0, changed = 0, ended = 0;
  };
  std::map<Applied, std::uint64_t> applied_;        ///< first journal index not applied yet; read again where it is not here
  std::vector<Applied> touched_;                    ///< of these, what changed since the savepoint
  std::map<store::Shard, std::uint64_t> log_ends_;  ///< last sequence of the log; read again where it is not here
  std::vector<store::Shard> logged_;                ///< of these, what changed since the savepoint
  /// How many entries a message got that came lately; looked up where it is not here. A member that is taken back may leave too
  /// high a number, which costs a look.
  std::map<Message, std::size_t> parts_;
  Changes changes_;
  Sizes before_;  ///< of changes_, at the savepoint
};

struct Page {
  std::vector<Entry> entries;
  std::vector<Id> damaged;  ///< records between them that could not be understood
};
/// Entries as stored, behind the key `after`, at most `limit`; fewer: these are the last. One damaged record keeps nobody from
/// the others; that the store cannot be read is an error.
base::Result<Page> read_page(const store::Reader& reader, store::Shard shard, std::string_view after, std::size_t limit);
/// The entries of read_page(); logs the damaged ones ("outbox.damaged").
base::Result<std::vector<Entry>> list(const store::Reader& reader, store::Shard shard, std::string_view after,
                                      std::size_t limit);
/// In a store::Reader as it is stored, in a commit::Stage as it will be. errc::damaged.
template <class Source>
base::Result<std::optional<Entry>> look_up(const Source& source, const Id& id) {
  auto value = source.get(id.where(), store::Table::outbox, id.key());
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<Entry>();
  auto entry = Entry::decode(id.shard, id.key(), **value);
  if (!entry) return std::unexpected(entry.error());
  return std::optional(std::move(*entry));
}
/// The shards that have entries.
base::Result<std::vector<store::Shard>> shards(const store::Reader& reader);
/// By its text form ("0.17.0"), wherever it lies. errc::not_found.
base::Result<Entry> find(const store::Reader& reader, std::string_view id_text);

}  // namespace understudy::archive::outbox
