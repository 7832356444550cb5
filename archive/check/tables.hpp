/// Reads each record of each table of the store that `journal verify` does not compute again, so that what the medium has lost
/// is named before somebody asks for it. Never changes anything; says nothing of what the records mean.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "archive/check/findings.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive::check {

/// Of each account that is there, by the number of its shard.
using AccountNames = std::map<std::uint64_t, std::string>;
/// As far as they can be read: who cannot be is called by his number.
AccountNames account_names(const store::Reader& reader);

/// "account alice@example.org", "account 7 (removed)", "the journal", "the hop 1f2e3d4c5b6a7980".
std::string name_of(store::Shard shard, const AccountNames& names);
/// As docs/store.md calls it.
std::string_view name_of(store::Table table);

/// A stretch of a table that cannot be read. `after`: the last key before it that can; `before`: the first one behind it; empty
/// where there is none.
struct Gap {
  std::string after, before;
  base::Error error;
};
/// Gives each record in order. Where the medium fails, what lies up to the end of the last failure is one gap, and reading goes
/// on behind it: more than is lost may lie in it. `take` returns false to stop. Nothing is changed.
void each_record(const store::Reader& reader, store::Shard shard, store::Table table,
                 const std::function<bool(std::string_view key, std::string_view value)>& take,
                 const std::function<void(const Gap&)>& lost);

/// Adds to `findings`. Any thread that `reader` allows; it is of one moment. errc::shutting_down.
base::Result<> tables(const store::Reader& reader, const AccountNames& names, Findings& findings, const GoOn& go_on);

}  // namespace understudy::archive::check
