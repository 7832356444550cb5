/// The owner of the accounts' records: gives out account numbers, writes every change to the directory's log and to its tables
/// in one batch. The log says all that a follower needs to take over: accounts, removals, seeds that were seen. What it stages
/// is seen by plan() once it is durable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/commit/undo_map.hpp"
#include "archive/directory/account.hpp"
#include "archive/directory/live.hpp"
#include "archive/journal/owner.hpp"

namespace understudy::archive::directory {

inline constexpr store::Shard shard{store::ShardKind::directory, 0};

/// The committer's thread only.
class Owner {
 public:
  Owner(const store::Store& store, const base::Clock& clock, Live& live, const journal::Owner& journal)
      : store_(store), clock_(clock), live_(live), journal_(journal) {}

  /// Reads what is stored into `live`. Once, before mail flows.
  base::Result<> load();

  std::optional<AccountRecord> find(std::string_view name) const;  ///< staged or live
  /// Gives it a number. `since`: of the record; where it is not given, the next journal entry. errc::exists: its name or one
  /// of its aliases leads to another account or list already; the context names both.
  base::Result<AccountRecord> add(commit::Stage& stage, AccountRecord record, std::optional<Position> since = std::nullopt);
  /// errc::not_found; errc::exists, as add(), for aliases that it has not got yet.
  base::Result<> change(commit::Stage& stage, const AccountRecord& record);
  /// errc::not_found.
  base::Result<> remove(commit::Stage& stage, std::string_view name);
  /// Was any account removed after this journal entry? One that the entry names and that is not there was.
  base::Result<bool> removed_since(const commit::Stage& stage, Position position) const;

  /// Makes those of [[account]] that were never seen before; returns them. What leads elsewhere already stays as it is and is
  /// logged: an address that mail was filed under does not change hands because of a file.
  base::Result<std::vector<AccountRecord>> seed(commit::Stage& stage, const std::vector<Seed>& seeds);

  /// The store was put back from an older copy: numbers of accounts go on beyond those that may have been given out since.
  /// Where there is a ring of keys that is what says so, one by one.
  void go_on(commit::Stage& stage);

  /// Logs each [[alias]] whose address is an account's already; mail for it goes on to the account.
  void tell_collisions() const;

  void committed();  ///< the group is durable: publish it
  void forget();     ///< the group was dropped
  void savepoint();
  void roll_back();

 private:
  std::optional<routing::AccountName> alias_holder(std::string_view address) const;  ///< staged or live
  /// Where the address leads already, in words, unless that is `account` itself.
  std::optional<std::string> taken(std::string_view address, std::string_view account) const;
  base::Result<> check_aliases(const AccountRecord& record, const std::vector<std::string>& before) const;
  void stage_record(commit::Stage& stage, std::string_view name, std::optional<AccountRecord> record);
  base::Result<> forget_creations(commit::Stage& stage, std::int64_t before_day);
  base::Result<mailbox::AccountNumber> free_number(const commit::Stage& stage, std::optional<Position> since);
  base::Result<> count_creation(commit::Stage& stage, const AccountRecord& record);
  void write_numbers(commit::Stage& stage);
  void log(commit::Stage& stage, std::string change);

  const store::Store& store_;
  const base::Clock& clock_;
  Live& live_;
  const journal::Owner& journal_;
  struct Numbers {
    std::uint64_t version = 0;  ///< of the directory's log
    std::uint64_t next_account = 1;
  };
  Numbers numbers_, durable_;
  Numbers before_;                                                                    ///< at the savepoint
  commit::UndoMap<std::string, std::optional<AccountRecord>> staged_;                 ///< nullopt: removed
  commit::UndoMap<std::string, std::optional<routing::AccountName>> staged_aliases_;  ///< nullopt: no alias any more
  commit::UndoMap<std::pair<std::int64_t, std::string>, std::uint32_t> staged_creations_;
};

}  // namespace understudy::archive::directory
