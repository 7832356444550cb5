#include "archive/recovery.hpp"

#include <map>

#include "archive/commit/commit_staged.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/stored_nodes.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "base/log.hpp"

namespace understudy::archive {
namespace {

/// Compares what the other shards know of the journal with the journal. A shard that is beyond its end would take no new mail:
/// it would say of entries yet to come that it has them.
class Comparison {
 public:
  explicit Comparison(const store::Reader& reader) : reader_(reader) {}

  /// All shards of a table that has, under "a" and a partition, a version and the first index that the shard does not know.
  base::Result<> compare(store::Table table, std::string_view what) {
    auto shards = reader_.shards(table);
    if (!shards) return std::unexpected(shards.error());
    for (const auto& shard : *shards)
      if (auto compared = compare(shard, table, std::string(what) + " " + std::to_string(shard.id)); !compared) return compared;
    return {};
  }
  /// `next`: the first position that is not known there.
  base::Result<> compare(Position next, const std::string& what) {
    if (!ends_.contains(next.partition)) {
      auto end = journal::end_of_log(reader_, next.partition);
      if (!end) return std::unexpected(end.error());
      ends_[next.partition] = *end;
    }
    const auto end = ends_[next.partition];
    if (next.index <= end) return {};
    return base::fail("the journal is older than what was made of it: partition " + std::to_string(next.partition) + " has " +
                          std::to_string(end) + " entries, " + what + " knows of " + std::to_string(next.index) +
                          "; mail to come would be filed nowhere. Restore journal, accounts and outbox together",
                      base::errc::damaged);
  }

 private:
  base::Result<> compare(store::Shard shard, store::Table table, const std::string& what) {
    auto cursor = reader_.scan(shard, table, "a");
    for (; cursor->valid() && cursor->key().starts_with('a'); cursor->next()) {
      base::Reader key(cursor->key().substr(1));
      base::Reader value(cursor->value());
      value.u8();
      const Position next{key.u16(), value.u64()};
      if (auto compared = compare(next, what); !compared) return compared;
    }
    return cursor->status();
  }

  const store::Reader& reader_;
  std::map<std::uint16_t, std::uint64_t> ends_;  ///< by partition
};

base::Result<> compare_with_journal(const store::Reader& reader, const directory::Live& live) {
  Comparison comparison(reader);
  if (auto compared = comparison.compare(store::Table::account_state, "account"); !compared) return compared;
  if (auto compared = comparison.compare(store::Table::outbox_state, "outbox shard"); !compared) return compared;
  if (auto compared = comparison.compare(store::Table::directory_state, "directory"); !compared) return compared;
  for (const auto& record : live.records())
    if (auto compared = comparison.compare(record.since, "the record of " + record.name); !compared) return compared;
  return {};
}

base::Result<> end_rebuilds(store::Store& store) {
  auto shards = store.shards(store::Table::account_state);
  if (!shards) return std::unexpected(shards.error());
  for (const auto& shard : *shards) {
    auto cut = mailbox::unfinished(store, shard.id);
    if (!cut) return std::unexpected(cut.error());
    if (!*cut) continue;
    auto rebuilt = mailbox::rebuild(store, shard.id);
    if (!rebuilt) return base::fail("rebuild of account " + std::to_string(shard.id), rebuilt.error());
    base::log::warn("recovery.rebuilt", {{"account", shard.id}, {"messages", rebuilt->messages}});
  }
  return {};
}

base::Result<> complete_accounts(store::Store& store, commit::Owners& owners, const directory::Live& live) {
  for (const auto& record : live.records()) {
    auto numbers = store.get(mailbox::shard_of(record.number), store::Table::account_state, mailbox::keys::numbers);
    if (!numbers) return std::unexpected(numbers.error());
    if (*numbers) continue;
    commit::Stage stage(store);
    if (auto made = commit::make_folders(stage, owners, live, record); !made) return made;
    if (auto committed = commit::commit_staged(store, stage, owners); !committed) return committed;
  }
  return {};
}

base::Result<> complete_nodes(store::Store& store, const commit::Owners& owners) {
  constexpr std::size_t at_once = 1000;
  const auto end = owners.journal.next();
  auto lacking = journal::lacks_nodes(store, end.partition, end.index);
  if (!lacking) return std::unexpected(lacking.error());
  if (!*lacking) return {};
  base::log::info("recovery.tree_nodes", {{"partition", end.partition}, {"entries", end.index}});
  for (std::optional from(journal::first_missing); from;) {
    commit::Stage stage(store);
    auto next = journal::stage_missing_nodes(stage, store, end.partition, end.index, *from, at_once);
    if (!next) return std::unexpected(next.error());
    if (auto committed = commit::commit_staged(store, stage); !committed) return committed;
    from = *next;
  }
  return {};
}

base::Result<> replay(store::Store& store, commit::Owners& owners, const directory::Live& live) {
  const auto end = owners.journal.next();
  for (auto index = owners.journal.projected(); index < end.index; ++index) {
    auto sealed = journal::read_sealed(store, {end.partition, index});
    if (!sealed) return base::fail("a hole", base::Error{base::errc::damaged, sealed.error().text()});
    if (sealed->common.nonce.empty()) continue;  // ended by retention, which ends nothing that is not applied
    auto entry = journal::open(*sealed);
    if (!entry) return std::unexpected(entry.error());
    commit::Stage stage(store);
    if (auto projected = commit::project(stage, owners, live, *entry); !projected) return projected;
    if (auto committed = commit::commit_staged(store, stage, owners); !committed) return committed;
  }
  owners.journal.committed();
  return {};
}

}  // namespace

base::Result<> recover(store::Store& store, commit::Owners& owners, const directory::Live& live) {
  if (auto compared = compare_with_journal(store, live); !compared) return compared;
  if (auto ended = end_rebuilds(store); !ended) return ended;
  if (auto completed = complete_accounts(store, owners, live); !completed) return base::fail("folders", completed.error());
  if (auto completed = complete_nodes(store, owners); !completed) return base::fail("nodes of the tree", completed.error());
  if (auto replayed = replay(store, owners, live); !replayed) return base::fail("replay of the journal", replayed.error());
  return {};
}

base::Result<> seed_accounts(commit::Stage& stage, commit::Owners& owners, const directory::Live& live) {
  owners.directory.tell_collisions();
  auto made = owners.directory.seed(stage, live.options()->seeds);
  if (!made) return std::unexpected(made.error());
  for (const auto& record : *made)
    if (auto folders = commit::make_folders(stage, owners, live, record); !folders) return folders;
  return {};
}

}  // namespace understudy::archive
