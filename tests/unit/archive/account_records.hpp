/// Records of an account as somebody might change them behind the store's back, and what the verification of mailboxes says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/check/findings.hpp"
#include "archive/check/mailboxes.hpp"
#include "archive/check/tables.hpp"
#include "tests/support/archive_world.hpp"

namespace understudy::test {

inline std::vector<std::string> mailbox_faults(ArchiveWorld& world) {
  archive::check::Findings found;
  const auto names = archive::check::account_names(world.store());
  BOOST_REQUIRE(archive::check::mailboxes(world.store(), world.store().bodies(), names, {}, {}, found, {}));
  return found.faults;
}

/// `value`: nothing takes the record away.
inline void put_record(ArchiveWorld& world, archive::mailbox::AccountNumber account, archive::store::Table table,
                       const std::string& key, const std::optional<std::string>& value) {
  archive::store::Batch batch(archive::mailbox::shard_of(account));
  if (value)
    batch.put(table, key, *value);
  else
    batch.erase(table, key);
  BOOST_REQUIRE(world.store().commit({&batch, 1}, archive::store::Sync::now));
}

}  // namespace understudy::test
