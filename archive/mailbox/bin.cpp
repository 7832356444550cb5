// The recycle bin of an account: what goes into it, and what is put back (docs/retention.md).
#include <algorithm>
#include <limits>

#include "archive/mailbox/bin_origin.hpp"
#include "archive/mailbox/many.hpp"
#include "archive/mailbox/owner.hpp"
#include "base/text.hpp"

namespace understudy::archive::mailbox {

/// There is one for as long as there is the account. A folder of a user's that has the name keeps it.
base::Result<FolderNumber> Owner::bin(commit::Stage& stage, AccountNumber account, AccountState& state, std::string_view name) {
  if (const auto there = state.bin()) return *there;
  if (auto good = check_folder_name(name); !good) return std::unexpected(good.error());
  FolderMade made{state.next_folder, std::string(name), {}, next_uid_validity(state), FolderKind::bin};
  for (int more = 2; state.find(made.name); ++more) made.name = std::string(name) + " " + std::to_string(more);
  const auto number = made.folder;
  if (auto done = change(stage, account, state, std::move(made)); !done) return std::unexpected(done.error());
  return number;
}

base::Result<Owner::Placed> Owner::bin_all(commit::Stage& stage, AccountNumber account, FolderNumber from, const Uids& uids,
                                           const Deleted& how) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  if ((*state)->is_bin(from)) return base::fail("what is in the bin is deleted already", base::errc::refused);
  Placed placed;
  auto there = messages_of(stage, account, **state, from, uids, [&](Uid uid, const Message&) { placed.uids.add(uid); });
  if (!there) return std::unexpected(there.error());
  if (placed.uids.empty()) return placed;
  const auto to = bin(stage, account, **state, how.bin_name);
  if (!to) return std::unexpected(to.error());
  const auto& target = (*state)->folders.at(*to);
  placed.first = next_uid(stage, account, *to, target.uid_next);
  placed.uid_validity = target.uid_validity;
  if (placed.uids.count() > std::numeric_limits<Uid>::max() - placed.first)
    return base::fail("UIDs of the bin", base::errc::too_long);
  for (auto& part : in_parts(placed.uids)) {
    const Uid first = std::max(placed.first, (*state)->folders.at(*to).uid_next);
    Binned binned{from, std::move(part), *to, first, clock_.now(), how.by, how.who};
    if (auto done = change(stage, account, **state, std::move(binned)); !done) return std::unexpected(done.error());
  }
  return placed;
}

base::Result<Owner::Placed> Owner::bin_all(commit::Stage& stage, AccountNumber account, FolderText from, const Uids& uids,
                                           const Deleted& how) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  const auto number = folder(**state, from);
  if (!number) return std::unexpected(number.error());
  return bin_all(stage, account, *number, uids, how);
}

base::Result<std::map<FolderNumber, std::uint64_t>> Owner::put_back(commit::Stage& stage, AccountNumber account,
                                                                    const Uids& uids) {
  auto state = load(stage, account);
  if (!state) return std::unexpected(state.error());
  const auto from = (*state)->bin();
  if (!from) return base::fail("the account has no bin", base::errc::not_found);
  std::map<std::string, Uids> by_origin;  // by the key of the record
  std::map<std::string, BinOrigin> origins;
  base::Result<> read;
  auto there = messages_of(stage, account, **state, *from, uids, [&](Uid uid, const Message&) {
    if (!read) return;
    auto record = stage.last_before(shard_of(account), store::Table::bin, keys::bin_origin(*from, uid));
    if (record && !*record) record = base::fail("where UID " + std::to_string(uid) + " came from", base::errc::damaged);
    auto origin = record ? BinOrigin::decode((*record)->second) : std::unexpected(record.error());
    if (!origin) return void(read = std::unexpected(origin.error()));
    origins.try_emplace((*record)->first, std::move(*origin));
    by_origin[(*record)->first].add(uid);
  });
  if (!there) return std::unexpected(there.error());
  if (!read) return std::unexpected(read.error());
  std::map<FolderNumber, std::uint64_t> put;
  for (const auto& [key, some] : by_origin) {
    const auto& origin = origins.at(key);
    auto to = (*state)->folders.contains(origin.folder) ? std::optional(origin.folder) : (*state)->find(origin.name);
    if (to && (*state)->folders.at(*to).kind == FolderKind::bin) to.reset();
    if (!to) {
      if (auto made = make_folder(stage, account, origin.name, free_special_use(**state, origin.name)); !made)
        return std::unexpected(made.error());
      to = (*state)->find(origin.name);
    }
    auto moved = place<MovedAll>(stage, account, *from, some, *to);
    if (!moved) return std::unexpected(moved.error());
    put[*to] += moved->uids.count();
  }
  return put;
}

}  // namespace understudy::archive::mailbox
