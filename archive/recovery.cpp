#include "archive/recovery.hpp"

#include <map>

#include "archive/commit/commit_staged.hpp"
#include "archive/instance.hpp"
#include "archive/journal/destruction.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/stored_nodes.hpp"
#include "archive/keys/destroyed.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "archive/mailbox/renew.hpp"
#include "base/log.hpp"

namespace understudy::archive {
namespace {

/// The ring lacks the key of an account, since it was destroyed or the ring is an older copy: nobody can read that mailbox, and
/// everybody else's mail goes on.
bool is_without_key(const base::Error& error, store::Shard shard) {
  return error.code == base::errc::no_key && shard.kind == store::ShardKind::account;
}

/// A record of the account cannot be read: it is not served, and everybody else's mail goes on.
bool is_damaged(const base::Error& error, store::Shard shard, directory::Live& live) {
  if (error.code != base::errc::damaged || shard.kind != store::ShardKind::account) return false;
  base::log::error("recovery.account_damaged", {{"account", shard.id}, {"reason", error.text()}});
  live.close_for_now(shard.id);
  return true;
}

/// Compares what the other shards know of the journal with the journal. A shard that is beyond its end would take no new mail:
/// it would say of entries yet to come that it has them.
class Comparison {
 public:
  Comparison(const store::Reader& reader, directory::Live& live) : reader_(reader), live_(live) {}

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
    auto ended = cursor->status();
    if (!ended && (is_without_key(ended.error(), shard) || is_damaged(ended.error(), shard, live_))) return {};
    return ended;
  }

  const store::Reader& reader_;
  directory::Live& live_;
  std::map<std::uint16_t, std::uint64_t> ends_;  ///< by partition
};

base::Result<> compare_with_journal(const store::Reader& reader, directory::Live& live) {
  Comparison comparison(reader, live);
  if (auto compared = comparison.compare(store::Table::account_state, "account"); !compared) return compared;
  if (auto compared = comparison.compare(store::Table::outbox_state, "outbox shard"); !compared) return compared;
  if (auto compared = comparison.compare(store::Table::directory_state, "directory"); !compared) return compared;
  for (const auto& record : live.records())
    if (auto compared = comparison.compare(record.since, "the record of " + record.name); !compared) return compared;
  return {};
}

/// What the journal says was destroyed is: also where the power went between the two, and where a ring came back that still had
/// the key.
base::Result<> finish_destructions(const store::Store& store, std::uint16_t partition) {
  auto* keys = store.keys();
  if (!keys) return {};
  const auto told = journal::told_destructions(store, partition);
  if (!told) return std::unexpected(told.error());
  for (const auto& each : *told) {
    const auto shard = mailbox::shard_of(each.account);
    if (keys->destroyed(shard)) continue;
    base::log::warn("recovery.key_destroyed_again",
                    {{"number", each.account},
                     {"told_by", Position{partition, each.index}.text()},
                     {"reason", "the ring had it still: the power went before, or it is an older copy"}});
    if (auto destroyed = keys->destroy(shard); !destroyed) return destroyed;
  }
  return {};
}

/// Until the store was encrypted, places had names that anybody can try.
base::Result<> rename_places(store::Store& store, const commit::Owners& owners) {
  constexpr std::size_t at_once = 1000;
  std::string from;
  do {
    commit::Stage stage(store);
    auto next = owners.places.rename_plain(stage, from, at_once);
    if (!next) return std::unexpected(next.error());
    if (auto committed = commit::commit_staged(store, stage); !committed) return committed;
    from = std::move(*next);
  } while (!from.empty());
  return {};
}

base::Result<> end_rebuilds(store::Store& store, directory::Live& live) {
  auto shards = store.shards(store::Table::account_state);
  if (!shards) return std::unexpected(shards.error());
  for (const auto& shard : *shards) {
    if (keys::is_destroyed(store, shard)) continue;
    auto cut = mailbox::unfinished(store, shard.id);
    if (!cut && (is_without_key(cut.error(), shard) || is_damaged(cut.error(), shard, live))) continue;
    if (!cut) return std::unexpected(cut.error());
    if (!*cut) continue;
    auto rebuilt = mailbox::rebuild(store, shard.id);
    if (!rebuilt) {  // it is not served; the others are
      base::log::error("recovery.not_rebuilt", {{"account", shard.id}, {"reason", rebuilt.error().text()}});
      live.close_for_now(shard.id);
      continue;
    }
    base::log::warn("recovery.rebuilt", {{"account", shard.id}, {"messages", rebuilt->messages}});
  }
  return {};
}

/// Where what is there cannot be read, the change log is asked, if that can be read whole. True: it is served.
bool is_rebuilt(store::Store& store, mailbox::AccountNumber account, const base::Error& why) {
  if (why.code != base::errc::damaged) return false;
  const auto rebuilt = mailbox::rebuild(store, account);
  if (rebuilt)
    base::log::warn("recovery.renewed_by_log", {{"account", account}, {"messages", rebuilt->messages}, {"reason", why.text()}});
  return rebuilt.has_value();
}

/// One that cannot be read is not served.
base::Result<> renew_mailboxes(store::Store& store, directory::Live& live) {
  auto shards = store.shards(store::Table::folders);
  if (!shards) return std::unexpected(shards.error());
  std::uint64_t accounts = 0, messages = 0;
  for (const auto& shard : *shards) {
    if (keys::is_destroyed(store, shard)) continue;
    const auto renewed = mailbox::renew(store, shard.id);
    if (!renewed) {
      if (is_without_key(renewed.error(), shard) || is_rebuilt(store, shard.id, renewed.error())) continue;
      base::log::error("recovery.not_renewed", {{"account", shard.id}, {"reason", renewed.error().text()}});
      live.close_for_now(shard.id);
      continue;
    }
    if (renewed->folders == 0) continue;
    accounts += 1;
    messages += renewed->messages;
    if (renewed->damaged > 0 || renewed->without_keywords > 0)
      base::log::error("recovery.renewed_in_part",
                       {{"account", shard.id}, {"damaged", renewed->damaged}, {"without_keywords", renewed->without_keywords}});
  }
  if (accounts > 0) base::log::info("recovery.renewed", {{"accounts", accounts}, {"messages", messages}});
  return {};
}

base::Result<> complete_accounts(store::Store& store, commit::Owners& owners, directory::Live& live) {
  for (const auto& record : live.records()) {
    if (keys::is_destroyed(store,
                           mailbox::shard_of(record.number))) {  // an old copy of the store, in which it was not removed yet
      base::log::warn("recovery.key_destroyed", {{"account", record.name}, {"cure", "remove the account"}});
      continue;
    }
    auto numbers = store.get(mailbox::shard_of(record.number), store::Table::account_state, mailbox::keys::numbers);
    if (!numbers && is_without_key(numbers.error(), mailbox::shard_of(record.number))) {
      base::log::error("recovery.key_missing", {{"account", record.name}, {"cure", "start with the ring that has its key"}});
      continue;
    }
    if (!numbers && is_damaged(numbers.error(), mailbox::shard_of(record.number), live)) continue;
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
    using State = journal::SealedPart::State;
    if (sealed->common.state == State::key_destroyed) continue;  // it can be applied to nobody any more
    if (sealed->common.state ==
        State::key_missing) {  // an older ring is in place: who needs the entry cannot be written to either
      base::log::warn("recovery.key_missing", {{"entry", sealed->position.text()}});
      continue;
    }
    if (journal::is_ended(sealed->common)) continue;  // by retention, which ends nothing that is not applied
    auto entry = journal::open(*sealed);
    if (!entry) return std::unexpected(entry.error());
    commit::Stage stage(store);
    if (auto projected = commit::project(stage, owners, live, *entry); !projected) return projected;
    if (auto committed = commit::commit_staged(store, stage, owners); !committed) return committed;
  }
  owners.journal.committed();
  return {};
}

/// Where the store was put back from an older copy, and says so by its incarnation.
base::Result<> go_on_after_restore(store::Store& store, commit::Owners& owners, directory::Live& live) {
  const auto& incarnation = store.identity().incarnation;
  const auto before = numbers_life(store);
  if (!before) return std::unexpected(before.error());
  if (*before == incarnation) return {};
  std::uint64_t accounts = 0;
  bool all = true;
  if (!before->empty()) {
    const auto shards = store.shards(store::Table::account_log);
    if (!shards) return std::unexpected(shards.error());
    for (const auto& shard : *shards) {
      if (keys::is_destroyed(store, shard)) continue;
      commit::Stage stage(store);
      const auto done = owners.mailbox.go_on(stage, shard.id, incarnation);
      if (!done) {  // it is not served; the next start tries again
        all = false;
        owners.mailbox.forget();
        base::log::error("recovery.not_gone_on", {{"account", shard.id}, {"reason", done.error().text()}});
        live.close_for_now(shard.id);
        continue;
      }
      if (auto committed = commit::commit_staged(store, stage, owners); !committed) return committed;
      owners.mailbox.trim();
      accounts += *done ? 1 : 0;
    }
    base::log::warn("recovery.went_on", {{"accounts", accounts}, {"incarnation", incarnation}, {"former", *before}});
  }
  if (!all) return {};
  commit::Stage stage(store);
  if (!before->empty()) owners.directory.go_on(stage);
  note_numbers_life(stage, incarnation);
  return commit::commit_staged(store, stage, owners);
}

/// The account for undelivered mail takes what other closed mailboxes cannot take, so it must not be closed itself. Its key is
/// destroyed only after it was removed: here it is as an old copy of the store has it, with nothing in it that can be read.
base::Result<> renew_keeper(commit::Stage& stage, commit::Owners& owners, const directory::Live& live) {
  const auto record = owners.directory.find(live.undelivered_account());
  if (!record || !stage.keys() || !stage.keys()->destroyed(mailbox::shard_of(record->number))) return {};
  if (auto removed = owners.directory.remove(stage, record->name); !removed) return removed;
  const auto made = owners.directory.add(stage, *record);
  if (!made) return std::unexpected(made.error());
  base::log::warn("recovery.undelivered_renewed",
                  {{"account", made->name}, {"number", made->number}, {"its_key_was_destroyed", record->number}});
  return commit::make_folders(stage, owners, live, *made);
}

}  // namespace

base::Result<> recover(store::Store& store, commit::Owners& owners, directory::Live& live) {
  if (auto compared = compare_with_journal(store, live); !compared) return compared;
  if (auto finished = finish_destructions(store, owners.journal.partition()); !finished)
    return base::fail("keys that were destroyed", finished.error());
  if (auto renamed = rename_places(store, owners); !renamed) return base::fail("names of places", renamed.error());
  if (auto ended = end_rebuilds(store, live); !ended) return ended;
  if (auto renewed = renew_mailboxes(store, live); !renewed)
    return base::fail("mailboxes of an earlier version", renewed.error());
  if (auto went_on = go_on_after_restore(store, owners, live); !went_on)
    return base::fail("numbers of accounts", went_on.error());
  if (auto completed = complete_accounts(store, owners, live); !completed) return base::fail("folders", completed.error());
  if (auto completed = complete_nodes(store, owners); !completed) return base::fail("nodes of the tree", completed.error());
  if (auto replayed = replay(store, owners, live); !replayed) return base::fail("replay of the journal", replayed.error());
  return {};
}

base::Result<> seed_accounts(commit::Stage& stage, commit::Owners& owners, const directory::Live& live) {
  if (auto renewed = renew_keeper(stage, owners, live); !renewed) return renewed;
  owners.directory.tell_collisions();
  auto made = owners.directory.seed(stage, live.options()->seeds);
  if (!made) return std::unexpected(made.error());
  for (const auto& record : *made)
    if (auto folders = commit::make_folders(stage, owners, live, record); !folders) return folders;
  return {};
}

}  // namespace understudy::archive
