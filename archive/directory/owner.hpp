/// The owner of the accounts' records: gives out account numbers, writes every change to the directory's log and to its tables
/// in one batch. What it stages is seen by plan() once it is durable.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/directory/account.hpp"
#include "archive/directory/live.hpp"

namespace understudy::archive::directory {

inline constexpr store::Shard shard{store::ShardKind::directory, 0};

/// The committer's thread only.
class Owner {
 public:
  Owner(const store::Store& store, const base::Clock& clock, Live& live) : store_(store), clock_(clock), live_(live) {}

  /// Reads what is stored into `live`. Once, before mail flows.
  base::Result<> load();

  std::optional<AccountRecord> find(std::string_view name) const;  ///< staged or live
  /// Gives it a number. errc::exists.
  base::Result<AccountRecord> add(commit::Stage& stage, AccountRecord record);
  /// errc::not_found.
  base::Result<> change(commit::Stage& stage, const AccountRecord& record);
  base::Result<> remove(commit::Stage& stage, std::string_view name);

  /// Makes those of [[account]] that were never seen before; returns them.
  base::Result<std::vector<AccountRecord>> seed(commit::Stage& stage, const std::vector<Seed>& seeds);

  void committed();  ///< the group is durable: publish it
  void forget();     ///< the group was dropped

 private:
  void log(commit::Stage& stage, std::string_view name);
  base::Result<> count_creation(commit::Stage& stage, const AccountRecord& record);
  void write_numbers(commit::Stage& stage);

  const store::Store& store_;
  const base::Clock& clock_;
  Live& live_;
  struct Numbers {
    std::uint64_t version = 0;  ///< of the directory's log
    std::uint64_t next_account = 1;
  };
  Numbers numbers_, durable_;
  std::map<std::string, std::optional<AccountRecord>, std::less<>> staged_;
  std::map<std::pair<std::int64_t, std::string>, std::uint32_t> staged_creations_;
};

}  // namespace understudy::archive::directory
